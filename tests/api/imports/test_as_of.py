"""Files that say as of when they hold, and what a Grant that has frozen meanwhile shows of them: CDS-WG3-01 7.3.1."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from cdsc_server import exact_json
from cdsc_server.errors import FaultyFile
from cdsc_server.services.import_bills import import_bills
from cdsc_server.services.import_customers import import_customers
from cdsc_server.storage.bill_statements import BillStatementRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.versions import read_versions
from tests.api.direct_access.conftest import catalogue, direct, get, home, party
from tests.factories import bills
from tests.factories import customer_documents as make
from tests.support import requirement

__all__ = ["catalogue", "direct", "get", "home", "party"]

OPENED = {"account_numbers": ["A-9"], "include_rate_plans": True, "include_contract_numbers": True}


def shown(instant):
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def take(app, clock, home):
    """Imports a Customer as a file says it; with `as_of` where that is given."""

    def take(*, as_of=None, **changes):
        document = exact_json.loads(make.written(make.customer(**changes)))
        if as_of is not None:
            document["as_of"] = shown(as_of)
        with app.app_context():
            return import_customers(document, clock=clock)

    return take


@pytest.fixture
def plans(direct, get):
    """The price plans of the contracts that are listed, with when they were changed and confirmed."""

    def plans(**fields):
        token = direct.token("query_service_contracts", **OPENED, **fields)
        listed = get("/cds/service_contracts", token)["service_contracts"]
        members = ("rateplan_code", "cds_modified", "cds_synced")
        return {each["contract_number"]: tuple(each[member] for member in members) for each in listed}

    direct.permit("ada")
    return plans


def contracts(*codes):
    """Contracts C-9 and on with these price plans."""
    return {"service_contracts": [make.contract(f"C-{n}", rateplan_code=code) for n, code in enumerate(codes, 9)]}


@pytest.fixture
def days(clock):
    """Four instants a day apart, the first of them now; a Grant froze at the third, and now is a week later."""
    start = clock.now()
    return [start + timedelta(days=n) for n in range(4)]


@requirement("WG3-01-7.3.1-09", "WG3-01-7.3.1-10")
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "the later word first"])
def test_what_was_synced_before_sync_until_and_stored_after_is_shown(take, plans, clock, days, order):
    """Changes and new objects; nothing of what holds as of later, whichever is stored first."""
    take(**contracts("E-1"))
    clock.set(days[3] + timedelta(days=7))
    words = [(days[1], ("E-2", "N-2")), (days[3], ("E-3", "N-3", "N-4"))]
    for n in order:
        as_of, codes = words[n]
        take(as_of=as_of, **contracts(*codes))
        clock.advance(days=1)

    frozen, live = plans(sync_until=shown(days[2])), plans()
    assert {number: (code, synced) for number, (code, _, synced) in frozen.items()} == {
        "C-9": ("E-2", shown(days[1])),
        "C-10": ("N-2", shown(days[1])),
    }
    assert min(modified for _, modified, _ in frozen.values()) > shown(days[3])
    assert {number: (code, synced) for number, (code, _, synced) in live.items()} == {
        "C-9": ("E-3", shown(days[3])),
        "C-10": ("N-3", shown(days[3])),
        "C-11": ("N-4", shown(days[3])),
    }
    assert plans(sync_until=shown(days[0]))["C-9"][0] == "E-1"


@requirement("WG3-01-7.3.1-11")
def test_the_same_instant_said_again_corrects_it_and_what_is_older_says_nothing(take, plans, clock, days):
    clock.set(days[3])
    take(as_of=days[1], **contracts("E-1"))
    take(as_of=days[2], **contracts("E-wrong"))
    take(as_of=days[2], **contracts("E-2"))
    take(as_of=days[3], **contracts("E-3"))
    take(as_of=days[2], **contracts("E-right"))
    take(as_of=days[1] - timedelta(hours=1), **contracts("E-0"))

    found = [plans(sync_until=shown(each))["C-9"][0] for each in days[1:3]]
    assert (found, plans()["C-9"][0]) == (["E-1", "E-right"], "E-3")


@requirement("WG3-01-7.3.1-12")
def test_a_late_word_that_nothing_changed_confirms_what_was(take, plans, clock, days):
    take(**contracts("E-1"))
    clock.set(days[3])
    take(**contracts("E-3"))
    done = take(as_of=days[1], **contracts("E-1"))

    assert (done.new, done.changed) == (0, 0)
    assert plans(sync_until=shown(days[1]))["C-9"] == ("E-1", shown(days[0]), shown(days[1]))
    assert plans()["C-9"] == ("E-3", shown(days[3]), shown(days[3]))


def test_a_file_cannot_hold_as_of_a_time_to_come(take, plans, clock, days):
    take(**contracts("E-1"))
    before = plans()
    with pytest.raises(FaultyFile) as refused:
        take(as_of=days[1], **contracts("E-2"))

    assert refused.value.faults == ["as_of must not be later than now"]
    assert plans() == before


@requirement("WG3-01-7.3.1-09")
def test_bills_hold_as_of_what_their_file_says(app, ports, home, clock, days):
    """A bill, and its correction by a word of before that comes last."""

    def bill(as_of, due):
        document = exact_json.loads(bills.written(bills.bill(amount_due=Decimal(due))))
        with app.app_context():
            import_bills({**document, "as_of": shown(as_of)}, open_file=lambda _: None, blobs=ports.blobs, clock=clock)

    clock.set(days[3] + timedelta(days=7))
    bill(days[3], "103")
    bill(days[1], "101")
    with app.app_context(), reading() as session:
        row = session.scalars(select(BillStatementRow)).one()
        versions = read_versions(session, [row.customer_key], since=days[0])
        instants = {at: versions.at(row, at).amount_due for at in (days[1], days[2], days[3])}

    assert row.known == days[1]
    assert instants == {days[1]: Decimal("101"), days[2]: Decimal("101"), days[3]: Decimal("103")}
