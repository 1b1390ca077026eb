"""A table of usage: every interval at its local time, every text safe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.readings import Readings
from cdsc_server.web.usage_files.csv_table import _cell, _local_times
from tests.strategies import zones


@given(
    zone=zones,
    start=st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1)),  # noqa: DTZ001
    interval=st.sampled_from([60, 900, 3600, 82_800, 2_678_400]),
    count=st.integers(1, 400),
)
def test_local_times_are_those_of_the_zone(zone, start, interval, count):
    """Days of 23 and 25 hours, and zones that change by half an hour, among them."""
    first = start.replace(microsecond=0, tzinfo=UTC)
    readings = Readings.scaled(first, interval, 0, [1] * count)
    cells = _local_times(readings, slice(0, count), ZoneInfo(zone))

    instants = [first + timedelta(seconds=interval) * n for n in range(count + 1)]
    assert [bytes(cell).decode() for cell in cells] == [
        each.astimezone(ZoneInfo(zone)).isoformat() for each in instants
    ]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("plain", b"plain"),
        ('a,"b"', b'"a,""b"""'),
        ("=1+1", b"'=1+1"),
        ("@x\n", b'"\'@x\n"'),
        ("-5", b"'-5"),
        ("\t1", b"'\t1"),
        ("", b""),
    ],
)
def test_texts_are_quoted_and_never_formulas(text, cell):
    assert _cell(text) == cell
