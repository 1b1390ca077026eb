"""Usage Segments: trimmed to the Grant, with every digit, in order, filtered, streamed."""

from __future__ import annotations

import gzip
import http.client
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from cdsc_server import exact_json
from cdsc_server.domain.readings import Quality
from cdsc_server.schemas.usage_segments import UsageSegmentSchema
from cdsc_server.storage.db import transaction
from cdsc_server.storage.usage_blocks import put_readings
from tests.factories import customer_data
from tests.support import requirement

SEGMENTS = "/cds/usage_segments"
JANUARY, FEBRUARY = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
AFTER = datetime(2026, 3, 1, 12, tzinfo=UTC)
COST = {"type": "cost", "currency": "USD", "indexes": [0]}
SHOWN = {
    "include_accounts": True,
    "include_account_numbers": True,
    "include_service_contracts": True,
    "include_contract_numbers": True,
    "include_service_points": True,
    "include_meter_devices": True,
    "include_meter_numbers": True,
}


@pytest.fixture
def stored(app, home):
    """Stores an hourly series of meter m-house, or whatever `fields` say, from an instant on."""

    def store(start, texts, *, name="used", qualities=None, **fields):
        plain = {} if fields.keys() & {"contract_id", "meter_device_id"} else {"meter_device_id": "m-house"}
        with app.app_context(), transaction() as session:
            row = customer_data.series(session, name, **{**plain, **fields})
            customer_data.readings(session, row, start, texts, qualities=qualities)

    return store


@pytest.fixture
def winter(stored):
    """January and February, an hour's value being its number in thousandths."""
    stored(JANUARY, [f"{n / 1000:.3f}" for n in range(59 * 24)])


def segments(get, token="token", **query):
    return get(SEGMENTS, token, **query)["usage_segments"]


def written(segment):
    return [[None if one is None else str(next(iter(one.values()))) for one in row] for row in segment["values"]]


@requirement("WG3-01-10.8.8-02", "WG3-01-10.8.8-03", "WG3-01-10.8.1-11", "WG3-01-10.8.1-12", "WG3-01-10.8.1-13")
def test_a_segment_is_a_month_of_a_meter(winter, agreed, get):
    agreed.to(agreed.entry("usage_data", "house", **SHOWN))
    listing = get(SEGMENTS)
    first, second = listing["usage_segments"]

    assert set(listing) == {"usage_segments", "next", "previous"}
    assert set(first) == set(UsageSegmentSchema().fields)
    assert (first["segment_start"], first["segment_end"]) == ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    assert (first["interval"], len(first["values"]), len(second["values"])) == (3600, 744, 672)


@requirement("WG3-01-10.8.1-21", "WG3-01-10.8.1-22", "WG3-01-10.8.1-23", "WG3-01-10.8.1-24", "WG3-01-10.8.1-25")
@requirement("WG3-01-7.2.8-06", "WG3-01-7.2.1-05", "WG3-01-7.2.2-05", "WG3-01-7.2.3-05", "WG3-01-7.2.4-04")
def test_related_ids_are_those_the_token_may_see(winter, agreed, get):
    related = ("related_accounts", "related_servicecontracts", "related_servicepoints", "related_meterdevices")
    agreed.to(agreed.entry("usage_data", "house", **SHOWN), token="all")
    agreed.to(agreed.entry("usage_data", "house"), token="none")
    shown, hidden = segments(get, "all")[0], segments(get, "none")[0]

    assert [shown[name] for name in related] == [["family", "home"][1:], ["house"], ["house-sp"], ["m-house"]]
    assert [hidden[name] for name in related] == [[], [], [], []]
    assert shown["formats"][0]["related_meterdevices"] == ["m-house"]
    assert "related_meterdevices" not in hidden["formats"][0]


@requirement("WG3-01-2-01", "WG3-01-10.8.3-04", "WG3-01-10.8.3-02")
def test_numbers_keep_their_digits_and_gaps_stay(stored, agreed, get):
    """1.50 stays 1.50 beside 1.5, and so does what no binary fraction can hold."""
    texts = ["1.50", "1.5", "", "0.10", "-2.000", "12345678901234567890.123", "0"]
    stored(JANUARY, texts)
    agreed.to(agreed.entry("usage_data", "house"))
    (segment,) = segments(get)

    assert written(segment) == [[text or None] for text in texts]


