"""Operators find Customers: by name, by the number of an account, by mail address or by id."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from cdsc_server.storage import accounts, customers
from cdsc_server.storage.db import reading

#: Most Customers of one answer; who finds more searches for more.
MOST: Final = 20


@dataclass(frozen=True)
class FoundCustomer:
    """A Customer as an operator tells one from another; `accounts` are numbers."""

    customer_id: str
    name: str
    email: str | None
    accounts: Sequence[str]


def search(sought: str, *, is_test: bool) -> list[FoundCustomer]:
    """
    Customers who fit what was typed, by name; at most MOST, and none where nothing was typed.

    An id or the number of an account finds its Customers and nobody else, by an index; everything else is sought in
    every name and mail address.

    Args:
        is_test: fictional Customers, for Client Objects of the sandbox; else real ones.
    """
    text = sought.strip().replace("\0", "")
    if not text:
        return []
    with reading() as session:
        exact = {text, *accounts.customers_by_number(session, text, limit=MOST)}
        rows = [row for row in customers.find_customers(session, exact) if row.is_test == is_test]
        if not rows:
            rows = list(customers.search_customers(session, text, is_test=is_test, limit=MOST))
        numbers = accounts.numbers_of(session, [row.customer_id for row in rows])
    return [FoundCustomer(row.customer_id, row.display_name, row.email, numbers[row.customer_id]) for row in rows]


def named(customer_ids: Collection[str]) -> list[FoundCustomer]:
    """These Customers, by name; ids of nobody are left away."""
    with reading() as session:
        rows = customers.find_customers(session, customer_ids)
        numbers = accounts.numbers_of(session, [row.customer_id for row in rows])
    return [FoundCustomer(row.customer_id, row.display_name, row.email, numbers[row.customer_id]) for row in rows]
