"""Blocks give back what was packed, whatever it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.readings import Quality, Readings
from cdsc_server.storage.usage_packing import pack, pack_all, same, unpack, unpack_all

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = int(START.timestamp())

qualities = st.sampled_from([None, *Quality])
texts = st.one_of(st.just(""), st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,4})?", fullmatch=True))


def through(readings: Readings) -> Readings:
    return unpack(pack(readings), SECOND, readings.interval, len(readings))


@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), qualities), max_size=60))
def test_integers_of_any_size_come_back(pairs):
    readings = Readings.scaled(START, 900, 3, [v for v, _ in pairs], qualities=[q for _, q in pairs])

    assert through(readings) == readings


@given(st.lists(st.tuples(texts, qualities), max_size=40))
def test_texts_come_back(pairs):
    readings = Readings.written(START, 900, [text for text, _ in pairs], qualities=[q for _, q in pairs])

    assert through(readings) == readings


@pytest.mark.parametrize(("value", "width"), [(2**15 - 1, 2), (-(2**15), 2), (2**15, 4), (-(2**31), 4), (2**31, 8)])
def test_the_narrowest_integers_that_hold_the_values_are_used(value, width):
    readings = Readings.scaled(START, 900, 0, [value])

    assert len(pack(readings)) == 4 + width
    assert through(readings) == readings


@given(
    st.lists(
        st.lists(st.tuples(st.one_of(st.none(), st.integers(-40_000, 40_000)), qualities), min_size=1, max_size=6)
    ),
    st.integers(-8, 8),
    st.integers(0, 60),
    st.lists(st.sampled_from([2, 3]), min_size=1, max_size=2),
)
def test_many_blocks_come_back_together_as_they_would_one_by_one(groups, first, count, scales):
    blocks, parts, at = [], [], START
    for number, pairs in enumerate(groups):
        values, marks = [value for value, _ in pairs], [quality for _, quality in pairs]
        part = Readings.scaled(at, 900, scales[number % len(scales)], values, qualities=marks)
        blocks.append((int(at.timestamp()), 900 * len(part), pack(part)))
        parts.append(part)
        at = part.end + timedelta(minutes=15 * (number % 2))
    start = START + timedelta(minutes=15 * first)

    assert pack_all(parts) == [payload for _, _, payload in blocks]
    together = unpack_all(blocks, int(start.timestamp()), 900, count)

    assert together == Readings.assembled(start, 900, count, parts)


def test_a_quiet_month_takes_a_small_part_of_a_byte_each():
    month = Readings.scaled(START, 900, 3, [250, 251] * 1488, qualities=Quality.VALID)

    assert len(pack(month)) < len(month) / 20


def test_a_version_of_the_future_is_not_guessed_at():
    payload = pack(Readings.scaled(START, 900, 0, [1]))

    with pytest.raises(ValueError, match="version 9"):
        unpack(b"\x09" + payload[1:], SECOND, 900, 1)


def test_threads_pack_side_by_side():
    months = [Readings.scaled(START, 900, 3, range(seed, 3000 + seed)) for seed in range(200)]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(through, months)) == months


def test_readings_are_the_same_however_they_were_compressed():
    """Another release of the compressor writes other bytes, and that is no correction."""
    month = Readings.scaled(START, 900, 3, [n % 7 for n in range(2976)], qualities=Quality.VALID)
    here = pack(month)
    there = here[:4] + zstandard.ZstdCompressor(level=19, write_checksum=True).compress(
        zstandard.ZstdDecompressor().decompress(here[4:])
    )

    assert there != here
    assert same(here, there)
    for other in (
        Readings.scaled(START, 900, 3, [n % 7 for n in range(1, 2977)], qualities=Quality.VALID),
        Readings.scaled(START, 900, 2, [n % 7 for n in range(2976)], qualities=Quality.VALID),
        Readings.scaled(START, 900, 3, [n % 7 for n in range(2976)], qualities=Quality.RAW),
    ):
        assert not same(here, pack(other))
