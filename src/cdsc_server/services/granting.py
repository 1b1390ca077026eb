"""
Grants that the Server makes without a form, on request of a Client or by hand of an operator (CDS-WG1-02 6.6, 6.9).

A Customer whose data such a Grant opens has a receipt and a mail of it, as after an approval, and can stop it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.address_rules import rules_of
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.choosing import Holdings, Ticked, preselected
from cdsc_server.domain.client_limits import offered_to
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.details import RequestedEntry, read_request
from cdsc_server.domain.drafts import begun
from cdsc_server.domain.grants import GrantStatus, Selection, granted_details
from cdsc_server.domain.merging import check_merges
from cdsc_server.domain.purposes import FIELD as PURPOSE
from cdsc_server.domain.purposes import Purpose
from cdsc_server.errors import Conflict, InvalidAuthorizationDetails, InvalidRequest, InvalidScope
from cdsc_server.languages import day, speaking
from cdsc_server.services import last_bill, loading, receipts, sharing_mails
from cdsc_server.services.consent_form import Asked, sections_of
from cdsc_server.services.examples import find_examples
from cdsc_server.services.grant_approvals import approved
from cdsc_server.services.mails import Mailing
from cdsc_server.services.reviewed import purposes_for
from cdsc_server.services.server_grants import add_grant
from cdsc_server.storage import clients, customers
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.holdings import read_holdings
from cdsc_server.storage.messages import MessageRow


@dataclass(frozen=True)
class Terms:
    """
    How a Grant is given.

    Args:
        begins: from when it opens anything; None for at once.
        ends: from when it opens nothing any more; None for never.
        waits: whether its Customer still has to agree, by an authorization request that names it (8.3).
    """

    begins: datetime | None = None
    ends: datetime | None = None
    waits: bool = False


AT_ONCE = Terms()


def create_grants(
    session: Session,
    message: MessageRow,
    *,
    customer_id: str | None,
    catalogue: Catalogue,
    mailing: Mailing,
    now: datetime,
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
    client = _client(session, str(message.related_key))
    return [
        give(
            session,
            client,
            entry["scope"],
            entry["authorization_details"],
            customer_id=customer_id,
            catalogue=catalogue,
            mailing=mailing,
            now=now,
        )
        for entry in message.grants_requested or ()
    ]


def give(
    session: Session,
    client: ClientRow,
    scope: str,
    authorization_details: Sequence[Mapping[str, Any]],
    *,
    customer_id: str | None,
    terms: Terms = AT_ONCE,
    catalogue: Catalogue,
    mailing: Mailing,
    now: datetime,
) -> str:
    """
    One Grant, with a receipt and a mail for its Customer where that one has agreed; its Client is told.

    Args:
        scope: words, as in an authorization request; so are `authorization_details`.
        customer_id: see `create_grants`.

    Returns:
        Its id.

    Raises:
        Conflict: the Client Object cannot be given it.
        InvalidRequest: data of a Customer is asked for and no fitting Customer is named, or the period is empty.
    """
    # As everywhere else Grants and what is counted from them show whole seconds.
    at = now.replace(microsecond=0)
    named = [each["type"] for each in authorization_details]
    words = list(dict.fromkeys([*scope.split(), *named]))
    asking = {word for word in words if (found := catalogue.scope(word)) is not None and found.type.consent}
    if asking and len(asking) < len(words):
        raise Conflict("it asks for data of a Customer and for something else in one; each needs an entry of its own")
    _check_period(terms, at)
    if not asking:
        grant = _row(client, " ".join(words), [dict(each) for each in authorization_details], None, terms=terms, at=at)
        grant.selections = [Selection("", frozenset()).to_stored() for _ in authorization_details]
        add_grant(session, grant, now=now)
        return grant.grant_id
    holdings = _holdings(session, client, customer_id, at=at)
    requested = _read(client, scope, authorization_details, catalogue=catalogue, at=at)
    purposes = purposes_for(client, catalogue)
    asked = last_bill.beginning_with_it(
        session,
        [_asked(each, holdings, catalogue, purposes) for each in requested],
        customer_id=str(customer_id),
        zone=catalogue.utility.timezone,
        now=at,
    )
    details = [granted_details(catalogue, each.entry, at=at) for each in asked]
    grant = _row(client, " ".join(words), details, customer_id, terms=terms, at=at)
    if not terms.waits:
        grant.selections = [_selection(each, holdings).to_stored() for each in asked]
        loading.wait_for(session, grant)
    add_grant(session, grant, now=now)
    if not terms.waits:
        _keep_receipt(session, grant, client, asked, holdings, terms=terms, catalogue=catalogue, mailing=mailing, at=at)
    return grant.grant_id


def agree_on_paper(session: Session, grant: GrantRow, *, catalogue: Catalogue, mailing: Mailing, now: datetime) -> None:
    """
    Let a locked Grant that waits for its Customer be what that one agreed to in another way, with receipt and mail.

    What it names of the Customer is opened, and everything of theirs where it names nothing. A Grant that waits for
    this one and others goes on when all are there.

    Raises:
        Conflict: its Client Object is disabled.
        InvalidRequest: the Customer has nothing of what is asked for, or is not one whom the Client Object meets.

    Spec: CDS-WG3-01 4.11.
    """
    at = now.replace(microsecond=0)
    client = _client(session, grant.client_id)
    holdings = _holdings(session, client, grant.customer_id, at=at)
    purposes = purposes_for(client, catalogue)
    entries = [_waiting(catalogue, details) for details in grant.authorization_details]
    asked = [_asked(entry, holdings, catalogue, purposes) for entry in entries]
    details = [granted_details(catalogue, each.entry, at=at) for each in asked]
    chosen = [_selection(each, holdings) for each in asked]
    terms = Terms(grant.not_before, grant.expires)
    approved(session, grant, details, chosen, customer_id=str(grant.customer_id), state=None, now=now)
    _keep_receipt(session, grant, client, asked, holdings, terms=terms, catalogue=catalogue, mailing=mailing, at=at)


def _waiting(catalogue: Catalogue, details: Mapping[str, Any]) -> RequestedEntry:
    """An entry of a Grant that waits, with its dates as they are asked for: they count from the day of the yes."""
    offered = catalogue.scopes[details["type"]].fields
    return RequestedEntry(details["type"], {name: details.get(name, each.default) for name, each in offered.items()})


def _client(session: Session, client_id: str) -> ClientRow:
    client = clients.find_client(session, client_id)
    if client is None or client.status == ClientStatus.DISABLED:
        raise Conflict("the Client Object is disabled, or there is none any more")
    return client


def _check_period(terms: Terms, at: datetime) -> None:
    if terms.ends is not None and terms.ends <= max(at, terms.begins or at):
        raise InvalidRequest("Ends: it must lie after the beginning, and in the future", field="ends")


def _read(
    client: ClientRow,
    scope: str,
    details: Sequence[Mapping[str, Any]],
    *,
    catalogue: Catalogue,
    at: datetime,
) -> tuple[RequestedEntry, ...]:
    try:
        entries = read_request(
            offered_to(catalogue, client), scope, details, allowed=frozenset(client.scope.split()), at=at
        )
        check_merges(catalogue, entries)
    except (InvalidAuthorizationDetails, InvalidScope) as fault:
        raise Conflict(f"it cannot be granted: {fault.description}", field=fault.field) from fault
    return entries


def _row(
    client: ClientRow,
    scope: str,
    details: list[dict[str, Any]],
    customer_id: str | None,
    *,
    terms: Terms,
    at: datetime,
) -> GrantRow:
    later = terms.begins is not None and terms.begins > at
    status = GrantStatus.FUTURE if later else GrantStatus.ACTIVE
    return GrantRow(
        grant_id=secrets.token_urlsafe(16),
        registration_id=client.registration_id,
        client_id=client.client_id,
        customer_id=customer_id,
        status=GrantStatus.NEEDS_AUTHORIZATION if terms.waits else status,
        scope=scope,
        authorization_details=details,
        enabled_scope="" if terms.waits else scope,
        enabled_authorization_details=[] if terms.waits else details,
        selections=[],
        states=[],
        receipt_confirmations=[],
        created=at,
        modified=at,
        not_before=terms.begins if later else None,
        expires=terms.ends,
    )


def _asked(entry: RequestedEntry, holdings: Holdings, catalogue: Catalogue, purposes: Mapping[str, Purpose]) -> Asked:
    """What an entry opens of this Customer: what it names, and all of its kind where it names nothing."""
    scope = catalogue.scopes[entry.scope_id]
    kind = entry.values.get("authorization_form_selection_type") or scope.selections[0]
    wanted = preselected(holdings, kind, entry.values, rules_of(catalogue.utility.country))
    if wanted.asked and not wanted.ids:
        raise InvalidRequest("customer_id: this Customer has nothing of what is asked for", field="customer_id")
    ids = wanted.ids if wanted.asked else holdings.known[kind]
    purpose = purposes.get(str(entry.values.get(PURPOSE)))
    return Asked(scope, entry, kind, Ticked(ids, wanted.future, asked=True), purpose=purpose)


def _selection(asked: Asked, holdings: Holdings) -> Selection:
    left_out = holdings.known[asked.kind] - asked.ticked.ids if asked.ticked.future else frozenset()
    return Selection(asked.kind, asked.ticked.ids, asked.ticked.future, left_out)


def _keep_receipt(
    session: Session,
    grant: GrantRow,
    client: ClientRow,
    asked: Sequence[Asked],
    holdings: Holdings,
    *,
    terms: Terms,
    catalogue: Catalogue,
    mailing: Mailing,
    at: datetime,
) -> None:
    customer_id, zone = str(grant.customer_id), catalogue.utility.timezone
    names = {item.id: item.title for item in holdings.items["service_contract_selection"]}
    draft = begun(customer_id, [each.ticked for each in asked])
    with _speaking_to(session, customer_id):
        examples = find_examples(session, customer_id, names, now=at, zone=zone)
        sections = sections_of(asked, draft, holdings, examples=examples, catalogue=catalogue, now=at)
        said = {name: day(when, zone) for name, when in (("begins", grant.not_before), ("ends", terms.ends)) if when}
        form = receipts.frozen(client, [(each, each.ticked) for each in sections], catalogue=catalogue, terms=said)
    receipts.add_receipt(
        session,
        grant,
        form,
        prefix=catalogue.utility.receipt_prefix,
        keys=mailing.keys,
        now=at,
    )
    session.flush()
    sharing_mails.tell_of_receipt(session, grant, mailing=mailing, now=at)


def _holdings(session: Session, client: ClientRow, customer_id: str | None, *, at: datetime) -> Holdings:
    customer = None if customer_id is None else customers.find_customer(session, customer_id)
    if customer is None:
        raise InvalidRequest("customer_id: name the Customer whose data is asked for", field="customer_id")
    if customer.is_test != (client.status == ClientStatus.SANDBOX):
        raise InvalidRequest(
            "customer_id: a sandbox client meets test customers only, and a production client real ones",
            field="customer_id",
        )
    with _speaking_to(session, customer.customer_id):
        return read_holdings(session, customer.customer_id, now=at)


def _speaking_to(session: Session, customer_id: str) -> AbstractContextManager[None]:
    """What the Customer will read is written in the Customer's language, and not in the operator's."""
    customer = customers.find_customer(session, customer_id)
    return speaking(None if customer is None else customer.language)
