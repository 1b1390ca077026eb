"""Usage Segments as objects: their members, their slots in time, their order, and what a correction moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cdsc_server import exact_json
from cdsc_server.domain.readings import Readings
from cdsc_server.storage.db import transaction
from cdsc_server.storage.usage import mark_synced
from cdsc_server.storage.usage_blocks import put_readings
from tests.factories import customer_data
from tests.support import requirement

SEGMENTS = "/cds/usage_segments"
JANUARY, FEBRUARY, MARCH = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))
SWAP = JANUARY + timedelta(days=19, hours=10, minutes=30)
SHOWN = dict.fromkeys(
    ("include_accounts", "include_account_numbers", "include_service_contracts", "include_contract_numbers",
     "include_service_points", "include_meter_devices"), True,
)  # fmt: skip


@pytest.fixture
def put(app, home):
    """Stores readings of a meter at an instant, and notes when its source was asked."""

    def put(start, texts, *, meter="m-house", name="used", at=customer_data.THEN, synced=None, length=None, **fields):
        with app.app_context(), transaction() as session:
            row = customer_data.series(session, name, meter_device_id=meter, **fields)
            put_readings(session, row, Readings.written(start, length or row.interval_seconds, texts), at=at)
            if synced is not None:
                mark_synced(session, "ada", [name], at=synced)

    return put


@pytest.fixture
def segments(agreed, get):
    """The segments of a contract or whatever was ticked."""

    def segments(*ids, token="token", **query):
        agreed.to(agreed.entry("usage_data", *(ids or ("house",)), **SHOWN), token=token)
        return get(SEGMENTS, token, **query)["usage_segments"]

    return segments


@requirement("WG3-01-10.8-01", "WG3-01-10.8.8-01", "WG3-01-10.8.1-01", "WG3-01-10.8.1-02", "WG3-01-10.8.1-03")
@requirement("WG3-01-10.8.1-04", "WG3-01-10.8.1-05", "WG3-01-10.8.1-06", "WG3-01-10.8.1-07", "WG3-01-10.8.1-08")
@requirement("WG3-01-10.8.1-09", "WG3-01-10.8.1-10", "WG3-01-10.8.1-14", "WG3-01-10.8.1-15")
def test_a_segment_says_what_is_stored_and_when(put, segments):
    """A correction moves modified; being asked again moves synced alone."""
    put(JANUARY, ["1", "2", "3"])
    put(JANUARY, ["9"], at=FEBRUARY, synced=MARCH)
    put(FEBRUARY, ["4"], at=MARCH, synced=MARCH)
    first, second = segments()
    stamps = ("cds_created", "cds_modified", "cds_synced")
    (value_format,) = first.pop("formats")

    assert [first.pop(name)[:7] for name in stamps] == ["2026-01", "2026-02", "2026-03"]
    assert [second[name][:7] for name in stamps] == ["2026-03"] * 3
    assert value_format.pop("id")
    assert value_format == {**customer_data.KWH, "related_meterdevices": ["m-house"]}
    assert first.pop("cds_usagesegment_id") != second["cds_usagesegment_id"]
    assert first == {
        "related_aggregations": [],
        "related_accounts": ["home"],
        "related_servicecontracts": ["house"],
        "related_servicepoints": ["house-sp"],
        "related_meterdevices": ["m-house"],
        "related_billsections": [],
        "segment_start": "2026-01-01T00:00:00Z",
        "segment_end": "2026-01-01T03:00:00Z",
        "interval": 3600,
        "values": [[{"eu": 9}], [{"eu": 2}], [{"eu": 3}]],
    }


def test_synced_is_when_the_source_was_asked_last_and_not_now(put, segments, clock):
    put(JANUARY, ["1"], synced=FEBRUARY)
    (asked,) = segments()
    put(JANUARY, ["1"], synced=MARCH)
    (again,) = segments(token="again")

    assert (asked["cds_synced"], again["cds_synced"]) == ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")
    assert asked["cds_modified"] == again["cds_modified"]
    assert clock.now() > MARCH


@requirement("WG3-01-10.8.1-16", "WG3-01-10.8.1-17", "WG3-01-10.8.1-18", "WG3-01-10.8.3-03")
@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("kind", ["electric_usage", "meter_readings"])
def test_value_sets_follow_each_other_without_a_hole(put, segments, kind, columns):
    """What was not measured is a gap in its place; the end is that of the last interval."""
    register = {"type": "meter_readings", "units": "kWh", "register": None}
    fields = {} if kind == "electric_usage" else {"value_format": register}
    for place in range(columns):
        column = {"name": f"n-{place}", "segment_key": "used", "position": place, "interval_seconds": 900, **fields}
        put(JANUARY, ["0", "1"], **column)
        put(JANUARY + timedelta(hours=2), ["8"], **column)
    (segment,) = segments()
    start, end = (datetime.fromisoformat(segment[name]) for name in ("segment_start", "segment_end"))
    found = {
        start + n * timedelta(seconds=int(segment["interval"])): [str(value) for one in each for value in one.values()]
        for n, each in enumerate(segment["values"])
        if each != [None] * columns
    }

    assert end - start == len(segment["values"]) * timedelta(seconds=int(segment["interval"]))
    assert found == {
        JANUARY: ["0"] * columns,
        JANUARY + timedelta(minutes=15): ["1"] * columns,
        JANUARY + timedelta(hours=2): ["8"] * columns,
    }


@requirement("WG3-01-10.8.8-04")
def test_without_readings_the_list_is_empty(agreed, get):
    agreed.to(agreed.entry("usage_data", "house"))

    assert get(SEGMENTS) == {"usage_segments": [], "next": None, "previous": None}


@requirement("WG3-01-10.8.8-26")
def test_of_one_start_the_last_modified_stands_first(put, segments):
    for name, at in (("b", JANUARY), ("c", MARCH), ("a", FEBRUARY)):
        put(JANUARY, ["1"], name=name, at=at, meter="m-house")
    found = [each["cds_modified"][:7] for each in segments()]

    assert found == ["2026-03", "2026-02", "2026-01"]


def test_a_meter_that_is_swapped_ends_one_row_and_begins_another(app, put, segments):
    """Each meter's readings up to the swap and from it on; the broken hour belongs to neither."""
    with app.app_context(), transaction() as session:
        session.add(customer_data.meter("m-new"))
        session.merge(customer_data.installed("m-house", "house-sp", start=datetime(2025, 1, 1, tzinfo=UTC), end=SWAP))
        session.add(customer_data.installed("m-new", "house-sp", start=SWAP))
    put(JANUARY, ["1"] * 744, name="before")
    put(JANUARY, ["2"] * 744, name="after", meter="m-new")
    before, after = sorted(segments(), key=lambda each: each["segment_start"])

    assert [each["related_meterdevices"] for each in (before, after)] == [["m-house"], ["m-new"]]
    assert (before["segment_end"], after["segment_start"]) == ("2026-01-20T10:00:00Z", "2026-01-20T11:00:00Z")
    assert {str(one["eu"]) for (one,) in before["values"]} == {"1"}
    assert {str(one["eu"]) for (one,) in after["values"]} == {"2"}


