"""Which Bill Statements a Grant opens, for any Customer and any choice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.bill_disclosure import billings, chargings
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
        Kind.SERVICE_CONTRACT: {
            "house": Node("house", None, EARLY, "home"),
            "garage": Node("garage", None, EARLY, "home"),
            "store": Node("store", None, EARLY, "shop"),
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


@requirement("WG3-01-6.1.8-22", "WG3-01-6.1.8-25", "WG3-01-6.1.8-26", "WG3-01-7.3.4-04", "WG3-01-7.3.5-04")
@given(st.data(), bounds, bounds, st.tuples(days, days).map(sorted), moments)
def test_a_section_is_open_when_what_it_is_about_was_chosen_and_its_days_are_inside(data, first, last, about, created):
    """By its Account where Accounts were chosen, else by a chosen contract and that contract's Account."""
    kind = data.draw(st.sampled_from(["account_selection", "service_contract_selection"]))
    things = ["home", "shop", "gone"] if kind == "account_selection" else ["house", "garage", "store", "gone"]
    ticked = data.draw(st.frozensets(st.sampled_from(things), max_size=3))
    opens = frozenset({"include_bill_sections"})
    entry = GrantedEntry(
        "s", "cds_service_bills", opens, Selection(kind, ticked), first_service=first, last_service=last
    )
    account = data.draw(st.sampled_from(["parent", "home", "shop", "bobs"]))
    contracts = data.draw(st.lists(st.sampled_from(["house", "garage", "store", "bobs"]), max_size=2))

    open_now = any(each.holds(account, contracts, *about, created) for each in chargings([entry], GRAPH, now=NOW))

    above = {"house": "home", "garage": "home", "store": "shop"}
    accounts = ticked if kind == "account_selection" else {above[each] for each in ticked if each in above}
    with_parents = accounts | ({"parent"} if accounts and kind != "account_selection" else set())
    assert open_now == (
        account in with_parents - {"gone"}
        and (kind == "account_selection" or bool(ticked.intersection(contracts)))
        and (first is None or about[0] >= first)
        and (last is None or about[1] <= last)
        and created <= NOW
    )


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
