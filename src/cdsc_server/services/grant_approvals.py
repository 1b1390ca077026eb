"""
A Grant that waits for a Customer gets its answer (CDS-WG1-02 8.3).

The request names it by cds_grant_id, and asks for what it lists. It is judged twice: before anybody signs in, and
again for the person who did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.authorization_requests import AuthorizationRequest
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.choosing import Holdings, Ticked
from cdsc_server.domain.details import RequestedEntry, translate_early
from cdsc_server.domain.grants import GrantStatus, Selection, expiry_of
from cdsc_server.domain.narrowing import narrowed, scope_of
from cdsc_server.errors import InvalidAuthorizationDetails, InvalidGrantId, InvalidScope
from cdsc_server.services import changelog, loading
from cdsc_server.services.consent_form import Asked
from cdsc_server.services.grants import status_of
from cdsc_server.services.server_grants import settle_parent
from cdsc_server.storage import authorizations
from cdsc_server.storage.authorizations import AuthorizationRequestRow
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.grants import GrantRow, find_grant


def entries_to_approve(
    grant_id: str,
    client: ClientRow,
    *,
    requested: Sequence[RequestedEntry],
    words: Sequence[str],
    details: Sequence[Any],
    catalogue: Catalogue,
    now: datetime,
) -> tuple[RequestedEntry, ...]:
    """
    What a Customer is asked in order to approve a Grant: what it lists, or less where the request says so.

    Args:
        requested: what the request asks for by itself, which was found sound.
        words: of its scope.
        details: its authorization_details as they were sent; these may add what is to be ticked.

    Raises:
        InvalidGrantId: no Grant of this Client Object that waits for a Customer, or not for these scopes.
    """
    with reading() as session:
        grant = find_grant(session, grant_id, registration_id=client.registration_id)
    if grant is None or not _waits(grant, client, now=now):
        raise InvalidGrantId("cds_grant_id: no Grant of this client that waits for a customer", field="cds_grant_id")
    listed = grant.authorization_details
    if {entry.scope_id for entry in requested} != {entry["type"] for entry in listed}:
        raise InvalidGrantId(f"cds_grant_id: that Grant waits for scope {grant.scope}", field="cds_grant_id")
    try:
        chosen = [_chosen(catalogue, raw, n) for n, raw in enumerate(details)]
        bounds = [{**raw, **bounds} for raw, (bounds, _) in zip(_types(details), chosen, strict=True)]
        kept = narrowed(catalogue, listed, words=words, details=bounds, at=now)
    except (InvalidScope, InvalidAuthorizationDetails) as fault:
        raise InvalidGrantId(f"cds_grant_id: more than that Grant waits for: {fault.description}") from fault
    if None in kept:
        raise InvalidGrantId("cds_grant_id: that Grant waits for more entries than these", field="cds_grant_id")
    ticks: dict[str, list[dict[str, Any]]] = {}
    for raw, (_, tick) in zip(details, chosen, strict=True):
        ticks.setdefault(_id_of(catalogue, raw["type"]), []).append(tick)
    return tuple(_entry(catalogue, entry, ticks.get(entry["type"], [])) for entry in kept if entry is not None)


def awaits(session: Session, request: AuthorizationRequest, row: AuthorizationRequestRow, *, now: datetime) -> bool:
    """Whether the Grant a kept request is to approve waits as it did when the request was judged."""
    return _awaiting(session, request, row, now=now) is not None


def awaits_customer(
    session: Session, request: AuthorizationRequest, row: AuthorizationRequestRow, customer_id: str, *, now: datetime
) -> bool:
    """Whether it waits for this Customer: theirs already, or nobody's yet."""
    grant = _awaiting(session, request, row, now=now)
    return grant is not None and grant.customer_id in (None, customer_id)


def locked(
    session: Session, request: AuthorizationRequest, row: AuthorizationRequestRow, customer_id: str, *, now: datetime
) -> GrantRow | None:
    """The Grant, held until this transaction ends; None when it waits for this Customer no more."""
    grant = _awaiting(session, request, row, now=now, lock=True)
    return grant if grant is not None and grant.customer_id in (None, customer_id) else None