@requirement("WG3-01-7.3.6-04", "WG3-01-7.3.6-07", "WG3-01-7.3.6-08", "WG3-01-7.3.6-09")
@requirement("WG3-01-7.3.7-04", "WG3-01-7.3.7-07", "WG3-01-7.3.7-08")
def test_a_bound_inside_a_segment_makes_a_new_one_in_its_place(winter, agreed, get):
    """Only Value Sets wholly inside remain: bounds at half past leave the broken hours out."""
    agreed.to(agreed.entry("usage_data", "house"), token="whole")
    window = {"segment_start": "2026-01-10T05:30:00Z", "segment_end": "2026-01-12T07:30:00Z"}
    agreed.to(agreed.entry("usage_data", "house", **window))
    whole = segments(get, "whole")
    (cut,) = segments(get)
    first = 9 * 24 + 6

    assert (cut["segment_start"], cut["segment_end"]) == ("2026-01-10T06:00:00Z", "2026-01-12T07:00:00Z")
    assert cut["values"] == whole[0]["values"][first : first + 49]
    assert cut["formats"] == whole[0]["formats"]
    assert cut["cds_usagesegment_id"] not in {each["cds_usagesegment_id"] for each in whole}


@requirement("WG3-01-7.3.6-08", "WG3-01-7.3.7-08")
def test_a_trimmed_segment_keeps_its_id_and_hides_the_original(winter, agreed, get, stored):
    agreed.to(agreed.entry("usage_data", "house"), token="whole")
    agreed.to(agreed.entry("usage_data", "house", segment_start="2026-01-10T00:00:00Z"))
    hidden = segments(get, "whole")[0]["cds_usagesegment_id"]
    before = [each["cds_usagesegment_id"] for each in segments(get)]
    stored(FEBRUARY + timedelta(days=28), ["9.999"] * 5)

    assert [each["cds_usagesegment_id"] for each in segments(get)][:2] == before
    assert segments(get, cds_usagesegment_ids=hidden) == []


@requirement("WG3-01-7.3.7-05")
def test_a_window_that_has_not_begun_is_empty(winter, agreed, get):
    agreed.to(agreed.entry("usage_data", "house", segment_start="2026-03-01T00:00:00Z"))

    assert get(SEGMENTS) == {"usage_segments": [], "next": None, "previous": None}


@requirement("WG3-01-7.3.1-05")
def test_after_sync_until_the_readings_known_then_are_shown(app, winter, agreed, get):
    """A later correction and later readings stay out of a Grant that froze."""
    agreed.to(agreed.entry("usage_data", "house", sync_until="2026-02-28T00:00:00Z"), token="frozen")
    agreed.to(agreed.entry("usage_data", "house"))
    with app.app_context(), transaction() as session:
        row = customer_data.series(session, "used", meter_device_id="m-house")
        corrected = customer_data.Readings.written(JANUARY, 3600, ["7.777"])
        put_readings(session, row, corrected, at=AFTER)
        put_readings(session, row, customer_data.Readings.written(FEBRUARY + 28 * 24 * HOUR, 3600, ["8"]), at=AFTER)

    assert written(segments(get, "frozen")[0])[0] == ["0.000"]
    assert written(segments(get)[0])[0] == ["7.777"]
    assert [len(each["values"]) for each in segments(get, "frozen")] == [744, 27 * 24]
    assert len(segments(get)) == 3


@requirement("WG3-01-6.1.9-21", "WG3-01-6.1.9-22", "WG3-01-6.1.9-23", "WG3-01-6.1.9-24")
@requirement("WG3-01-7.2.8-05", "WG3-01-7.2.8-07", "WG3-01-7.2.8-08")
@pytest.mark.parametrize(
    "ticked",
    [
        ("account_selection", "home", "family"),
        ("service_contract_selection", "house", "shop"),
        ("servicepoint_selection", "house-sp", "shop-sp"),
        ("meter_device_selection", "m-house", "m-shop"),
    ],
)
def test_usage_follows_whatever_was_ticked(winter, stored, agreed, get, ticked):
    """Two months of the house, one of the shop, both where both are ticked, and nothing of a meter without readings."""
    stored(JANUARY, ["1"], name="other", meter_device_id="m-shop", account_id="family")
    kind, *both = ticked
    for token, chosen in (("house", both[:1]), ("shop", both[1:]), ("both", both)):
        agreed.to(agreed.entry("usage_data", *chosen, kind=kind), token=token)
    agreed.to(agreed.entry("usage_data", "m-old", kind="meter_device_selection"), token="old")

    assert [len(segments(get, token)) for token in ("house", "shop", "both", "old")] == [2, 1, 3, 0]


