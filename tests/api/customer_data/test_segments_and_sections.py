"""Usage Segments name the Bill Sections they stand on, as far as these may be told, and are found by them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from cdsc_server.storage.db import transaction
from tests.factories import customer_data as make
from tests.support import requirement

SEGMENTS, SECTIONS = "/cds/usage_segments", "/cds/bill_sections"
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
BILLS = {"include_bill_sections": True, "start_date": "infinite", "end_date": "infinite"}


@pytest.fixture
def readings(app, home):
    """January and February of meter m-house, the bills of both months for house, and what stands beside."""
    first, second = (date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 2, 1), date(2026, 2, 28))
    with app.app_context(), transaction() as session:
        make.readings(session, make.series(session, "used", meter_device_id="m-house"), JANUARY, ["0.1"] * 59 * 24)
        session.add_all(
            [
                make.section("january", "home", *first, contracts=["house"], meter_devices=["m-house"]),
                make.section("supplier", "home", *first, contracts=["house"]),
                make.section("february", "home", *second, contracts=["house"], meter_devices=["m-house"]),
                make.section("old-meter", "home", *first, contracts=["house"], meter_devices=["m-old"]),
                make.section("shop", "home", *first, contracts=["shop"]),
            ]
        )


def named(get, **query):
    """By month of a segment, the sections it names."""
    found = get(SEGMENTS, **query)["usage_segments"]
    return {int(each["segment_start"][5:7]): each["related_billsections"] for each in found}


def sections(get, **query):
    return {each["cds_billsection_id"] for each in get(SECTIONS, **query)["bill_sections"]}


@requirement("WG3-01-10.8.1-10", "WG3-01-10.8.1-26", "WG3-01-7.2.6-05", "WG3-01-7.2.8-09")
def test_segments_name_the_sections_they_stand_on_and_all_of_these_can_be_read(readings, agreed, get):
    """Of the month, the contract and the meter; not what an older meter counted."""
    agreed.to(agreed.entry("usage_data", "house", **BILLS))

    assert named(get) == {1: ["january", "supplier"], 2: ["february"]}
    assert {"january", "supplier", "february"} <= sections(get)


@requirement("WG3-01-10.8.1-26")
def test_segments_name_no_section_that_is_not_open(readings, agreed, get):
    """None where sections are not shared, and none of days that are not."""
    agreed.to(agreed.entry("usage_data", "house"))
    assert named(get) == {1: [], 2: []}

    agreed.to(agreed.entry("usage_data", "house", **{**BILLS, "start_date": "2026-02-01"}), token="late")
    found = get(SEGMENTS, "late")["usage_segments"]
    assert [each["related_billsections"] for each in found] == [[], ["february"]]


@requirement("WG3-01-10.8.8-21")
def test_segments_are_found_by_the_sections_they_name(readings, agreed, get):
    """By any of several; by one that may not be told as little as by none."""
    agreed.to(agreed.entry("usage_data", "house", **BILLS))

    assert list(named(get, cds_billsection_ids="february shop")) == [2]
    assert list(named(get, cds_billsection_ids="january february")) == [1, 2]
    assert named(get, cds_billsection_ids="shop old-meter nobodys") == {}
    assert named(get, cds_billsection_ids="january", after="2026-02-02T00:00:00Z") == {}


def test_naming_sections_takes_one_statement_for_any_number_of_them(app, readings, agreed, get, statements):
    """And none where sections are not shared."""
    agreed.to(agreed.entry("usage_data", "house", **BILLS))
    agreed.to(agreed.entry("usage_data", "house"), token="bare")
    for token in ("token", "bare"):
        get(SEGMENTS, token)  # the first use of a token is noted
    bare, few = (len(statements(lambda of=of: get(SEGMENTS, of))) for of in ("bare", "token"))
    with app.app_context(), transaction() as session:
        day = date(2026, 1, 9)
        session.add_all(make.section(f"n{n}", "home", day, day, contracts=["house"]) for n in range(200))

    many = len(statements(lambda: get(SEGMENTS)))

    assert few == many == bare + 1
