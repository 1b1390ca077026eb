"""A Grant follows what happens to the Customer after it was given, as far as it goes (CDS-WG3-01 4.4 to 4.10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from cdsc_server.storage.bill_statements import BillStatementRow
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import transaction
from cdsc_server.storage.meter_devices import InstallationRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from tests.factories import customer_data as make
from tests.support import requirement

#: A minute after the Grant was given.
LATER = datetime(2026, 3, 1, 12, 1, tzinfo=UTC)
EVER: dict[str, Any] = {"statement_date_start": "infinite", "statement_date_end": "infinite"}
DAYS: dict[str, Any] = {"start_date": "infinite", "end_date": "infinite"}


def _house(session: Session) -> ServiceContractRow:
    found = session.get(ServiceContractRow, (customer_key_of("ada"), "house"))
    assert found is not None
    return found


def _new_tariff(session: Session) -> None:
    _house(session).rateplan_code = "NEW-1"


def _joined(session: Session) -> None:
    _house(session).programs = [make.service_program("S-house"), make.service_program("S-new")]


def _new_bill(session: Session) -> None:
    session.add(make.statement("new", "home", date(2026, 2, 1), created=LATER))


def _new_section(session: Session) -> None:
    session.add(make.section("new", "home", date(2026, 1, 1), date(2026, 1, 31), contracts=["house"], created=LATER))


def _new_contract(session: Session) -> None:
    session.add_all(
        [
            make.contract("cabin", "home", created=LATER),
            make.service_point("cabin-sp", created=LATER),
            make.served("cabin-sp", "cabin"),
            make.meter("m-cabin", created=LATER),
            make.installed("m-cabin", "cabin-sp"),
        ]
    )


def _new_meter(session: Session) -> None:
    hung = session.query(InstallationRow).filter_by(meter_device_id="m-house").one()
    hung.end = LATER
    session.add_all([make.meter("m-new", created=LATER), make.installed("m-new", "house-sp", start=LATER)])


@dataclass(frozen=True)
class Change:
    """What a Grant of these entries shows of a listing, before and after something happens."""

    entry: dict[str, Any]
    address: str
    shown: Callable[[dict[str, Any]], Any]
    happens: Callable[[Session], None]
    before: list[Any]
    after: list[Any]


def _ids(name: str, member: str) -> Callable[[dict[str, Any]], Any]:
    return lambda body: sorted(each[member] for each in body[name])


CHANGES = {
    "tariff": Change(
        {"scope_id": "rate_plan", "ids": ["house"]},
        "/cds/service_contracts",
        lambda body: [each["rateplan_code"] for each in body["service_contracts"]],
        _new_tariff,
        ["R-house"],
        ["NEW-1"],
    ),
    "program": Change(
        {"scope_id": "service_programs", "ids": ["house"], "service_programs": ["S-house", "S-new"]},
        "/cds/service_contracts",
        lambda body: [len(each["service_programs"]) for each in body["service_contracts"]],
        _joined,
        [1],
        [2],
    ),
    "amount due": Change(
        {"scope_id": "amount_due", "ids": ["home"], "kind": "account_selection", **EVER, "statement_date_end": "P1Y"},
        "/cds/bill_statements",
        _ids("bill_statements", "cds_billstatement_id"),
        _new_bill,
        [],
        ["new"],
    ),
    "bill": Change(
        {"scope_id": "bill_statements", "ids": ["home"], "kind": "account_selection", **EVER},
        "/cds/bill_statements",
        _ids("bill_statements", "cds_billstatement_id"),
        _new_bill,
        [],
        ["new"],
    ),
    "charges": Change(
        {"scope_id": "service_bills", "ids": ["house"], **DAYS},
        "/cds/bill_sections",
        _ids("bill_sections", "cds_billsection_id"),
        _new_section,
        [],
        ["new"],
    ),
    "meter": Change(
        {"scope_id": "distribution_details", "ids": ["house"], "include_meter_apps": True},
        "/cds/meter_devices",
        lambda body: sorted(each["cds_meterdevice_id"] for each in body["meter_devices"] if each["meter_apps"]),
        _new_meter,
        ["m-house", "m-old"],
        ["m-house", "m-new", "m-old"],
    ),
    "contract": Change(
        {"scope_id": "distribution_details", "ids": ["house"], "later": True, "left_out": ["shop"]},
        "/cds/meter_devices",
        _ids("meter_devices", "cds_meterdevice_id"),
        _new_contract,
        ["m-house", "m-old"],
        ["m-cabin", "m-house", "m-old"],
    ),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("tariff", marks=requirement("WG3-01-4.5-05")),
        pytest.param("program", marks=requirement("WG3-01-4.6-11")),
        pytest.param("amount due", marks=requirement("WG3-01-4.7-07")),
        pytest.param("bill", marks=requirement("WG3-01-4.8-06")),
        pytest.param("charges", marks=requirement("WG3-01-4.9-06")),
        pytest.param("meter", marks=requirement("WG3-01-4.4-17", "WG3-01-4.10-04")),
        pytest.param("contract", marks=requirement("WG3-01-4.4-17")),
    ],
)
def test_what_happens_later_is_seen(app, agreed, get, clock, name):
    change = CHANGES[name]
    entry = dict(change.entry)
    agreed.to(agreed.entry(entry.pop("scope_id"), *entry.pop("ids"), **entry))
    before = change.shown(get(change.address))
    clock.advance(minutes=2)
    with app.app_context(), transaction() as session:
        change.happens(session)

    assert before == change.before
    assert change.shown(get(change.address)) == change.after


@requirement("WG3-01-4.7-07")
def test_a_bill_that_was_seen_is_seen_as_it_is_now(app, agreed, get):
    agreed.to(agreed.entry("amount_due", "home", kind="account_selection", **{**EVER, "statement_date_end": "P1Y"}))
    with app.app_context(), transaction() as session:
        session.add(make.statement("may", "home", date(2025, 5, 1)))
    (before,) = get("/cds/bill_statements")["bill_statements"]
    with app.app_context(), transaction() as session:
        bill = session.query(BillStatementRow).filter_by(bill_statement_id="may").one()
        bill.amount_due, bill.modified = Decimal("50.00"), LATER
    (after,) = get("/cds/bill_statements")["bill_statements"]

    assert (before["amount_due"], after["amount_due"]) == (Decimal("109.90"), Decimal("50.00"))


def test_a_contract_of_later_on_stays_out_where_only_these_were_ticked(app, agreed, get, clock):
    agreed.to(agreed.entry("distribution_details", "house"))
    clock.advance(minutes=2)
    with app.app_context(), transaction() as session:
        _new_contract(session)

    assert "m-cabin" not in _ids("meter_devices", "cds_meterdevice_id")(get("/cds/meter_devices"))