def test_nobody_reads_the_usage_of_somebody_else(stored, agreed, get):
    stored(JANUARY, ["1"] * 24, customer_id="bob", meter_device_id="bobs-meter")
    agreed.to(agreed.entry("usage_data", "bobs-contract"))

    assert segments(get) == []


def test_a_contract_that_follows_another_begins_where_it_ends(app, stored, agreed, get):
    """Whoever took over the house on the 20th shares the meter from that day on."""
    change = JANUARY + timedelta(days=19)
    with app.app_context(), transaction() as session:
        session.add(customer_data.contract("next", "home"))
        session.add(customer_data.served("shop-sp", "next", start=change))
    stored(JANUARY, ["0.5"] * 744, meter_device_id="m-shop")
    agreed.to(agreed.entry("usage_data", "next", include_service_contracts=True))
    (segment,) = segments(get)

    assert segment["segment_start"] == "2026-01-20T00:00:00Z"
    assert segment["related_servicecontracts"] == ["next"]


@requirement("WG3-01-7.2.8.1-07", "WG3-01-10.8.2-02", "WG3-01-10.8.4-01")
def test_only_chosen_kinds_of_values_are_told(winter, stored, agreed, get):
    stored(JANUARY, ["0.10"] * 744, name="cost", segment_key="used", position=1, value_format=COST)
    agreed.to(agreed.entry("usage_data", "house", include_usage_segment_value_types=["cost"]), token="cost")
    agreed.to(agreed.entry("usage_data", "house"))
    both, cost = segments(get)[0], segments(get, "cost")[0]

    assert [(each["type"], each.get("indexes")) for each in both["formats"]] == [
        ("electric_usage", None),
        ("cost", [0]),
    ]
    assert [(each["type"], each["indexes"]) for each in cost["formats"]] == [("cost", [])]
    assert (both["values"][1].__repr__(), cost["values"][1][0]["c"]) == (
        "[{'eu': Decimal('0.001')}, {'c': Decimal('0.10')}]",
        both["values"][1][1]["c"],
    )


@requirement("WG3-01-7.2.8.1-05", "WG3-01-7.2.8.1-06")
def test_without_kinds_of_values_segments_are_bare(winter, agreed, get):
    agreed.to(agreed.entry("usage_data", "house", include_usage_segment_value_types=None))
    found = segments(get)

    assert [(each["formats"], each["values"]) for each in found] == [([], []), ([], [])]
    assert found[0]["segment_start"] == "2026-01-01T00:00:00Z"


def test_two_entries_over_one_series_are_united(winter, agreed, get):
    """January by one, from the 20th by the other: each Value Set once."""
    agreed.to(
        agreed.entry("usage_data", "house", segment_end="2026-02-01T00:00:00Z"),
        agreed.entry("usage_data", "house", segment_start="2026-01-20T00:00:00Z"),
    )

    assert [len(each["values"]) for each in segments(get)] == [744, 672]


@requirement("WG3-01-10.8.2-01", "WG3-01-10.8.2-03")
def test_each_quality_is_a_column_of_its_own(stored, agreed, get):
    """With an id that no format of another Customer has."""
    measured = {"qualities": [Quality.REVENUE, Quality.ESTIMATED]}
    stored(JANUARY, ["1.0", "2.0"], **measured)
    stored(JANUARY, ["3.0", "4.0"], **measured, customer_id="bob", meter_device_id="bobs-meter")
    agreed.to(agreed.entry("usage_data", "house"))
    agreed.to(agreed.entry("usage_data", "bobs-contract"), token="bobs", customer_id="bob")
    (segment,), (other,) = segments(get), segments(get, "bobs")
    qualities = [each["quality"] for each in segment["formats"]]
    ids = {each["id"] for each in (*segment["formats"], *other["formats"])}

    assert sorted(qualities) == ["estimated", "revenue"]
    assert len(ids) == 4
    assert all(isinstance(each, str) for each in ids)
    assert written(segment)[0] == (["1.0", None] if qualities[0] == "revenue" else [None, "1.0"])


@pytest.mark.parametrize(("day", "quarters"), [((2026, 3, 29), 92), ((2025, 10, 26), 100)])
def test_days_of_a_clock_change_have_an_hour_less_or_more(stored, agreed, get, day, quarters):
    """A window of the local day, in a month of the local calendar."""
    zone = ZoneInfo("Europe/Brussels")
    start, end = datetime(*day, tzinfo=zone), datetime(*day, tzinfo=zone) + timedelta(days=1)
    first = datetime(day[0], day[1], 1, tzinfo=zone).astimezone(UTC)
    stored(first, ["0.25"] * 4 * 24 * 31, interval_seconds=900, timezone="Europe/Brussels")
    bounds = {"segment_start": start.astimezone(UTC).isoformat(), "segment_end": end.astimezone(UTC).isoformat()}
    agreed.to(agreed.entry("usage_data", "house", **bounds))
    (segment,) = segments(get)

    assert (len(segment["values"]), segment["interval"]) == (quarters, 900)


