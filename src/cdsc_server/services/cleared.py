"""Who reads data of a Customer without having asked: Clients that an operator cleared for it (CDS-WG3-01 6.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.direct_access import Reach
from cdsc_server.domain.group_scopes import AGGREGATIONS_QUERY, only_of_groups
from cdsc_server.domain.wording import direct_words
from cdsc_server.services.direct_access import REACH_SET
from cdsc_server.storage import audit, customers, permissions
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading


@dataclass(frozen=True)
class Cleared:
    """
    What one Client was cleared for.

    Args:
        titles: of what it reads.
        account_number: of the only Account it reads; None for every one, later ones too.
        since: None when it is not known.
        reason: in the operator's words; empty when it is not known.
    """

    client_name: str
    titles: list[str]
    account_number: str | None
    since: datetime | None
    reason: str


def cleared_for(customer_id: str, *, catalogue: Catalogue) -> list[Cleared]:
    """Every Client that is permitted to read data of a Customer directly, by name; four statements at most."""
    with reading() as session:
        return sorted(_cleared_for(session, customer_id, catalogue), key=lambda each: each.client_name.casefold())


def _cleared_for(session: Session, customer_id: str, catalogue: Catalogue) -> Iterator[Cleared]:
    customer = customers.find_customer(session, customer_id)
    if customer is None:
        return
    for row, client, number in permissions.named_to(session, customer_id):
        if titles := _titles(client, catalogue):
            yield Cleared(client.client_name, titles, number, row.created, row.reason)
    everybody = permissions.reaching(session, Reach.TEST_CUSTOMERS if customer.is_test else Reach.CUSTOMERS)
    since = audit.latest_entries(session, [_subject(client) for client in everybody], action=REACH_SET)
    for client in everybody:
        if titles := _titles(client, catalogue):
            entry = since.get(_subject(client))
            at, why = (None, "") if entry is None else (entry.at, entry.detail["reason"])
            yield Cleared(client.client_name, titles, None, at, why)


def _titles(client: ClientRow, catalogue: Catalogue) -> list[str]:
    """What its scopes open of Customers, each once; nothing while it is disabled."""
    if client.status == ClientStatus.DISABLED:
        return []
    scopes = filter(None, map(catalogue.scope, client.scope.split()))
    of_customers = [
        scope
        for scope in scopes
        if scope.type.direct and scope.type.id != AGGREGATIONS_QUERY and not only_of_groups(scope.type.id, scope.fields)
    ]
    return [words.title for words in direct_words(of_customers)]


def _subject(client: ClientRow) -> str:
    return f"client:{client.client_id}"
