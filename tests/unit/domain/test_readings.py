"""Readings keep every digit, and cutting or joining them neither loses nor repeats one."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.readings import GAP, Quality, Readings

START = datetime(2026, 3, 29, tzinfo=UTC)
STEP = timedelta(minutes=15)

numbers = st.one_of(
    st.none(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.integers(-(2**70), 2**70).map(lambda whole: Decimal(whole).scaleb(-3)),
    st.sampled_from([Decimal("1.1"), Decimal("1.10"), Decimal("-0.0"), Decimal("1E+3"), Decimal("0E-25")]),
)
qualities = st.sampled_from([None, *Quality])
sequences = st.lists(st.tuples(numbers, qualities), min_size=1, max_size=40)


def readings(pairs: list[tuple[Decimal | None, Quality | None]], start: datetime = START) -> Readings:
    return Readings.of(start, 900, [value for value, _ in pairs], qualities=[quality for _, quality in pairs])


def plain(values: list[Decimal | None]) -> list[str]:
    return ["" if value is None else format(value, "f") for value in values]


@given(sequences)
def test_every_digit_and_quality_comes_back(pairs):
    kept = readings(pairs)

    assert kept.texts() == plain([value for value, _ in pairs])
    assert plain(kept.decimals()) == kept.texts()
    assert kept.qualities() == [None if value is None else quality for value, quality in pairs]


def test_numbers_of_different_scales_both_survive():
    kept = Readings.of(START, 900, [Decimal("1.1"), Decimal("1.10")])

    assert (kept.scale, kept.texts()) == (None, ["1.1", "1.10"])


def test_numbers_of_one_scale_are_integers():
    kept = Readings.of(START, 900, [Decimal("1.10"), None, Decimal("-0.05")])

    assert (kept.scale, list(kept.values), kept.texts()) == (2, [110, 0, -5], ["1.10", "", "-0.05"])


@pytest.mark.parametrize("text", ["-0.0", "9223372036854775808", "0.1234567890123456789", "00123.4"])
def test_what_no_scaled_integer_gives_back_stays_text(text):
    kept = Readings.written(START, 900, [text])

    assert (kept.scale, kept.texts()) == (None, [text])


@pytest.mark.parametrize("text", ["1e3", "NaN", ".5", "5.", " 1", "1,5", "+1", "\u0661"])
def test_only_plain_decimal_numbers_are_readings(text):
    with pytest.raises(ValueError, match="plain decimal number"):
        Readings.written(START, 900, [text])


def test_a_value_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="is not a reading"):
        Readings.of(START, 900, [Decimal("NaN")])


def test_scaled_integers_are_taken_as_they_are():
    kept = Readings.scaled(START, 900, 3, [250, None, -1], qualities=[Quality.RAW, None, Quality.VALID])

    assert kept == Readings.of(
        START, 900, [Decimal("0.250"), None, Decimal("-0.001")], qualities=[Quality.RAW, None, Quality.VALID]
    )


@pytest.mark.parametrize(("scale", "value"), [(-1, 1), (19, 1), (3, 2**63), (3, -(2**63) - 1)])
def test_scaled_integers_outside_their_limits_are_refused(scale, value):
    with pytest.raises(ValueError, match="scale"):
        Readings.scaled(START, 900, scale, [value])


@pytest.mark.parametrize(
    "fault",
    [{"start": datetime(2026, 1, 1)}, {"start": START + timedelta(microseconds=1)}, {"interval": 0}],  # noqa: DTZ001
)
def test_readings_without_a_clear_place_in_time_are_refused(fault):
    with pytest.raises(ValueError, match=r"instant|second"):
        Readings.of(**{"start": START, "interval": 900, "values": [Decimal(1)], **fault})


@pytest.mark.parametrize("given_qualities", [[Quality.RAW], [Quality.RAW] * 3])
def test_there_are_as_many_qualities_as_readings(given_qualities):
    with pytest.raises(ValueError, match="one quality for each"):
        Readings.of(START, 900, [Decimal(1), Decimal(2)], qualities=given_qualities)


def test_the_end_is_the_end_of_the_last_reading():
    kept = Readings.of(START.astimezone(), 900, [Decimal(1)] * 92)

    assert (kept.start, kept.end) == (START, START + timedelta(hours=23))


@given(sequences, st.lists(st.integers(-3600, 40 * 900 + 3600), min_size=1, max_size=5))
def test_cutting_at_any_instants_loses_only_readings_on_a_cut(pairs, cuts):
    whole = readings(pairs)
    bounds = [None, *(START + timedelta(seconds=cut) for cut in sorted(cuts)), None]

    parts = [whole.between(a, b) for a, b in itertools.pairwise(bounds)]
    kept = {part.start + STEP * n: text for part in parts for n, text in enumerate(part.texts())}

    inside = [n for n in range(len(pairs)) if not any(900 * n < cut < 900 * n + 900 for cut in cuts)]
    assert sum(map(len, parts)) == len(inside)
    assert kept == {START + STEP * n: whole.texts()[n] for n in inside}


@given(sequences, sequences, st.integers(0, 5))
def test_joining_fills_with_gaps_and_cutting_gives_both_back(first, second, between):
    one = readings(first)
    other = readings(second, one.end + STEP * between)

    joined = one.joined(other)

    assert joined.texts() == one.texts() + [""] * between + other.texts()
    assert joined.between(None, one.end) == one
    assert joined.between(other.start, None) == other


@given(sequences, sequences, st.data())
def test_overlaying_changes_only_the_slots_of_the_new_readings(old, new, data):
    base = readings(old)
    first = data.draw(st.integers(0, max(0, len(old) - len(new))))
    fresh = readings(new[: len(old) - first], START + STEP * first)

    corrected, erased = base.overlaid(fresh), base.overlaid(fresh, gaps_erase=True)

    last = first + len(fresh)
    kept = [text or before for text, before in zip(fresh.texts(), base.texts()[first:last], strict=True)]
    assert corrected.texts() == base.texts()[:first] + kept + base.texts()[last:]
    assert erased.between(fresh.start, fresh.end) == fresh
    assert corrected.overlaid(fresh) == corrected


@given(st.lists(sequences, min_size=1, max_size=4), st.integers(0, 3))
def test_assembling_parts_is_joining_them(groups, lead):
    parts, start = [], START + STEP * lead
    for pairs in groups:
        parts.append(readings(pairs, start))
        start = parts[-1].end + STEP
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.joined(part)

    assembled = Readings.assembled(START, 900, lead + len(joined) + 2, reversed(parts))

    assert assembled.texts() == [""] * lead + joined.texts() + ["", ""]
    assert assembled.between(joined.start, joined.end) == joined
    assert Readings.assembled(joined.start, 900, len(joined), parts) == joined


@given(sequences)
def test_the_qualities_share_the_readings_out(pairs):
    whole = readings(pairs)

    shares = [whole.only(quality).texts() for quality in [None, *Quality]]

    assert all(sum(map(bool, slot)) <= 1 for slot in zip(*shares, strict=True))
    assert ["".join(slot) for slot in zip(*shares, strict=True)] == whole.texts()


@given(sequences)
def test_equal_content_is_equal_however_it_was_made(pairs):
    whole = readings(pairs)
    middle = len(pairs) // 2

    assert whole.part(0, middle).joined(whole.part(middle, len(pairs))) == whole
    assert Readings.written(START, 900, whole.texts(), qualities=whole.qualities()) == whole


@pytest.mark.parametrize(
    ("start", "interval", "reason"),
    [(START, 1800, "different intervals"), (START + timedelta(seconds=60), 900, "between the slots")],
)
def test_readings_on_other_slots_do_not_mix(start, interval, reason):
    base = Readings.of(START, 900, [Decimal(1)] * 4)
    other = Readings.of(start, interval, [Decimal(1)])

    for mix in (base.joined, base.overlaid):
        with pytest.raises(ValueError, match=reason):
            mix(other)


def test_readings_that_overlap_are_not_joined_and_corrections_stay_inside():
    base = Readings.of(START, 900, [Decimal(1)] * 4)

    with pytest.raises(ValueError, match="overlap"):
        base.joined(base)
    with pytest.raises(ValueError, match="inside"):
        base.overlaid(Readings.of(START - STEP, 900, [Decimal(1)]))


def test_a_gap_has_no_quality():
    kept = Readings.of(START, 900, [None, Decimal(1)], qualities=Quality.RAW)

    assert kept.qualities() == [None, Quality.RAW]
    assert kept.marks[0] == GAP