@requirement("WG3-01-10.8.1-19", "WG3-01-10.8.1-20")
def test_periods_of_their_own_length_are_segments_of_one_value(stored, app, agreed, get):
    with app.app_context(), transaction() as session:
        row = customer_data.series(session, "bills", interval_seconds=0, meter_device_id="m-house")
        for start, days in ((JANUARY, 31), (FEBRUARY, 28)):
            bill = customer_data.Readings.written(start, days * 86400, [f"{days}.00"])
            put_readings(session, row, bill, at=customer_data.THEN)
    agreed.to(agreed.entry("usage_data", "house", segment_start="2026-01-02T00:00:00Z"))
    (segment,) = segments(get)

    assert (segment["interval"], written(segment)) == (28 * 86400, [["28.00"]])


@requirement("WG3-01-10.8.8-10", "WG3-01-10.8.8-11", "WG3-01-10.8.8-12", "WG3-01-10.8.8-09")
def test_bounds_of_a_filter_are_inclusive(winter, agreed, get):
    agreed.to(agreed.entry("usage_data", "house"))
    january, february = [each["cds_usagesegment_id"] for each in segments(get)]

    def found(**query):
        return [each["cds_usagesegment_id"] for each in segments(get, **query)]

    assert found(before="2026-01-31T23:59:59Z") == [january]
    assert found(before="2026-02-01T00:00:00Z") == [january, february]
    assert found(after="2026-02-01T00:00:00Z") == [january, february]
    assert found(after="2026-02-01T00:00:01Z") == [february]
    assert found(after="2026-02-01T01:00:01+01:00") == [february]
    assert found(before="2026-01-31T23:59:59Z", after="2026-02-01T00:00:01Z") == []
    assert found(cds_usagesegment_ids=f"{february} other") == [february]


@requirement("WG3-01-10.8.8-13", "WG3-01-10.8.8-14", "WG3-01-10.8.8-15", "WG3-01-10.8.8-16", "WG3-01-10.8.8-17")
@requirement("WG3-01-10.8.8-18", "WG3-01-10.8.8-19", "WG3-01-10.8.8-20", "WG3-01-10.8.8-21")
def test_related_objects_filter_as_far_as_they_are_shown(winter, app, agreed, get):
    """With everything open one of several objects is enough; with nothing open a right guess finds nothing."""
    make = customer_data
    with app.app_context(), transaction() as session:
        session.add_all([make.service_point("barn"), make.contract("annex", "family")])
        session.add_all([make.installed("m-house", "barn"), make.served("barn", "house")])
        session.add(make.served("house-sp", "annex"))
    right = {
        "cds_account_ids": "home",
        "account_numbers": "A-home",
        "cds_servicecontract_ids": "house",
        "contract_numbers": "C-house",
        "cds_servicepoint_ids": "house-sp",
        "servicepoint_numbers": "SP-house-sp",
        "cds_meterdevice_ids": "m-house",
        "meter_numbers": "M-m-house",
    }
    beside = {
        "cds_account_ids": "family",
        "account_numbers": "A-family",
        "cds_servicecontract_ids": "annex",
        "contract_numbers": "C-annex",
        "cds_servicepoint_ids": "barn",
        "servicepoint_numbers": "SP-barn",
    }
    agreed.to(agreed.entry("usage_data", "house", "annex", **SHOWN), token="all")
    agreed.to(agreed.entry("usage_data", "house", "annex"), token="none")

    for name, value in right.items():
        others = " ".join(each for each in right.values() if each != value)
        assert len(segments(get, "all", **{name: f"x {value}"})) == 2, name
        assert segments(get, "all", **{name: others}) == []
        assert segments(get, "none", **{name: value}) == []
    assert [len(segments(get, "all", **{name: value})) for name, value in beside.items()] == [2] * len(beside)
    assert segments(get, "all", cds_billsection_ids="any") == []


