"""Who reads data of a Customer without having asked: Clients that an operator cleared for it (CDS-WG3-01 6.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.direct_access import Reach
from cdsc_server.domain.group_scopes import AGGREGATIONS_QUERY
from cdsc_server.domain.wording import member_words
from cdsc_server.ports import Clock
from cdsc_server.services.direct_access import REACH_SET, titles_of
from cdsc_server.services.known_groups import known_as
from cdsc_server.storage import aggregations, audit, customers, permissions
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading


@dataclass(frozen=True)
class Cleared:
    """
    What one Client was cleared for.

    Args:
        titles: of what it reads.
        account_number: of the only Account it reads; None for every one, later ones too.
        group: name of the group, such as a building, as a part of which alone it reads; None for more than that.
        since: None when it is not known.
        reason: in the operator's words; empty when it is not known.
    """

    client_name: str
    titles: list[str]
    account_number: str | None
    group: str | None
    since: datetime | None
    reason: str


def cleared_for(customer_id: str, *, catalogue: Catalogue, clock: Clock) -> list[Cleared]:
    """Every Client that is permitted to read data of a Customer directly, by name; five statements at most."""
    with reading() as session:
        found = _cleared_for(session, customer_id, catalogue, now=clock.now())
        return sorted(found, key=lambda each: each.client_name.casefold())


def _cleared_for(session: Session, customer_id: str, catalogue: Catalogue, *, now: datetime) -> Iterator[Cleared]:
    customer = customers.find_customer(session, customer_id)
    if customer is None:
        return
    for row, client, number in permissions.named_to(session, customer_id):
        if titles := titles_of(client, catalogue):
            yield Cleared(client.client_name, titles, number, None, row.created, row.reason)
    everybody = permissions.reaching(session, Reach.TEST_CUSTOMERS if customer.is_test else Reach.CUSTOMERS)
    since = audit.latest_entries(session, [_subject(client) for client in everybody], action=REACH_SET)
    for client in everybody:
        if titles := titles_of(client, catalogue):
            entry = since.get(_subject(client))
            at, why = (None, "") if entry is None else (entry.at, entry.detail["reason"])
            yield Cleared(client.client_name, titles, None, None, at, why)
    for reader, group, client in aggregations.members_open_to(session, customer_id, at=now):
        if known_as(client.registration_id, client).is_test != customer.is_test:
            continue
        if titles := _titles_of_members(client, catalogue):
            yield Cleared(client.client_name, titles, None, group, reader.created, "")


def _titles_of_members(client: ClientRow, catalogue: Catalogue) -> list[str]:
    """What its scopes open of what groups are made of; nothing while it is disabled."""
    words = [] if client.status == ClientStatus.DISABLED else client.scope.split()
    fields = [
        name for scope in catalogue.scopes_of(words) if scope.type.id == AGGREGATIONS_QUERY for name in scope.fields
    ]
    return [words.title for words in member_words(fields)]


def _subject(client: ClientRow) -> str:
    return f"client:{client.client_id}"
