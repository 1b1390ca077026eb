"""Whatever readings a file holds, in whatever order and shape, come out of it once and unchanged."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.connectors.greenbutton.feed import open_feed
from cdsc_server.domain.espi import quality
from tests.factories.greenbutton import START, WATT_HOURS, Point, Reading, Row, document, entries

int48 = st.integers(-(2**47), 2**47)


@st.composite
def rows(draw: st.DrawFn, number: str) -> Row:
    """A MeterReading: readings of any lengths with any gaps between, dealt out to blocks in any order."""
    at, readings = START, []
    for _ in range(draw(st.integers(0, 12))):
        at += draw(st.sampled_from([0, 0, 0, 900, 86400, 7]))
        duration = draw(st.sampled_from([900, 900, 3600, 86400, 2678400, 1]))
        value, cost = draw(st.none() | int48), draw(st.none() | int48)
        codes = draw(st.lists(st.integers(0, 20), max_size=2))
        if value is not None or cost is not None:
            readings.append(Reading(at, value, duration, cost, codes))
        at += duration
    shuffled = draw(st.permutations(readings))
    cut = draw(st.integers(0, len(shuffled)))
    return Row(number, dict(WATT_HOURS), [shuffled[:cut], shuffled[cut:]])


points = st.lists(st.lists(st.integers(), min_size=1, max_size=2), min_size=1, max_size=2).flatmap(
    lambda shape: st.tuples(
        *(
            st.tuples(*(rows(str(m)) for m in range(len(each)))).map(lambda made, n=n: Point(str(n), rows=made))
            for n, each in enumerate(shape)
        )
    )
)


@given(points, st.randoms(use_true_random=False))
def test_all_readings_of_a_file_come_out_unchanged(points, random):
    made = entries(*points)
    random.shuffle(made)

    with open_feed(io.BytesIO(document(made))) as feed:
        found = {
            (some.meter_reading, start): rest
            for some in feed.intervals()
            for start, *rest in zip(some.starts, some.durations, some.values, some.costs, some.qualities, strict=True)
        }

    assert found == {
        (f"{point.address}/MeterReading/{row.number}", each.start): [
            each.duration, each.value, each.cost, quality(each.qualities)
        ]
        for point in points
        for row in point.rows
        for block in row.blocks
        for each in block
    }  # fmt: skip
