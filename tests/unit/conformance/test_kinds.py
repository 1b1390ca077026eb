import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_conformance.conditions.coverage import geojson_fault
from cdsc_conformance.conditions.detail_fields import length
from cdsc_conformance.kinds import KINDS, is_datetime, is_duration, is_url, read_datetime


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("datetime", "2026-01-01T00:00:00.123Z", "2026-01-01T00:00:00"),
        ("datetime", "2016-12-31T23:59:60Z", "2026-13-01T00:00:00Z"),
        ("date", "2024-02-29", "2026-02-29"),
        ("date", "2026-01-01", "2026-01-01T00:00:00Z"),
        ("countries", ["US", "DE"], ["USA"]),
        ("integers", [0, 1], [0, -1]),
        ("arrays", [[]], [{}]),
        ("decimal_or_string", "12", None),
        ("url", "https://utility.example/a?b=c#d", "/relative"),
        ("url", "mailto:nobody@utility.example", "https://utility.example/a b"),
        ("integer", 0, -1),
        ("integer", 7, 7.0),
        ("integer", 7, True),
        ("country", "US", "USA"),
        ("currency", "EUR", "eur"),
        ("timezone", "America/New_York", "EST5"),
        ("media_type", "image/svg+xml", "png"),
        ("base64", "aGk=", "not Base64!"),
        ("strings", [], ["a", 1]),
        ("boolean", False, 0),
    ],
)
def test_each_kind_takes_its_own_and_refuses_others(kind, right, wrong):
    holds, _ = KINDS[kind]

    assert holds(right)
    assert not holds(wrong)


@given(st.datetimes(timezones=st.timezones()))
def test_every_instant_that_python_writes_is_a_datetime(instant):
    """Offsets with seconds, as some zones had long ago, are no RFC 3339."""
    text = instant.isoformat()
    if instant.utcoffset().total_seconds() % 60 == 0:
        assert is_datetime(text)
        # Where a zone repeats an hour, Python finds no two instants of it alike.
        assert read_datetime(text).timestamp() == instant.timestamp()


@given(st.one_of(st.none(), st.text(), st.integers(), st.lists(st.text()), st.dictionaries(st.text(), st.text())))
def test_no_value_breaks_a_kind(value):
    """A server may send anything; the kit must say so and go on."""
    assert all(bool(holds(value)) in (True, False) for holds, _ in KINDS.values())
    assert is_duration(value) in (True, False)
    assert is_url(value) in (True, False)


@pytest.mark.parametrize(("text", "days"), [("P1D", 1), ("P2W", 14), ("PT12H", 0.5), ("P1Y", 365.25), ("P1DT12H", 1.5)])
def test_durations_are_compared_by_their_nominal_length(text, days):
    assert length(text) == pytest.approx(days)


@pytest.mark.parametrize("text", ["P", "PT", "3Y", "P1.5D", "P-1D"])
def test_these_are_no_durations(text):
    assert not is_duration(text)


def test_a_relative_date_counts_no_hours():
    assert is_duration("P1DT2H")
    assert not is_duration("P1DT2H", time=False)


@pytest.mark.parametrize(
    "document",
    [
        {"type": "Map"},
        {"type": "Polygon", "coordinates": [[[500000.0, 4649776.0], [0, 0]]]},
        {"type": "Point", "coordinates": [0, 0], "crs": {}},
    ],
    ids=["unknown type", "metres", "own system"],
)
def test_other_coordinates_are_no_geojson(document):
    assert geojson_fault(document)


def test_longitude_and_latitude_are_geojson():
    assert not geojson_fault({"type": "Polygon", "coordinates": [[[-73.9, 40.7], [-73.8, 40.7], [-73.9, 40.8]]]})
