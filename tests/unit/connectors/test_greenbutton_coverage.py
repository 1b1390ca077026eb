"""No second is measured twice, in whatever order readings come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.connectors.greenbutton.coverage import Coverage


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6)), max_size=30))
def test_a_stretch_is_free_exactly_when_none_of_its_seconds_is_taken(stretches):
    covered, taken = Coverage(), set()

    for start, length in stretches:
        seconds = set(range(start, start + length))
        assert covered.is_free(start, start + length) == taken.isdisjoint(seconds)
        if taken.isdisjoint(seconds):
            covered.add(start, start + length, line=1)
            taken |= seconds
