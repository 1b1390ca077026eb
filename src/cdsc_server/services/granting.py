"""Grants that the Server makes on request of a Client, without a form (CDS-WG1-02 6.6, 6.9)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.choosing import Holdings, preselected
from cdsc_server.domain.client_limits import limited
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.details import read_request
from cdsc_server.domain.grants import GrantStatus, Selection, granted_details
from cdsc_server.errors import Conflict, InvalidAuthorizationDetails, InvalidRequest, InvalidScope
from cdsc_server.services.server_grants import add_grant
from cdsc_server.storage import clients, customers
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.holdings import read_holdings
from cdsc_server.storage.messages import MessageRow


def create_grants(
    session: Session, message: MessageRow, *, customer_id: str | None, catalogue: Catalogue, now: datetime
) -> list[str]:
    """
    One Grant for each entry of a grant_request.

    Args:
        customer_id: who let it happen, on paper for instance. What the request names of this Customer is opened, and
            everything of theirs where it names nothing.

    Returns:
        The ids of the Grants.

    Raises:
        Conflict: the Client Object cannot be given them any more.
        InvalidRequest: data of a Customer is asked for and no fitting Customer is named.
    """
    client = clients.find_client(session, str(message.related_key))
    if client is None or client.status == ClientStatus.DISABLED:
        raise Conflict("the Client Object is disabled, or there is none any more")
    # As everywhere else Grants and what is counted from them show whole seconds.
    at = now.replace(microsecond=0)
    made = [
        _grant(session, client, entry, customer_id=customer_id, catalogue=catalogue, at=at)
        for entry in message.grants_requested or ()
    ]
    for grant in made:
        add_grant(session, grant, now=now)
    return [grant.grant_id for grant in made]


def _grant(
    session: Session,
    client: ClientRow,
    entry: Mapping[str, Any],
    *,
    customer_id: str | None,
    catalogue: Catalogue,
    at: datetime,
) -> GrantRow:
    named = [each["type"] for each in entry["authorization_details"]]
    words = list(dict.fromkeys([*entry["scope"].split(), *named]))
    asking = {word for word in words if (scope := catalogue.scope(word)) is not None and scope.type.consent}
    if asking and len(asking) < len(words):
        raise Conflict("it asks for data of a Customer and for something else in one; each needs an entry of its own")
    details = [] if asking else list(entry["authorization_details"])
    selections = [Selection("", frozenset()).to_stored() for _ in details]
    if asking:
        holdings = _holdings(session, client, customer_id, at=at)
        try:
            requested = read_request(
                limited(catalogue, client.limits),
                " ".join(word for word in entry["scope"].split() if word in asking),
                [each for each in entry["authorization_details"] if each["type"] in asking],
                allowed=frozenset(client.scope.split()),
                at=at,
            )
        except (InvalidAuthorizationDetails, InvalidScope) as fault:
            raise Conflict(f"it cannot be granted any more: {fault.description}") from fault
        for each in requested:
            scope = catalogue.scopes[each.scope_id]
            kind = each.values.get("authorization_form_selection_type") or scope.selections[0]
            details.append(granted_details(catalogue, each, at=at))
            selections.append(_selection(holdings, kind, each.values).to_stored())
    scope_words = " ".join(words)
    return GrantRow(
        grant_id=secrets.token_urlsafe(16),
        registration_id=client.registration_id,
        client_id=client.client_id,
        customer_id=customer_id if asking else None,
        status=GrantStatus.ACTIVE,
        scope=scope_words,
        authorization_details=details,
        enabled_scope=scope_words,
        enabled_authorization_details=details,
        selections=selections,
        states=[],
        receipt_confirmations=[],
        created=at,
        modified=at,
    )


def _holdings(session: Session, client: ClientRow, customer_id: str | None, *, at: datetime) -> Holdings:
    customer = None if customer_id is None else customers.find_customer(session, customer_id)
    if customer is None:
        raise InvalidRequest("customer_id: name the Customer whose data is asked for", field="customer_id")
    if customer.is_test != (client.status == ClientStatus.SANDBOX):
        raise InvalidRequest(
            "customer_id: a sandbox client meets test customers only, and a production client real ones",
            field="customer_id",
        )
    return read_holdings(session, customer.customer_id, now=at)


def _selection(holdings: Holdings, kind: str, values: Mapping[str, Any]) -> Selection:
    wanted = preselected(holdings, kind, values)
    if wanted.asked and not wanted.ids:
        raise InvalidRequest("customer_id: this Customer has nothing of what is asked for", field="customer_id")
    ids = wanted.ids if wanted.asked else holdings.known[kind]
    left_out = holdings.known[kind] - ids if wanted.future else frozenset()
    return Selection(kind, ids, wanted.future, left_out)
