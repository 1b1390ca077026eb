"""The audit trail: read only."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import READ_TRAIL
from cdsc_server.schemas.admin.trail import AuditFilters, AuditListingSchema
from cdsc_server.services import audit
from cdsc_server.storage.audit import AuditRow
from cdsc_server.web.admin.blueprint import blueprint, listed
from cdsc_server.web.admin.door import operator_token
from cdsc_server.web.cursors import PAGE_SIZE, cursor_of, shown
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters


@blueprint.get("/audit")
@operator_token(*READ_TRAIL)
@describe(tag="Audit trail", section="", query=AuditFilters, answers={200: AuditListingSchema})
def list_entries() -> ResponseReturnValue:
    """
    Read the audit trail

    What operators and service accounts did, the newest first.
    """
    wanted = filters(AuditFilters())
    page = audit.entries(
        cursor=cursor_of(wanted), size=PAGE_SIZE, subject=wanted.get("subject"), actor=wanted.get("actor")
    )
    return shown(AuditListingSchema(), listed("entries", page, [_entry(row) for row in page.rows]))


def _entry(row: AuditRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("entry_id", "at", "actor", "action", "subject", "detail")}
