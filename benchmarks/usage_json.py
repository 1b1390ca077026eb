"""Exact JSON of readings in hand, in this process, beside msgspec with a Decimal per reading."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.context import Context
from benchmarks.meters import DAY, readings, thousandths
from benchmarks.peers import decimal_json
from cdsc_server.domain.usage import Column
from cdsc_server.web.customer_data.usage_values import values_json


def run(context: Context) -> None:
    """Three years of quarter hours: all small, one in five hundred large or negative, and all above 9.999."""
    days = 30 if context.quick else 1095
    small = np.minimum(thousandths(days, 1), 9999)
    mixed = small.copy()
    mixed[::500] *= -1
    mixed[::701] += 1_000_000
    rows = []
    for name, values in (("small", small), ("mixed", mixed), ("large", small + 10_000)):
        column = Column({}, None, "s", (("eu", readings(values)),))
        plain = values.tolist()
        ours, peer = partial(_written, column), partial(decimal_json.values_json, plain)
        assert ours() == peer()
        figures = context.rounds({"ours": ours, "peer": peer}, 9)
        size = len(ours())
        rows.append(
            (
                f"{name}, {days * DAY:,} readings",
                figures["ours"].rate(size).spread(1e-6, 0),
                figures["peer"].rate(size).spread(1e-6, 0),
                figures["ours"].times(figures["peer"]).spread(digits=1),
            )
        )
    context.table(("values", "MB/s", "msgspec MB/s", "times msgspec"), rows)


def _written(column: Column) -> bytes:
    return b"".join(values_json([column]))
