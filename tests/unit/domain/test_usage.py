"""Ids of Usage Segments are stable, and no two segments share one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.readings import Quality
from cdsc_server.domain.usage import trimmed_segment_id, usage_segment_id, value_format_id

names = st.text(max_size=8)
bounds = st.one_of(st.none(), st.integers(0, 2**33))


def test_ids_do_not_change_between_releases():
    whole = usage_segment_id("c1", "m1", 1_772_319_600)

    assert whole == "us_6bef22abf3c5bb9676e8230541392e70"
    assert trimmed_segment_id(whole, 1_772_400_000, None) == "us_f15609186ba091ca3a4b876c737e8eb7"


@given(st.lists(st.tuples(names, names, st.integers(0, 2**33)), unique=True, min_size=2, max_size=5))
def test_different_segments_have_different_ids(segments):
    assert len({usage_segment_id(*segment) for segment in segments}) == len(segments)


@given(st.lists(st.tuples(bounds, bounds), unique=True, min_size=2, max_size=5))
def test_each_pair_of_bounds_has_an_id_of_its_own(pairs):
    whole = usage_segment_id("c1", "m1", 0)

    assert len({trimmed_segment_id(whole, *pair) for pair in pairs}) == len(pairs)
    assert trimmed_segment_id(whole, None, None) == whole


def test_formats_differ_by_customer_series_and_quality():
    ids = {
        value_format_id(series, customer, quality)
        for series in ("s1", "s2")
        for customer in ("c1", "c2")
        for quality in (None, Quality.RAW)
    }

    assert len(ids) == 8
