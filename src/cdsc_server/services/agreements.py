"""What a Customer agreed to on a form, and the Grant that records it (CDS-WG3-01 9.1.1; CDS-WG1-02 8.1)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.choosing import Holdings
from cdsc_server.domain.drafts import SectionDraft
from cdsc_server.domain.grants import GrantStatus, Selection, expiry_of, granted_details
from cdsc_server.domain.narrowing import scope_of
from cdsc_server.domain.stated import Stated
from cdsc_server.services.consent_form import Asked, Form
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.grants import GrantRow


def agreed_to(
    form: Form, asked: Sequence[Asked], holdings: Holdings, *, catalogue: Catalogue, now: datetime
) -> tuple[list[dict[str, Any]], list[Selection]]:
    """
    The authorization_details of the sections that were kept, and what was ticked in each.

    Args:
        now: a whole second, from which relative durations count.
    """
    kept = [
        (each, section.draft) for each, section in zip(asked, form.sections, strict=True) if not section.draft.left_out
    ]
    zone = catalogue.utility.timezone
    details = [
        granted_details(catalogue, entry, at=now)
        for each, draft in kept
        for _, entry in each.changed(draft, now=now, zone=zone).entries
    ]
    return details, [_selection(each, draft, holdings) for each, draft in kept for _ in each.entries]


def stated_by(form: Form) -> list[Stated]:
    """What somebody who did not sign in named in the sections that were kept."""
    return [
        Stated(part.scope_id, section.kind, tuple(sorted(section.draft.ids)), section.draft.future)
        for section, _ in form.kept
        for part in section.parts
    ]


def new_grant(
    client: ClientRow,
    customer_id: str | None,
    details: list[dict[str, Any]],
    selections: Sequence[Selection],
    *,
    state: str | None,
    now: datetime,
) -> GrantRow:
    """
    The Grant of an agreement, not stored yet.

    Args:
        state: of the authorization request.
    """
    scope = scope_of(details)
    return GrantRow(
        grant_id=secrets.token_urlsafe(16),
        registration_id=client.registration_id,
        client_id=client.client_id,
        customer_id=customer_id,
        status=GrantStatus.ACTIVE,
        scope=scope,
        authorization_details=details,
        enabled_scope=scope,
        enabled_authorization_details=details,
        selections=[selection.to_stored() for selection in selections],
        states=[] if state is None else [state],
        receipt_confirmations=[],
        created=now,
        modified=now,
        expires=expiry_of(details),
    )


def _selection(asked: Asked, draft: SectionDraft, holdings: Holdings) -> Selection:
    left_out = holdings.known[asked.kind] - draft.ids if draft.future else frozenset()
    return Selection(asked.kind, draft.ids, draft.future, left_out)
