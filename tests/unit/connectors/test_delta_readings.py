"""Rows of readings as CSV: every digit and every instant, and what is said of rows that are wrong."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.connectors.delta_files import blocks
from cdsc_server.connectors.delta_files.blocks import DeltaFile
from cdsc_server.connectors.delta_files.readings import ReadingTable
from cdsc_server.domain.delta_files import Faults
from cdsc_server.domain.reading_rows import ReadingRows, Source, sound, stretches
from cdsc_server.domain.readings import GAP, Quality
from cdsc_server.errors import InvalidFile
from tests.factories.delta_files import COLUMNS, delta, quarters

NOW = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
NUMBERS = st.decimals(min_value=-(10**9), max_value=10**9, places=6) | st.integers(-(10**17), 10**17).map(Decimal)
INSTANTS = st.datetimes(min_value=datetime(2001, 1, 3), max_value=datetime(2025, 12, 31)).map(  # noqa: DTZ001
    lambda each: each.replace(microsecond=0)
)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def read(content):
    """What a file holds: its table, its rows and its faults."""
    faults = Faults()
    file = DeltaFile(io.BytesIO(content))
    table = ReadingTable(file.columns, file.blocks(), missing=file.heading.missing, faults=faults)
    rows = ReadingRows.together([ReadingRows.nothing(), *table.batches()])
    return table, rows, faults


def stored(content):
    """The stretches of a file, and its faults."""
    table, rows, faults = read(content)
    return list(stretches(sound(rows, {}, now=NOW, faults=faults), table.sources)), faults


@given(values=st.lists(NUMBERS, min_size=1, max_size=8))
def test_every_digit_of_a_number_is_kept(values):
    found, faults = stored(delta(*quarters(*(format(each, "f") for each in values))))

    assert not faults.rows
    assert [str(each) for each in found[0].readings.decimals()] == [str(each if each else abs(each)) for each in values]


@given(times=st.lists(st.tuples(INSTANTS, OFFSETS), min_size=1, max_size=6))
def test_instants_are_read_with_their_offsets(times):
    starts = [time.replace(tzinfo=zone) for time, zone in times]
    ends = [each.astimezone(UTC) + timedelta(hours=1) for each in starts]
    rows = [
        f"M{place},electric_usage,net,Wh,{start.isoformat()},{end.isoformat().replace('+00:00', 'Z')},1"
        for place, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
    _, found, faults = read(delta(*rows))

    assert not faults.rows
    assert found.starts.tolist() == [int(each.timestamp()) for each in starts]
    assert found.ends.tolist() == [int(each.timestamp()) for each in ends]


@pytest.mark.parametrize(
    ("column", "text", "rule"),
    [
        ("value", "0,25", "comma inside a number"),
        ("value", "1e3", "plain decimal"),
        ("value", "1.", "plain decimal"),
        ("value", ".5", "plain decimal"),
        ("value", "-", "plain decimal"),
        ("value", "1.2.3", "plain decimal"),
        ("value", "1" * 19, "up to 18 digits"),
        ("value", "+1", "plain decimal"),
        ("start", "2026-02-01T00:00:00", "with its offset"),
        ("start", "2026-02-29T00:00:00Z", "with its offset"),
        ("start", "2026-02-01T24:00:00Z", "with its offset"),
        ("start", "2026-02-01 00:00:00Z", "with its offset"),
        ("start", "2026-02-01T00:00:00+0100", "with its offset"),
        ("end", "2026-02-01T00:00:00Z", "is not after the start"),
        ("end", "2026-01-31T23:45:00Z", "is not after the start"),
        ("start", "1970-01-01T00:00:00Z", "clock of the source was reset"),
        ("start", "2024-02-01T00:00:00Z", "more than 400 days"),
        ("end", "2026-03-01T02:00:00Z", "lies in the future"),
        ("type", "power", "must be one of"),
        ("units", "kW", "must be one of MWh, Wh, kWh"),
        ("direction", "", "must be one of forward"),
        ("external_meter_id", "", "is empty"),
        ("external_meter_id", "M" * 65, "longer than 64 bytes"),
    ],
)
def test_a_wrong_cell_is_told_with_its_line_and_its_rule(column, text, rule):
    good = quarters("1", "2")
    cells = good[0].split(",")
    cells[COLUMNS.index(column)] = text
    _, faults = stored(delta(*quarters("1", meter="M-other"), ",".join(cells), good[1]))

    assert faults.rows == 1
    assert faults.told[0].line == 4
    assert rule in str(faults.told[0])
    assert faults.told[0].field in {column, "", "end" if "400" in rule else column}


def test_what_stands_for_a_missing_value_is_a_gap_and_never_a_number():
    content = delta(*quarters("1", "", "NaN", "-9999", "null", "65535"), options=("missing=-9999", "missing=65535"))
    (stretch,), faults = stored(content)

    assert not faults.rows
    assert [str(each) for each in stretch.readings.decimals()] == ["1", *["None"] * 5]


def test_what_flows_back_is_negative_whatever_the_meter_counts():
    rows = [row.replace("forward", "reverse") for row in quarters("0.25", "-0.50")]
    (stretch,), _ = stored(delta(*rows))

    assert stretch.readings.texts() == ["-0.25", "-0.50"]


def test_a_short_silence_is_gaps_and_a_long_one_another_stretch():
    first, _, _, fourth, *_ = quarters(*"1234")
    found, faults = stored(delta(first, fourth, *quarters("5", start=datetime(2026, 2, 5, tzinfo=UTC))))

    assert not faults.rows
    assert [each.readings.texts() for each in found] == [["1", "", "", "4"], ["5"]]


def test_a_clock_that_goes_back_is_told_with_the_line_it_goes_back_behind():
    rows = quarters("1", "2", "3")
    _, faults = stored(delta(rows[0], *quarters("9", meter="M-other"), rows[2], rows[1]))

    assert faults.rows == 1
    assert str(faults.told[0]).startswith("line 6: start is before the end of line 5")


def test_a_local_day_of_the_change_of_clocks_is_read_by_its_offsets():
    """Half past two comes twice; its offset says which is which."""
    rows = [
        "M,electric_usage,forward,kWh,2025-10-26T02:30:00+02:00,2025-10-26T02:00:00+01:00,1",
        "M,electric_usage,forward,kWh,2025-10-26T02:00:00+01:00,2025-10-26T02:30:00+01:00,2",
    ]
    (stretch,), faults = stored(delta(*rows))

    assert not faults.rows
    assert stretch.readings.texts() == ["1", "2"]
    assert stretch.readings.start == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)


def test_qualities_deletes_and_quoted_cells():
    columns = (*COLUMNS, "quality", "op")
    one, two, three = quarters("1.0", "2.0", "")
    content = delta(f'"{one.split(",")[0]}",{one.partition(",")[2]},revenue,', f"{two},estimated,upsert",
                    f"{three},,delete", columns=columns)  # fmt: skip
    kept, gone = stored(content)[0]

    assert kept.readings.qualities() == [Quality.REVENUE, Quality.ESTIMATED]
    assert (gone.deletes, gone.readings.marks) == (True, bytes([GAP]))


def test_a_wrong_quality_and_a_wrong_op_are_told():
    columns = (*COLUMNS, "quality", "op")
    one, two = quarters("1", "2")
    _, faults = stored(delta(f"{one},perfect,", f"{two},,insert", columns=columns))

    assert [(each.line, each.field) for each in faults.told] == [(4, "op"), (3, "quality")]


def test_blocks_join_as_if_the_file_were_one(monkeypatch):
    """Whatever the size of what is read at a time."""
    content = delta(*quarters(*map(str, range(200)), meter="M1"), *quarters("7", "8", meter="M2"))
    monkeypatch.setattr(blocks, "_BLOCK", 300)
    monkeypatch.setattr(blocks, "LONGEST_LINE", 250)
    table, rows, faults = read(content)

    assert not faults.rows
    assert (table.rows, len(rows)) == (202, 202)
    assert rows.lines.tolist() == list(range(3, 205))
    assert rows.values.tolist() == [*range(200), 7, 8]
    assert table.sources == [Source(each, "electric_usage", "forward", "kWh") for each in ("M1", "M2")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (delta(*quarters("1"))[:-20], "cut short"),
        (delta(*quarters("1")).replace(b"end,1", b"end,2"), "must count the rows: there are 1"),
        (b"meter,value\n", "must have a heading"),
        (b"meter,value\n1,2\n", "must begin with cdsc-delta"),
        (b"meter;value\n1;2\n3;4\n", "not semicolons"),
        (delta(*quarters("1")).decode().encode("utf-16"), "UTF-16"),
        (delta(*quarters("1")).replace(b"delta,1,", b"delta,2,", 1), "version 2 is unknown"),
        (delta(*quarters("1"), feed="North!"), "the feed must be"),
        (delta(*quarters("1"), number=0), "a whole number from 1"),
        (delta(*quarters("1"), options=("gap=1",)), "'gap=1' is unknown"),
        (delta(*quarters("1")).replace(b"units", b"unit", 1), "column 'unit' is unknown"),
        (delta(*quarters("1")).replace(b",units", b"", 1), "column 'units' is missing"),
    ],
)
def test_what_is_no_delta_file_is_told_as_a_whole(content, says):
    with pytest.raises(InvalidFile, match=says):
        read(content)
