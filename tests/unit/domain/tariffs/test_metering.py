"""What several meters counted together: nothing twice, and nothing made up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.tariffs.metering import is_priceable, united
from cdsc_server.domain.tariffs.runs import Metered

QUARTER, FIVE = 900, 300


def _metered(start, interval, *values):
    """A None is a gap."""
    gaps = bytes(value is None for value in values)
    return Metered(start, interval, 0, [value or 0 for value in values], gaps)


def _told(found):
    return [None if gap else value for value, gap in zip(found.values, found.gaps, strict=True)]


def test_two_meters_with_readings_alike_are_added():
    found = united([_metered(0, FIVE, 1, 2, 3), _metered(0, FIVE, 10, None, 30)], 0, 1200)

    assert (found.start, found.interval, _told(found)) == (0, FIVE, [11, None, 33, None])


def test_where_readings_are_of_several_lengths_the_shortest_count():
    found = united([_metered(0, QUARTER, 7, 8), _metered(0, FIVE, 1, 2, 3, 4, None, 6)], 0, 1800)

    assert _told(found) == [1, 2, 3, 4, None, 6]


def test_a_meter_without_any_reading_decides_nothing():
    """Such as one that counts for another contract from a second on that lies inside its only value."""
    found = united([_metered(0, FIVE), _metered(0, QUARTER, 7)], 0, QUARTER)

    assert (found.interval, _told(found)) == (QUARTER, [7])
    assert united([_metered(0, FIVE)], 0, QUARTER) is None


def test_before_a_meter_that_reads_more_often_the_one_before_it_counts():
    """Its energy stands in the first of the short slots, so that none is lost and none counts twice."""
    found = united([_metered(0, QUARTER, 7, None, 9), _metered(1800, FIVE, 1, 2, 3)], 0, 2700)

    assert _told(found) == [7, 0, 0, None, None, None, 1, 2, 3]


def test_a_long_reading_that_short_ones_tell_a_part_of_counts_for_nothing():
    found = united([_metered(0, QUARTER, 7), _metered(600, FIVE, 3)], 0, 900)

    assert _told(found) == [None, None, 3]


@given(
    values=st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=12),
    split=st.integers(0, 12),
    start=st.integers(-3, 3),
)
def test_the_same_energy_told_in_two_lengths_counts_once(values, split, start):
    """Whatever part of the time is told in quarters before, and in slots of five minutes from then on."""
    split, begin = min(split, len(values)), start * QUARTER
    fives = [each for value in values for each in ((None,) * 3 if value is None else (value, 0, 0))]
    quarters = _metered(begin, QUARTER, *values[:split])
    later = _metered(begin + split * QUARTER, FIVE, *fives[split * 3 :])

    found = united([quarters, later], begin, begin + len(values) * QUARTER)

    if split < len(values):
        assert _told(found) == fives
    else:
        assert sum(found.values) == sum(value or 0 for value in values)


def test_what_a_device_behind_the_meter_measured_has_no_price():
    counted = {"type": "electric_usage", "units": "kWh", "direction": "reverse"}

    assert is_priceable(counted, "kWh")
    assert not is_priceable({**counted, "cdsc_device": "inverter"}, "kWh")
