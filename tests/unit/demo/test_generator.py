"""The made-up readings, bills and supply mixes keep the promises that real ones would."""

from __future__ import annotations

import functools
import itertools
import re
import zlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from cdsc_server.app import load_catalogue
from cdsc_server.demo import history, supply_mix
from cdsc_server.demo.bill_pdf import bill_pdf
from cdsc_server.demo.bills import bills as bills_of
from cdsc_server.demo.months import months_between, slots_of
from cdsc_server.demo.people import GREEN, STANDARD
from cdsc_server.demo.rows import object_rows
from cdsc_server.demo.tariffs import tariffs
from cdsc_server.demo.town import Contract, Resident, residents
from cdsc_server.domain.bill_rules import bill_faults
from cdsc_server.domain.field_values import media_type
from cdsc_server.domain.readings import GAP, Quality, Readings
from cdsc_server.domain.tariffs.costs import cost_of, rounded
from cdsc_server.domain.tariffs.documents import tariff_faults, tariff_of
from cdsc_server.domain.tariffs.metering import priceable
from cdsc_server.domain.tariffs.runs import Term
from cdsc_server.domain.usage import Column
from cdsc_server.settings import Settings
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.meter_devices import MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from tests.factories.bills import ENTITY
from tests.support import requirement

NOW = datetime(2026, 3, 18, 15, 7, tzinfo=UTC)
END = int(NOW.timestamp())
MARCH = int(datetime(2026, 3, 1, 5, tzinfo=UTC).timestamp())
FEBRUARY = int(datetime(2026, 2, 1, 5, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def town() -> dict[str, Resident]:
    return {each.person.username: each for each in residents(1, NOW)}


def _month(contract: Contract, month: int, *, end: int = END, seed: int = 1) -> dict[str, Readings]:
    return {
        series_id: readings
        for meter in contract.meters
        for series_id, readings in history.meter_readings(contract, meter, month, seed, start=contract.start, end=end)
    }


def _one(contract: Contract, month: int, name: str = "forward", **more: int) -> Readings:
    return next(readings for key, readings in _month(contract, month, **more).items() if key.endswith(name))


def test_one_seed_gives_one_history_and_another_gives_another(town):
    contract = town["ada@example.com"].contracts[0]
    first = _one(contract, MARCH)
    history.counted.cache_clear()

    assert _one(contract, MARCH) == first
    assert _one(contract, MARCH, seed=2) != first


def test_what_was_measured_does_not_depend_on_when_it_is_asked_for(town):
    """A later start carries on where an earlier one ended, without a seam."""
    contract = town["ben@example.com"].contracts[0]
    early, late = (_one(contract, MARCH, end=end) for end in (END, END + 86_400))

    assert late.between(early.start, early.end) == early
    assert len(late) - len(early) == 96


@pytest.mark.parametrize(("day", "slots"), [((2026, 3, 8), 92), ((2025, 11, 2), 100), ((2026, 3, 9), 96)])
def test_days_with_a_clock_change_have_fewer_or_more_quarter_hours(day, slots):
    month = months_between(
        int(datetime(*day, 12, tzinfo=UTC).timestamp()), int(datetime(*day, 13, tzinfo=UTC).timestamp())
    )
    all_slots = slots_of(month[0], 900, 0, 1)
    wanted = date(*day).toordinal() - date(2000, 1, 1).toordinal()

    assert (all_slots.day == wanted).sum() == slots
    assert all_slots.hour[all_slots.day == wanted].max() == 23.75


def test_readings_reach_up_to_now_but_not_beyond(town):
    readings = _one(town["ada@example.com"].contracts[0], MARCH)

    assert readings.end == datetime(2026, 3, 18, 15, 0, tzinfo=UTC)


def test_people_use_more_in_the_evening_than_at_night(town):
    readings = _one(town["ada@example.com"].contracts[0], FEBRUARY)
    slots = slots_of(FEBRUARY, 900, 0, 1)
    values = np.array(readings.values)

    assert (
        values[(slots.hour >= 18) & (slots.hour < 21)].mean() > 2 * values[(slots.hour >= 2) & (slots.hour < 5)].mean()
    )


def test_a_bakery_rests_on_sunday(town):
    contract = next(each for each in town["elin@example.com"].contracts if each.service.label == "Mill Street bakery")
    values = np.array(_one(contract, FEBRUARY).values)
    weekday = slots_of(FEBRUARY, 900, 0, 1).weekday

    assert values[weekday == 6].mean() < 0.5 * values[weekday == 2].mean()


def test_what_the_sun_gives_is_negative_and_only_by_day(town):
    contract = town["ben@example.com"].contracts[0]
    readings = _one(contract, FEBRUARY, "reverse")
    values = np.array(readings.values)
    hour = slots_of(FEBRUARY, 900, 0, 1).hour

    assert values.min() < 0
    assert values.max() == 0
    assert not values[(hour < 6) | (hour > 18)].any()


def test_gaps_and_estimates_say_what_they_are(town):
    """Some of what the network missed was worked out and says so; the rest stays unknown."""
    marks = set()
    for month in months_between(END - 400 * 86_400, END):
        readings = _one(town["ada@example.com"].contracts[0], month)
        marks |= set(readings.qualities())
        gaps = [mark == GAP for mark in readings.spread_marks]
        assert all(not text for text, gap in zip(readings.texts(), gaps, strict=True) if gap)

    assert marks == {Quality.VALID, Quality.ESTIMATED, None}


def test_a_swapped_meter_leaves_no_hole(town):
    contract = town["dora@example.com"].contracts[0]
    first, second = contract.meters
    swap = months_between(first.end, first.end + 1)[0]
    before, after = _month(contract, swap).values()

    assert first.end == second.start
    assert before.end == after.start


def test_whoever_moved_in_has_no_history_from_before(town):
    contract = town["chidi@example.com"].contracts[0]

    assert datetime.fromtimestamp(contract.start, UTC) == datetime(2025, 7, 1, 4, tzinfo=UTC)
    assert months_between(contract.start, END)[0] == contract.start


def test_a_cost_is_exactly_the_use_times_the_price(town):
    contract = town["ada@example.com"].contracts[0]
    used, cost = _one(contract, FEBRUARY), _one(contract, FEBRUARY, "cost")
    peak = slots_of(FEBRUARY, 900, 0, 1)
    for n in (5, 70, 170, 1500):
        dear = peak.weekday[n] < 5 and 16 <= peak.hour[n] < 21
        assert cost.decimals()[n] == used.decimals()[n] * (Decimal("0.2860") if dear else Decimal("0.1420"))


@pytest.mark.parametrize("plan", [STANDARD, GREEN])
def test_shares_of_the_supply_make_exactly_one(plan):
    slots = slots_of(FEBRUARY, 3600, 0, 1)
    for mix in (supply_mix.shares(plan, slots, 1), supply_mix.mean_shares(plan, slots, 1)):
        for each in mix.values():
            assert (each.sum(axis=0) == supply_mix.WHOLE).all()
            assert (each >= 0).all()


def test_a_green_plan_buys_no_coal_and_the_rest_has_more_of_it():
    mixes = supply_mix.mean_shares(GREEN, slots_of(FEBRUARY, 3600, 0, 1), 1)
    coal = list(supply_mix.SOURCES).index("coal")

    assert mixes["individual"][coal, 0] == 0
    assert mixes["residual"][coal, 0] > mixes["base"][coal, 0]


def test_every_bill_adds_up_and_carries_on_from_the_one_before(town):
    resident = town["ada@example.com"]
    bills = [each.statement for each in bills_of(resident.accounts[0], resident.contracts, 1, entity={}, until=NOW)]
    unpaid = [bill for bill in bills if bill.previous_balance_unpaid]

    assert len(bills) == 36
    for bill, before in zip(bills[1:], bills, strict=False):
        assert bill.previous_balance_amount == before.amount_due
        assert bill.previous_balance_unpaid + sum(line["amount"] for line in bill.new_charges) == bill.amount_due
    assert unpaid


def test_each_service_has_its_part_of_a_bill(town):
    """To the cent, with the use that the lines were worked out from."""
    resident = town["ada@example.com"]
    for bill in bills_of(resident.accounts[0], resident.contracts, 1, entity={}, until=NOW):
        lines = [line for section in bill.sections for line in section.line_items]
        taxed = [line["amount"] for line in bill.statement.new_charges if "tax" not in line["types"]]

        assert [section.contracts for section in bill.sections] == [[each.contract_id] for each in resident.contracts]
        assert [line["cost"] for line in lines] == taxed
        for section in bill.sections:
            assert section.cost_details[0]["cost"] == sum(line["cost"] for line in section.line_items)
            assert section.start_date.day == 1
            assert (section.end_date + timedelta(days=1)).day == 1
        for line in lines:
            assert line["rate"] is None or (line["rate"] * line["value"]).quantize(Decimal("0.01")) == line["cost"]


@pytest.mark.parametrize("username", ["ada@example.com", "liam@example.com", "rosa@example.com"])
def test_bills_charge_what_the_tariffs_say(town, username):
    """By time of use, in steps and with credits: energy and monthly charge to the cent; a bill's tax is of its sum."""
    resident = town[username]
    document = tariffs([resident])
    made = {each["external_tariff_id"]: tariff_of(each) for each in document["tariffs"]}
    *_, bill = bills_of(resident.accounts[0], resident.contracts, 1, entity={}, until=NOW)

    assert tariff_faults(document) == []
    for contract, section in zip(resident.contracts, bill.sections, strict=True):
        tariff = made[contract.service.plan.code]
        columns = [
            Column({**column.value_format}, None, column.series_id, (("eu", readings),))
            for meter in contract.meters
            for column in history.columns_of(contract, meter)
            for key, readings in _month(contract, FEBRUARY).items()
            if key == column.series_id
        ]
        terms = [Term(tariff, tariff.versions[0], FEBRUARY, END)]
        cost = cost_of(terms, priceable(columns, tariff.units).flows, FEBRUARY, MARCH)
        told = {}
        for line in cost.lines:
            told[line.id] = told.get(line.id, 0) + line.amount
        charged = [line["cost"] for line in section.line_items]
        assert charged == [rounded(told[each], "USD") for each in ("use", "credit", "monthly") if each in told]


def test_later_bills_carry_on_from_the_last_one(town):
    resident = town["ada@example.com"]
    made = functools.partial(bills_of, resident.accounts[0], resident.contracts, 1, entity={}, until=NOW)
    bills = [each.statement for each in made()]
    later = [each.statement for each in made(last=bills[30])]

    assert [(each.bill_statement_id, each.amount_due) for each in later] == [
        (each.bill_statement_id, each.amount_due) for each in bills[31:]
    ]


def test_the_cast_holds_every_kind_of_customer(town):
    enterprise = town["elin@example.com"]

    assert len(town) >= 25
    assert len(enterprise.accounts) > 2
    assert len(enterprise.contracts) > 10
    assert len({contract.contract_id for each in town.values() for contract in each.contracts}) == sum(
        len(each.contracts) for each in town.values()
    )


def handed_in(bill):
    """A made-up bill in the words of `cdsc import bills`."""
    statement = bill.statement
    names = {
        **dict.fromkeys(("previous_balance_amount", "previous_balance_paid", "previous_balance_unpaid")),
        **dict.fromkeys(("account_number", "currency", "new_charges_amount", "new_charges", "new_balance_amount")),
        **dict.fromkeys(("amount_due", "shutoff_prevention_minimum_due", "shutoff_prevention_date")),
    }
    return {
        "bill_number": statement.bill_statement_id,
        "statement_date": statement.statement_date.isoformat(),
        "amount_due_date": statement.amount_due_date.isoformat(),
        **{name: getattr(statement, name) for name in names},
        "bill_sections": [
            {
                "section_number": section.bill_section_id,
                "section_types": section.types,
                "start_date": section.start_date.isoformat(),
                "end_date": section.end_date.isoformat(),
                "distribution_entity": section.distribution_entity,
                "supply_entity": section.supply_entity,
                "related_servicecontracts": section.contracts,
                "related_servicepoints": section.service_points,
                "related_meterdevices": section.meter_devices,
                "usage_details": section.usage_details,
                "cost_details": section.cost_details,
                "line_items": section.line_items,
            }
            for section in bill.sections
        ],
    }


@requirement("WG3-01-10.6.5.1-01", "WG3-01-10.5.2-07", "WG3-01-10.6.7-15")
def test_made_up_bills_keep_every_rule_that_real_ones_must_keep(town):
    """Those of every account; each section tells its total, and what was sent to the grid is a credit."""
    for resident in town.values():
        for billed in resident.accounts:
            own = [each for each in resident.contracts if each.account_id == billed.account_id]
            made = itertools.islice(bills_of(billed, own, 1, entity=ENTITY, until=NOW), 3)
            bills = [handed_in(bill) for bill in made]

            assert bill_faults({"bill_statements": bills}) == []
            for section in (section for bill in bills for section in bill["bill_sections"]):
                assert ["overall_total"] in [each["types"] for each in section["cost_details"]]
                sent = [line["cost"] for line in section["line_items"] if "sent to the grid" in line["name"]]
                assert all(cost <= 0 for cost in sent)


def test_every_charge_of_a_service_names_its_section(town):
    """And the tax of the whole bill names none."""
    resident = town["ada@example.com"]
    bill = next(bills_of(resident.accounts[0], resident.contracts, 1, entity=ENTITY, until=NOW))

    named = [each.get("related_billsections") for each in bill.statement.new_charges]

    assert named[-1] is None
    assert {each for ids in named[:-1] for each in ids} == {each.bill_section_id for each in bill.sections}


def test_a_bill_is_printed_with_what_it_says(town):
    """On as many pages as it takes, and the same bytes each time."""
    resident = max(town.values(), key=lambda each: len(each.contracts))
    bill = next(bills_of(resident.accounts[0], resident.contracts, 1, entity=ENTITY, until=NOW))
    printed = [
        bill_pdf(bill.statement, bill.sections, utility="Kestrel", name="Ada (Lane)", address="1 Road\nAshford Bay")
        for _ in range(2)
    ]

    pages = [zlib.decompress(each) for each in re.findall(rb"stream\n(.+?)\nendstream", printed[0], re.DOTALL)]

    assert printed[0] == printed[1]
    assert media_type(printed[0]) == "application/pdf"
    told = b"".join(pages)
    assert len(pages) > 1
    for words in ("Kestrel", r"Ada \(Lane\)", "Ashford Bay", f"${bill.statement.amount_due:,.2f}"):
        assert f"({words}) Tj".encode() in told
    assert told.count(b" each) Tj") == len([line for each in bill.sections for line in each.line_items if line["rate"]])


def test_clients_can_name_every_program_and_app_there_is(town):
    """Whatever is there can be asked for by name."""
    catalogue = load_catalogue(Settings.for_tests())
    rows = [row for resident in town.values() for row in object_rows(resident, catalogue.utility, at=NOW)]
    there = {
        "account_programs": [
            each["program_number"] for row in rows if isinstance(row, AccountRow) for each in row.programs
        ],
        "service_programs": [
            each["program_number"] for row in rows if isinstance(row, ServiceContractRow) for each in row.programs
        ],
        "meter_apps": [each["app_number"] for row in rows if isinstance(row, MeterDeviceRow) for each in row.apps],
    }

    for field, numbers in there.items():
        offers = [scope.fields[field].choices for scope in catalogue.scopes.values() if field in scope.fields]
        assert set(numbers) <= {choice.id for choices in offers for choice in choices}
        assert numbers