def approved(
    session: Session,
    grant: GrantRow,
    details: list[dict[str, Any]],
    selections: Sequence[Selection],
    *,
    customer_id: str,
    state: str | None,
    now: datetime,
) -> None:
    """
    Let a locked Grant be what its Customer has just agreed to; tokens it has go on, and open that from now on.

    Args:
        details: what was agreed to, with the selection of each in `selections`.
    """
    begun = grant.not_before is None or grant.not_before <= now
    grant.customer_id = customer_id
    grant.status = GrantStatus.ACTIVE if begun else GrantStatus.FUTURE
    grant.scope = grant.enabled_scope = scope_of(details)
    grant.authorization_details = grant.enabled_authorization_details = details
    grant.selections = [selection.to_stored() for selection in selections]
    grant.loading = None
    loading.wait_for(session, grant)
    grant.expires = min((end for end in (grant.expires, expiry_of(details)) if end is not None), default=None)
    if state is not None:
        grant.states = [*grant.states, state]
    grant.modified = now
    # Tokens that open a part stand beside entries that may have moved; a refresh gives new ones.
    authorizations.revoke_tokens(session, now=now, grant_id=grant.grant_id, narrowed_only=True)
    changelog.grant_changed(
        session,
        registration_id=grant.registration_id,
        grant_id=grant.grant_id,
        what=f"A Customer authorized it. It is {grant.status} and opens {grant.enabled_scope}.",
        now=now,
    )
    settle_parent(session, grant, now=now)


def with_earlier_ticks(
    session: Session, request: AuthorizationRequest, asked: Sequence[Asked], holdings: Holdings
) -> tuple[Asked, ...]:
    """What was ticked when the Grant was agreed to before, ticked again where the request names nothing itself."""
    grant = None if request.cds_grant_id is None else session.get(GrantRow, request.cds_grant_id)
    if grant is None or grant.customer_id is None:
        return tuple(asked)
    earlier: dict[tuple[str, str], Selection] = {}
    for entry, stored in zip(grant.enabled_authorization_details, grant.selections, strict=False):
        selection = Selection.from_stored(stored)
        earlier.setdefault((entry["type"], selection.kind), selection)
    found = []
    for each in asked:
        before = earlier.get((each.scope.id, each.kind))
        if before is not None and each.editable and not each.ticked.asked:
            ids = before.ids & holdings.known[each.kind]
            found.append(replace(each, ticked=Ticked(ids, before.include_future)))
        else:
            found.append(each)
    return tuple(found)


def _awaiting(
    session: Session,
    request: AuthorizationRequest,
    row: AuthorizationRequestRow,
    *,
    now: datetime,
    lock: bool = False,
) -> GrantRow | None:
    client = session.get(ClientRow, row.client_id)
    if client is None or request.cds_grant_id is None:
        return None
    grant = find_grant(session, request.cds_grant_id, registration_id=client.registration_id, lock=lock)
    # What it lists was changed after the request was judged: the Customer would be asked for something else.
    changed = grant is not None and grant.modified > row.created
    return grant if grant is not None and not changed and _waits(grant, client, now=now) else None


def _waits(grant: GrantRow, client: ClientRow, *, now: datetime) -> bool:
    return grant.client_id == client.client_id and status_of(grant, now=now) is GrantStatus.NEEDS_AUTHORIZATION


def _types(details: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"type": raw["type"]} for raw in details]


def _id_of(catalogue: Catalogue, name: str) -> str:
    scope = catalogue.scope(name)
    return name if scope is None else scope.id


def _chosen(catalogue: Catalogue, raw: Mapping[str, Any], n: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of an entry that bound what is opened, and those that only say what is to be ticked."""
    scope = catalogue.scope(raw["type"])
    if scope is None:
        return dict(raw), {}
    sent = translate_early(scope, {name: value for name, value in raw.items() if name != "type"}, n)
    ticks = {name for name in sent if scope.fields[name].field.kind == "preselection"} - scope.type.kept
    return (
        {name: value for name, value in sent.items() if name not in ticks},
        {name: value for name, value in sent.items() if name in ticks},
    )


def _entry(catalogue: Catalogue, entry: Mapping[str, Any], ticks: list[dict[str, Any]]) -> RequestedEntry:
    fields = catalogue.scopes[entry["type"]].fields
    ticked = ticks.pop(0) if ticks else {}
    values = {name: entry.get(name, offered.default) for name, offered in fields.items()}
    return RequestedEntry(entry["type"], {**values, **ticked}, frozenset(ticked))
