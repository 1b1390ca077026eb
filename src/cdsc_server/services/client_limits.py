"""Operators narrow what one Client Object may ask for (CDS-WG1-02 5.1)."""

from __future__ import annotations

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.client_limits import checked_limit
from cdsc_server.errors import InvalidRequest, NotFound
from cdsc_server.ports import Clock
from cdsc_server.services import changelog
from cdsc_server.storage import clients
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import transaction


def set_limit(
    client_id: str,
    scope_id: str,
    field_id: str,
    *,
    maximum: str | None,
    minimum: str | None,
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
        row.limits = {**row.limits, scope_id: {**row.limits.get(scope_id, {}), field_id: limit}}
        row.modified = now
        changelog.client_changed(session, row, members=["cds_server_metadata"], now=now)


def lift_limit(client_id: str, scope_id: str, field_id: str, *, clock: Clock) -> None:
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
        row.limits = _without(row, scope_id, field_id)
        row.modified = now
        changelog.client_changed(session, row, members=["cds_server_metadata"], now=now)


def _without(row: ClientRow, scope_id: str, field_id: str) -> dict[str, dict[str, dict[str, str]]]:
    fields = {name: limit for name, limit in row.limits[scope_id].items() if name != field_id}
    others = {name: limits for name, limits in row.limits.items() if name != scope_id}
    return {**others, scope_id: fields} if fields else others
