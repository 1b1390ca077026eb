"""How much of a long listing is in memory while it is sent."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime

import pytest

from cdsc_server.storage.db import transaction
from tests.factories import customer_data

MEGABYTE = 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("accept", "bounds"), [("application/json", (3.5, 3)), ("text/csv", (25, 9)), ("application/atom+xml", (35, 9))]
)
def test_a_hundred_months_never_are_in_memory_as_a_whole(app, agreed, client, accept, bounds):
    """Some 290,000 quarter hours are 4 MB of JSON and much more of others; a few segments at a time are enough."""
    with app.app_context(), transaction() as session:
        for number in range(8):
            row = customer_data.series(session, f"series {number}", interval_seconds=900, meter_device_id="m-house")
            customer_data.readings(session, row, datetime(2025, 1, 1, tzinfo=UTC), ["0.123"] * 36_500)
    agreed.to(agreed.entry("usage_data", "house", segment_start="P5Y"))
    answer = client.get("/usage_data", headers={"Authorization": "Bearer token", "Accept": accept}, buffered=False)
    tracemalloc.start()
    sent = sum(len(piece) for piece in answer.iter_encoded())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    answer.close()

    least, most = bounds
    assert sent > least * MEGABYTE
    assert peak < most * MEGABYTE