@requirement("WG3-01-10.8.8-23", "WG3-01-10.8.8-24", "WG3-01-10.8.8-25")
def test_segments_stand_by_account_then_contract_then_start(stored, app, agreed, get):
    """The numbers, not the ids; what has no visible number stands first."""
    with app.app_context(), transaction() as session:
        session.merge(customer_data.contract("house", "home", contract_number="2"))
        session.merge(customer_data.contract("shop", "home", contract_number="10"))
    stored(JANUARY, ["1"] * 59 * 24, name="a", contract_id="house")
    stored(JANUARY, ["1"] * 59 * 24, name="b", contract_id="shop")
    stored(FEBRUARY, ["1"] * 24, name="c", account_id="home", contract_id="gone")
    agreed.to(
        agreed.entry("usage_data", "house", "shop", **SHOWN),
        agreed.entry("usage_data", "home", kind="account_selection", **SHOWN),
    )
    order = [(each["related_servicecontracts"], each["segment_start"][:7]) for each in segments(get)]

    assert order == [
        ([], "2026-02"),
        (["shop"], "2026-01"),
        (["shop"], "2026-02"),
        (["house"], "2026-01"),
        (["house"], "2026-02"),
    ]


@requirement("WG3-01-10.8.8-05", "WG3-01-10.8.8-06", "WG3-01-10.8.8-07", "WG3-01-10.8.8-08")
def test_a_long_listing_comes_in_pages_of_a_hundred(stored, agreed, get, settings):
    for number in range(9):
        stored(datetime(2025, 1, 1, tzinfo=UTC), ["1.0"] * 424, name=f"series {number}", interval_seconds=86400)
    agreed.to(agreed.entry("usage_data", "house", segment_start="P5Y"))
    query = {"before": "2026-02-01T00:00:00Z"}
    pages = [get(SEGMENTS, **query)]
    while pages[-1]["next"]:
        assert pages[-1]["next"].startswith(f"{settings.base_url}{SEGMENTS}?before=")
        pages.append(get(SEGMENTS, **parse_qs(urlsplit(pages[-1]["next"]).query)))
    back = [pages[-1]]
    while back[-1]["previous"]:
        back.append(get(SEGMENTS, **parse_qs(urlsplit(back[-1]["previous"]).query)))

    assert [len(page["usage_segments"]) for page in pages] == [100, 26]
    assert len({each["cds_usagesegment_id"] for page in pages for each in page["usage_segments"]}) == 126
    assert [page["usage_segments"] for page in reversed(back)] == [page["usage_segments"] for page in pages]
    assert (pages[0]["previous"], back[-1]["previous"]) == (None, None)


def test_the_number_of_statements_does_not_grow_with_the_data(stored, agreed, get, statements):
    stored(JANUARY, ["0.1"] * 24)
    agreed.to(agreed.entry("usage_data", "house", segment_start="P5Y", **SHOWN))
    few = statements(lambda: segments(get))
    stored(datetime(2025, 1, 1, tzinfo=UTC), ["0.1"] * 24 * 365)
    many = statements(lambda: segments(get))

    assert len(segments(get)) == 13
    # One of them notes what was read.
    assert len(many) == len(few) <= 7, many


def test_gzip_is_given_to_whom_asks_for_it(winter, agreed, client, get):
    agreed.to(agreed.entry("usage_data", "house"))
    headers = {"Authorization": "Bearer token", "Accept-Encoding": "gzip"}
    answer = client.get(SEGMENTS, headers=headers)
    refused = client.get(SEGMENTS, headers={**headers, "Accept-Encoding": "gzip;q=0, br"})

    assert (answer.headers["Content-Encoding"], set(answer.vary)) == ("gzip", {"Accept", "Accept-Encoding"})
    assert exact_json.loads(gzip.decompress(answer.data)) == get(SEGMENTS)
    assert len(answer.data) < len(refused.data) / 4
    assert "Content-Encoding" not in refused.headers


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_long_answer_is_sent_while_it_is_read(live_server, stored, agreed, clock):
    """Over a real socket: in chunks, whole, and noted afterwards."""
    for month in range(12):
        stored(datetime(2025, month + 1, 1, tzinfo=UTC), ["0.123"] * 4 * 24 * 28, interval_seconds=900)
    agreed.to(agreed.entry("usage_data", "house", segment_start="P5Y"))
    connection = http.client.HTTPConnection(urlsplit(live_server.url).netloc, timeout=20)
    connection.request("GET", SEGMENTS, headers={"Authorization": "Bearer token"})
    answer = connection.getresponse()
    found = exact_json.loads(answer.read())
    connection.close()

    assert answer.status == 200
    assert answer.headers["Content-Length"] is None
    assert sum(len(each["values"]) for each in found["usage_segments"]) == 12 * 28 * 96
