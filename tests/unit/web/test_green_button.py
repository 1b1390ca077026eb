"""What is written as Green Button is valid, and our own import reads it back unchanged."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.connectors.greenbutton.feed import open_feed
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.espi_columns import Collected, cost_readings, usage_readings
from cdsc_server.domain.readings import Quality, Readings
from cdsc_server.domain.usage import Column
from cdsc_server.services.usage_data import Related, SeenSegment
from cdsc_server.storage.usage import UsageSeriesRow
from cdsc_server.storage.usage_segments import SegmentPeriod
from cdsc_server.web.usage_files.atom import GreenButton
from tests.support import espi

NOW = datetime(2026, 3, 1, tzinfo=UTC)
#: Midnight in Brussels of the day on which clocks go forward, and of the one on which they go back.
SPRING, AUTUMN = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2025, 10, 25, 22, tzinfo=UTC)
FORMATS = [
    {"type": "electric_usage", "units": "kWh", "direction": "forward"},
    {"type": "electric_usage", "units": "Wh", "direction": "net", "tier": "tier_2"},
    {"type": "electric_usage", "units": "MWh", "direction": "reverse"},
    {"type": "electric_demand", "units": "kW", "demand_type": "peak"},
    {"type": "natural_gas_usage", "units": "therm"},
    {"type": "natural_gas_usage", "units": "Sm3"},
    {"type": "water_usage", "units": "gal"},
    {"type": "water_usage", "units": "CCF"},
]
#: Units as powers of ten of the plain one, as ESPI knows them.
POWERS = {"Wh": 0, "kWh": 3, "MWh": 6, "W": 0, "kW": 3, "MW": 6, "ft3": 0, "CCF": 2, "MCF": 3, "MMCF": 6}
#: Those that ESPI has a word for, each of which is read back as itself.
QUALITIES = [None, *(quality for quality in Quality if quality not in (Quality.CORRECTED, Quality.WEBSITE))]


def series(name: str = "s", interval: int = 900, zone: str = "Europe/Brussels") -> UsageSeriesRow:
    return UsageSeriesRow(
        customer_key=1,
        series=1,
        customer_id="ada",
        series_id=name,
        segment_key="k",
        position=0,
        value_key="eu",
        interval_seconds=interval,
        timezone=zone,
        value_format={},
        created=NOW,
        synced=NOW,
    )


def segment(readings: Readings, *rows: UsageSeriesRow, number: str = "C-1") -> SeenSegment:
    """A segment of these rows over the time of the readings."""
    first = int(readings.start.timestamp())
    period = SegmentPeriod(
        f"us_{first}", rows, (first, first), readings.start, readings.end, readings.interval, NOW, NOW, NOW
    )
    nothing: Any = dict.fromkeys(Kind, ())
    numbers = {**dict.fromkeys(Kind, frozenset[str]()), Kind.SERVICE_CONTRACT: frozenset({number})}
    related = Related(nothing, numbers, {row.series_id: "m1" for row in rows}, nothing)
    return SeenSegment(period, related, (), (None, None, None, 0, 0, ""), None, None)


def written(*segments: tuple[SeenSegment, list[Column]], title: str = "Usage") -> bytes:
    feed = GreenButton(title, "Sunset <Power> & Light", "Europe/Brussels", NOW)
    pieces = [piece for each in segments for piece in feed.segment(*each)]
    return b"".join([feed.opening(), *pieces, feed.closing()])


def read_back(document: bytes) -> dict[str, Any]:
    """What our import would store: readings and costs of each MeterReading, with the format of both."""
    with open_feed(io.BytesIO(document)) as feed:
        kinds = {each.key: each for point in feed.usage_points for each in point.meter_readings}
        collected: dict[str, Collected] = {}
        for some in feed.intervals():
            collected.setdefault(some.meter_reading, Collected()).add(some)
        return {
            key: SimpleNamespace(
                kind=kinds[key],
                usage=[one for grid, rows in each.rows.items() for one in usage_readings(grid, rows, kinds[key].usage)],
                costs=[
                    one
                    for grid, rows in each.rows.items()
                    if kinds[key].cost is not None
                    for one in cost_readings(grid, rows, cast("Any", kinds[key].cost))
                ],
            )
            for key, each in collected.items()
        }


def slots(some: list[Readings], power: int) -> dict[datetime, tuple[Decimal, Quality | None]]:
    """Each reading by its start, in the plain unit."""
    return {
        readings.start + timedelta(seconds=readings.interval) * n: (value.scaleb(power), quality)
        for readings in some
        for n, (value, quality) in enumerate(zip(readings.decimals(), readings.qualities(), strict=True))
        if value is not None
    }


@st.composite
def stored(draw: st.DrawFn, size: int) -> Readings:
    """Readings as they are stored: of one scale, or as written, with gaps."""
    scale = draw(st.integers(0, 6))
    numbers = draw(st.lists(st.none() | st.integers(-(10**7), 10**7), min_size=size, max_size=size))
    qualities = draw(st.lists(st.sampled_from(QUALITIES), min_size=size, max_size=size))
    texts = ["" if each is None else str(Decimal(each).scaleb(-scale)) for each in numbers]
    texts = [format(Decimal(text), "f") if text else "" for text in texts]
    if draw(st.booleans()):
        texts = [text + "0" if text and "." in text and n % 2 else text for n, text in enumerate(texts)]
    return Readings.written(NOW, 900, texts, qualities=qualities)


@given(data=st.data(), form=st.sampled_from(FORMATS), start=st.sampled_from([SPRING, AUTUMN, NOW]))
def test_our_import_reads_back_what_was_stored(data, form, start):
    """Every value, quality and cost at its instant, also on days of 23 and 25 hours."""
    count = {SPRING: 92, AUTUMN: 100, NOW: 8}[start]
    part = data.draw(st.integers(1, count))
    usage = replace(data.draw(stored(part)), start=start)
    if form.get("direction") == "reverse":
        texts = [f"-{text.lstrip('-')}" if text else "" for text in usage.texts()]
        usage = Readings.written(start, 900, texts, qualities=usage.qualities())
    cents = data.draw(st.lists(st.none() | st.integers(-(10**6), 10**6), min_size=part, max_size=part))
    cost = Readings.scaled(start, 900, 2, cents)
    columns = [
        Column(form, None, "s", (("eu", usage),)),
        Column({"type": "cost", "currency": "EUR", "indexes": [0]}, None, "c", (("c", cost),)),
    ]
    document = written((segment(usage, series("s"), series("c")), columns))
    if not slots([usage, cost], 0):
        assert b"<entry>" not in document
        return
    espi.valid(document)
    assert form.get("direction") != "reverse" or b"<value>-" not in document
    (found,) = read_back(document).values()

    power, back = POWERS.get(form["units"], 0), POWERS.get(found.kind.usage.value_format["units"], 0)
    assert slots(found.usage, back) == slots([usage], power)
    assert slots(found.costs, 0) == slots([cost], 0)
    same = {"type", "direction", "tier", "demand_type"} & form.keys()
    assert {name: found.kind.usage.value_format[name] for name in same} == {name: form[name] for name in same}


def test_the_zone_and_the_contract_of_a_place_are_read_back():
    usage = Readings.written(SPRING, 900, ["1"])
    document = written((segment(usage, series(), number="<C&1>"), [Column(FORMATS[0], None, "s", (("eu", usage),))]))

    with open_feed(io.BytesIO(document)) as feed:
        (point,) = feed.usage_points
        assert (point.timezone, point.agreement, point.service_type) == ("Europe/Brussels", "<C&1>", "electric")


def test_months_of_a_series_are_one_meter_reading_and_qualities_do_not_split_it():
    """CDS splits a column by quality; a Green Button reading has a quality of its own."""
    form, months = FORMATS[0], [Readings.written(NOW + timedelta(days=31 * n), 900, ["1", "", "3"]) for n in range(2)]
    columns = [
        [
            Column(form, quality, "s", (("eu", Readings.written(month.start, 900, texts, qualities=quality)),))
            for quality, texts in ((Quality.VALID, ["1", "", ""]), (Quality.ESTIMATED, ["", "", "3"]))
        ]
        for month in months
    ]
    document = written(*((segment(month, series()), each) for month, each in zip(months, columns, strict=True)))
    feed = espi.valid(document)

    assert len(read_back(document)) == 1
    assert espi.texts(feed, "quality") == ["0", "8", "0", "8"]
    assert [len(list(feed.iter(f"{espi.ESPI}{kind}"))) for kind in ("UsagePoint", "IntervalBlock")] == [1, 2]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"type": "electric_supply_mix", "indexes": [0]}, b"electric_supply_mix"),
        ({"type": "electric_demand", "units": "kW", "demand_type": "starting"}, b"electric_demand"),
        ({"type": "cost", "currency": "EUR", "indexes": []}, b"costs without usage"),
    ],
)
def test_what_espi_has_no_place_for_is_left_out_and_told_once(form, said):
    usage = Readings.written(NOW, 900, ["1"])
    some = (segment(usage, series()), [Column(form, None, "s", (("x", usage),))])
    document = written(some, some)

    assert document.count(said) == 1
    assert b"<entry>" not in document


def test_no_reading_is_rounded_to_fit():
    """Beyond 48 bits or twelve decimals of the unit, ESPI has no number: the reading is left out and counted."""
    usage = Readings.written(NOW, 900, ["0.0000000000000001", "140737488355329000", "2.5", "0.0000000000000010"])
    document = written((segment(usage, series()), [Column(FORMATS[1], None, "s", (("eu", usage),))]))

    assert b"3 readings are beyond the integers of ESPI" in document
    assert slots(next(iter(read_back(document).values())).usage, 0) == {
        NOW + timedelta(minutes=30): (Decimal("2.5"), None)
    }


def test_costs_are_rounded_to_what_espi_counts():
    usage = Readings.written(NOW, 900, ["1", "1", "1"])
    cost = Readings.written(NOW, 900, ["0.000025", "-0.0000151", "0.00001500"])
    columns = [
        Column(FORMATS[0], None, "s", (("eu", usage),)),
        Column({"type": "cost", "currency": "EUR", "indexes": [0]}, None, "c", (("c", cost),)),
    ]

    assert espi.texts(espi.valid(written((segment(usage, series("s"), series("c")), columns))), "cost") == [
        "2",
        "-2",
        "2",
    ]


def test_ids_stay_and_tell_nothing_of_ours():
    usage = Readings.written(NOW, 900, ["1"])
    some = (segment(usage, series("secret-series")), [Column(FORMATS[0], None, "secret-series", (("eu", usage),))])
    one, other = written(some), written(some, title="Another day")

    assert b"secret" not in one
    assert b"ada" not in one
    assert one.split(b"<entry>")[1:] == other.split(b"<entry>")[1:]
