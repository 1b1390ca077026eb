"""Which Bill Statements a Grant opens, for any Customer and any choice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.bill_disclosure import billings
from cdsc_server.domain.bills import adding_up
from cdsc_server.domain.customer_graph import CustomerGraph, Kind, Node
from cdsc_server.domain.grants import GrantedEntry, Selection
from tests.support import requirement

NOW = datetime(2026, 6, 1, tzinfo=UTC)
EARLY = NOW - timedelta(days=3000)
GRAPH = CustomerGraph(
    {
        **{kind: {} for kind in Kind},
        Kind.ACCOUNT: {
            "parent": Node("parent", None, EARLY),
            "home": Node("home", None, EARLY, "parent"),
            "shop": Node("shop", None, EARLY, "parent"),
        },
    }
)

days = st.dates(date(2020, 1, 1), date(2026, 12, 31))
bounds = st.none() | days
moments = st.datetimes(datetime(2020, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def entries(draw):
    """An entry of bill_statements."""
    chosen = draw(st.frozensets(st.sampled_from(["parent", "home", "shop", "gone"]), max_size=3))
    return GrantedEntry(
        "bill_statements",
        "cds_bill_statements",
        frozenset({"include_bill_statements"}),
        Selection("account_selection", chosen),
        first_bill=draw(bounds),
        last_bill=draw(bounds),
        sync_until=draw(st.none() | moments),
    )


@requirement("WG3-01-6.1.7-15", "WG3-01-6.1.7-16", "WG3-01-7.3.2-04", "WG3-01-7.3.3-04")
@given(entries(), st.sampled_from(["parent", "home", "shop", "bobs"]), days, moments)
def test_a_statement_is_open_when_its_account_was_chosen_and_its_day_is_inside(entry, account, day, created):
    """And never otherwise; what came after the end of updates is not there."""
    open_now = any(each.holds(account, day, created) for each in billings([entry], GRAPH, now=NOW))

    assert open_now == (
        account in entry.selection.ids
        and account in GRAPH.nodes[Kind.ACCOUNT]
        and (entry.first_bill is None or day >= entry.first_bill)
        and (entry.last_bill is None or day <= entry.last_bill)
        and created <= min(NOW, entry.sync_until or NOW)
    )


def test_entries_without_bills_open_none():
    """Accounts alone do not."""
    entry = GrantedEntry(
        "account_list",
        "cds_accounts",
        frozenset({"include_accounts"}),
        Selection("account_selection", frozenset("home")),
    )

    assert billings([entry], GRAPH, now=NOW) == []


amounts = st.decimals(-1000, 1000, places=2)


@requirement("WG3-01-10.5.1-27", "WG3-01-10.5.1-28")
@given(st.lists(st.tuples(amounts, st.booleans()), max_size=6), amounts, amounts)
def test_any_bill_adds_up(lines, unpaid, due):
    """To the cent, and a bill that does so by itself gets no line more."""
    charges = [
        {"id": str(n), "amount": amount, "included_in_amount_due": counts} for n, (amount, counts) in enumerate(lines)
    ]

    told = adding_up(charges, unpaid=unpaid, due=due, id="difference")

    total = sum((each["amount"] for each in told if each["included_in_amount_due"]), unpaid)
    assert total == due
    assert told[: len(charges)] == charges
    assert all(each["amount"] != Decimal(0) for each in told[len(charges) :])
