"""Operators narrow what one Client Object may ask for (CDS-WG1-02 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.client_limits import checked_limit
from cdsc_server.errors import InvalidRequest, NotFound
from cdsc_server.ports import Clock
from cdsc_server.services import changelog
from cdsc_server.services.audit import record
from cdsc_server.storage import clients
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import transaction


@dataclass(frozen=True)
class Limit:
    """
    A field that can be limited, with everybody's limits and those of one Client Object.

    Args:
        own: its "maximum", its "minimum", both or neither.
    """

    scope_id: str
    scope_name: str
    field_id: str
    field_name: str
    maximum: str
    minimum: str
    own: Mapping[str, str]


def limits_of(row: ClientRow, *, catalogue: Catalogue) -> list[Limit]:
    """Every field of the scopes of a Client Object that can be limited."""
    scopes = catalogue.scopes_of(row.scope.split())
    return [
        Limit(
            scope.id,
            scope.name,
            name,
            offered.field.name,
            str(offered.maximum),
            str(offered.minimum),
            row.limits.get(scope.id, {}).get(name, {}),
        )
        for scope in scopes
        for name, offered in scope.fields.items()
        if offered.maximum is not None and offered.minimum is not None
    ]


def set_limit(
    client_id: str,
    scope_id: str,
    field_id: str,
    *,
    maximum: str | None,
    minimum: str | None,
    actor: str,
    catalogue: Catalogue,
    clock: Clock,
) -> None:
    """
    Limit a field of a scope for one Client Object; its earlier limit of this field is replaced.

    Requests that come later are judged by it; Grants that exist stay as they are. The Client is told by a Message.

    Raises:
        NotFound: no such Client Object.
        InvalidRequest: it does not hold the scope, or the limit is impossible; see `domain.client_limits`.
    """
    now = clock.now()
    with transaction() as session:
        row = clients.find_client(session, client_id, lock=True)
        if row is None:
            raise NotFound(f"no Client Object has the client_id {client_id}")
        if scope_id not in row.scope.split():
            raise InvalidRequest(f"{client_id} does not hold the scope {scope_id}", field="scope")
        limit = checked_limit(catalogue, scope_id, field_id, maximum=maximum, minimum=minimum)
        before = row.limits.get(scope_id, {}).get(field_id)
        row.limits = {**row.limits, scope_id: {**row.limits.get(scope_id, {}), field_id: limit}}
        _changed(session, row, f"{scope_id} {field_id}", before, limit, actor=actor, now=now)


def lift_limit(client_id: str, scope_id: str, field_id: str, *, actor: str, clock: Clock) -> None:
    """
    Take the limit of a field away: the catalogue's holds again.

    Raises:
        NotFound: no such Client Object, or it has no such limit.
    """
    now = clock.now()
    with transaction() as session:
        row = clients.find_client(session, client_id, lock=True)
        if row is None or field_id not in row.limits.get(scope_id, {}):
            raise NotFound(f"{client_id} has no limit of its own for {field_id} of {scope_id}")
        before = row.limits[scope_id][field_id]
        row.limits = _without(row, scope_id, field_id)
        _changed(session, row, f"{scope_id} {field_id}", before, None, actor=actor, now=now)


def _changed(
    session: Session,
    row: ClientRow,
    field: str,
    before: Mapping[str, str] | None,
    after: Mapping[str, str] | None,
    *,
    actor: str,
    now: datetime,
) -> None:
    row.modified = now
    changelog.client_changed(session, row, members=["cds_server_metadata"], now=now)
    record(
        session,
        actor=actor,
        action="client.limited" if after is not None else "client.limit_lifted",
        subject=f"client:{row.client_id}",
        detail={"field": field, "before": before, "after": after, "registration": row.registration_id},
        now=now,
    )


def _without(row: ClientRow, scope_id: str, field_id: str) -> dict[str, dict[str, dict[str, str]]]:
    fields = {name: limit for name, limit in row.limits[scope_id].items() if name != field_id}
    others = {name: limits for name, limits in row.limits.items() if name != scope_id}
    return {**others, scope_id: fields} if fields else others