def test_who_moves_in_reads_nothing_of_who_moved_out(app, put, segments):
    """One meter, two contracts one after the other: each has its own days of the month."""
    with app.app_context(), transaction() as session:
        session.add(customer_data.contract("next", "home"))
        session.merge(customer_data.served("house-sp", "house", end=SWAP))
        session.add(customer_data.served("house-sp", "next", start=SWAP))
    put(JANUARY, [f"{hour}" for hour in range(744)])
    (out,), (into,) = segments("house", token="out"), segments("next", token="in")

    assert (out["segment_end"], into["segment_start"]) == ("2026-01-20T10:00:00Z", "2026-01-20T11:00:00Z")
    assert (out["related_servicecontracts"], into["related_servicecontracts"]) == (["house"], ["next"])
    assert str(out["values"][-1][0]["eu"]) == str(19 * 24 + 9)
    assert str(into["values"][0][0]["eu"]) == str(19 * 24 + 11)


@requirement("WG3-01-6.1.9-21")
def test_an_account_opens_what_was_measured_while_the_place_was_on_it(app, put, agreed, get):
    """One meter, two Accounts one after the other; the broken hour is open to whoever reads both."""
    with app.app_context(), transaction() as session:
        session.add(customer_data.contract("next", "family"))
        session.merge(customer_data.served("house-sp", "house", end=SWAP))
        session.add(customer_data.served("house-sp", "next", start=SWAP))
    put(JANUARY, ["1"] * 744)
    for ids in (["home"], ["family"], ["family", "home"]):
        agreed.to(agreed.entry("usage_data", *ids, kind="account_selection"), token="-".join(ids))
    lengths = {
        token: sum(len(each["values"]) for each in get(SEGMENTS, token)["usage_segments"])
        for token in ("home", "family", "family-home")
    }

    assert lengths == {"home": 19 * 24 + 10, "family": 744 - 19 * 24 - 11, "family-home": 744}


def test_decimals_of_any_length_come_as_they_were_measured(put, segments):
    texts = ["0." + "1234567890" * 30, "9" * 60, "-0.0", "0.10", "1" + "0" * 40 + ".0"]
    put(JANUARY, texts)
    (segment,) = segments()

    assert [str(one["eu"]) for (one,) in segment["values"]] == texts


@requirement("WG3-01-2-09")
def test_no_listing_answers_without_a_token_that_is_alive(put, segments, client):
    """Neither with none, nor with one that nobody has."""
    put(JANUARY, ["1"])
    assert segments()
    document = exact_json.loads(client.get("/openapi.json").data)
    paths = [path.replace("{", "").replace("}", "") for path in document["paths"] if path.startswith("/cds/")]

    assert len(paths) >= 9
    for path in paths:
        for headers in ({}, {"Authorization": "Bearer nobody"}, {"Authorization": "Basic dG9rZW46"}):
            answer = client.get(path, headers=headers)
            assert answer.status_code == 401, path
            assert b"house" not in answer.data


def test_a_stretch_of_time_shows_the_segments_that_the_whole_listing_shows_there(put, segments):
    """However far they reach: months on either side of the stretch, and periods that have lengths of their own."""
    bill = {"interval_seconds": 0, "length": 45 * 86_400}
    for month in (JANUARY, FEBRUARY, MARCH):
        put(month, ["1"] * 48)
        put(month + timedelta(days=25), ["2"], at=MARCH)
    for start in (JANUARY, JANUARY + timedelta(days=45), JANUARY + timedelta(days=90)):
        put(start, ["9"], name="billed", **bill)
    whole = segments()
    stretches = [(JANUARY + timedelta(days=low), JANUARY + timedelta(days=low + 5)) for low in range(-8, 95, 3)]

    assert len(whole) == 6
    for number, (low, high) in enumerate(stretches):
        shown = segments(token=f"t{number}", after=low.isoformat(), before=high.isoformat())
        times = [[datetime.fromisoformat(each[f"segment_{end}"]) for end in ("start", "end")] for each in whole]
        assert shown == [each for each, (start, end) in zip(whole, times, strict=True) if start <= high and end >= low]
