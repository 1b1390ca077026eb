"""A meter's year of quarter hours as Green Button, CSV and Parquet, in this process, beside the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from benchmarks.context import Context
from benchmarks.meters import DAY, NOW, readings, thousandths
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.usage import Column
from cdsc_server.services.usage_data import Related, SeenSegment
from cdsc_server.storage.usage import UsageSeriesRow
from cdsc_server.storage.usage_segments import SegmentPeriod
from cdsc_server.web.customer_data.usage_values import values_json
from cdsc_server.web.usage_files.formats import FORMS, Form, Heading

_MONTH = 31
_FORMAT = {"type": "electric_usage", "units": "kWh", "direction": "forward"}
_HEADING = Heading("Energy use", "Utility", "Europe/Brussels", NOW)


def run(context: Context) -> None:
    """Rates of readings, and the time as a multiple of what JSON takes."""
    months = 2 if context.quick else 12
    segments = [_segment(number) for number in range(months)]
    tasks = {"JSON": partial(_json, segments)}
    tasks |= {name: partial(_written, form, segments) for name, form in FORMS.items()}
    figures = context.rounds(tasks, 9)
    rows = [
        (
            name,
            f"{task() / 1e6:.1f}",
            figures[name].rate(months * _MONTH * DAY).spread(1e-6, 1),
            figures["JSON"].times(figures[name]).spread(digits=1),
        )
        for name, task in tasks.items()
    ]
    context.table((f"{months * _MONTH * DAY:,} readings as", "MB", "million/s", "time of JSON"), rows)


def _segment(number: int) -> tuple[SeenSegment, Sequence[Column]]:
    month = readings(thousandths(_MONTH, number), number * _MONTH)
    row = UsageSeriesRow(
        customer_key=1,
        series=1,
        customer_id="c",
        series_id="s",
        segment_key="s",
        position=0,
        value_key="eu",
        interval_seconds=900,
        timezone="Europe/Brussels",
        value_format=_FORMAT,
        created=NOW,
        synced=NOW,
    )
    bounds = (int(month.start.timestamp()), int(month.end.timestamp()))
    period = SegmentPeriod(f"us_{number}", (row,), bounds, month.start, month.end, 900, NOW, NOW, NOW)
    none = {kind: frozenset[str]() for kind in Kind}
    related = Related(dict.fromkeys(Kind, ()), none, {}, none)
    seen = SeenSegment(period, related, (), (None, None, None, bounds[0], 0, ""), None, None)
    return seen, (Column(_FORMAT, None, "s", (("eu", month),)),)


def _json(segments: Sequence[tuple[SeenSegment, Sequence[Column]]]) -> int:
    return sum(len(piece) for _, columns in segments for piece in values_json(columns))


def _written(form: Form, segments: Sequence[tuple[SeenSegment, Sequence[Column]]]) -> int:
    return sum(map(len, form.written(segments, _HEADING)))
