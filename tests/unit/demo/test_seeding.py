"""The database of a demonstration is whole or not there at all, and a later start brings it up to now."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cdsc_server.app import create_app, load_catalogue, system_ports
from cdsc_server.demo.files import Files
from cdsc_server.demo.seeding import fill_up, make
from cdsc_server.ports import SystemClock
from cdsc_server.services import group_desk, review_cases
from cdsc_server.storage.db import db

NOW = datetime(2026, 3, 18, 15, 7, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "demo")


def _rows(files: Files, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(files.database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def _ends(files: Files) -> dict[str, int]:
    query = (
        "SELECT s.series_id, max(b.start + b.span) FROM usage_series s JOIN usage_blocks b"
        " USING (customer_key, series) WHERE s.segment_key LIKE 'md_%' GROUP BY 1"
    )
    return dict(_rows(files, query))


def test_making_tells_how_many_are_left_and_leaves_one_file(files):
    steps = list(make(files, NOW, days=3, customers=2))

    assert steps == [3, 2, 1, 0]
    assert sorted(path.name for path in files.directory.iterdir()) == ["blobs", "demo.sqlite", "sealing.key"]


def test_one_customer_counts_as_real_and_all_others_as_fictional(files):
    """Clients in production need somebody to ask; those of the sandbox must meet nobody else."""
    list(make(files, NOW, days=3, customers=2))

    people = "SELECT username, is_test FROM customers JOIN logins USING (customer_id) ORDER BY username"
    assert _rows(files, people) == [("ada@example.com", 1), ("ben@example.com", 1), ("freya@example.com", 0)]


def test_a_making_that_was_cut_off_begins_again(files):
    interrupted = make(files, NOW, days=3, customers=2)
    next(interrupted)
    next(interrupted)
    interrupted.close()
    assert not files.database.exists()
    assert files.unfinished.exists()

    list(make(files, NOW, days=3, customers=2))

    assert _rows(files, "SELECT count(*) FROM customers") == [(3,)]


def test_a_making_that_was_killed_begins_again(files):
    """Not even a chance to tidy up: the file of the other name stays behind, and the next start takes it away."""
    code = (
        "import os, sys; from datetime import datetime; from pathlib import Path\n"
        "from cdsc_server.demo.seeding import Files, make\n"
        "steps = make(Files(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[2]), days=3, customers=3)\n"
        "next(steps), next(steps)\n"
        "os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code, files.directory, NOW.isoformat()], check=False)
    assert killed.returncode == -9
    assert files.unfinished.exists()
    assert not files.database.exists()

    list(make(files, NOW, days=3, customers=3))

    assert sorted(path.name for path in files.directory.iterdir()) == ["blobs", "demo.sqlite", "sealing.key"]
    assert _rows(files, "SELECT count(*) FROM customers") == [(4,)]


def test_a_later_start_stores_what_was_measured_since(files):
    list(make(files, NOW, days=3, customers=1))
    before = _ends(files)

    assert fill_up(files, NOW + timedelta(hours=5)) > 0

    assert {key: end - before[key] for key, end in _ends(files).items()} == dict.fromkeys(before, 5 * 3600)


def test_starting_twice_at_once_changes_nothing(files):
    list(make(files, NOW, days=3, customers=2))
    before = _rows(files, "SELECT * FROM usage_blocks ORDER BY 1, 2, 5")

    assert fill_up(files, NOW) == 0

    assert _rows(files, "SELECT * FROM usage_blocks ORDER BY 1, 2, 5") == before


def test_one_making_and_many_fillings_store_the_same_readings(files, tmp_path):
    later, direct = NOW + timedelta(days=2), Files(tmp_path / "direct")
    list(make(files, NOW, days=3, customers=1))
    fill_up(files, NOW + timedelta(days=1))
    fill_up(files, later)
    list(make(direct, NOW, days=3, customers=1))
    fill_up(direct, later)

    assert _ends(files) == _ends(direct)


def test_a_month_that_ends_brings_a_bill_and_a_mix(files):
    list(make(files, NOW, days=3, customers=6))
    mixes = "SELECT attribution, count(DISTINCT start), count(superseded) FROM supply_mixes GROUP BY 1 ORDER BY 1"
    assert _rows(files, mixes) == []
    assert _rows(files, "SELECT count(*) FROM bill_statements") == [(0,)]

    fill_up(files, datetime(2026, 5, 4, tzinfo=UTC))

    assert _rows(files, "SELECT DISTINCT statement_date FROM bill_statements ORDER BY 1") == [
        ("2026-04-03",),
        ("2026-05-03",),
    ]
    assert _rows(files, mixes) == [("base", 2, 0), ("individual", 2, 0), ("residual", 2, 0)]
    for name, size in _rows(files, "SELECT file_hash, file_size FROM bill_statements"):
        assert (files.directory / "blobs" / name[:2] / name).stat().st_size == size


def test_a_late_correction_keeps_the_estimate_it_replaced(files):
    list(make(files, NOW, days=90, customers=1))

    assert _rows(files, "SELECT count(*) FROM usage_blocks_past") == [(1,)]


def test_there_is_work_of_every_kind_for_an_operator(files):
    """The queue is what the console shows; what waits for the companies themselves is not in it."""
    list(make(files, NOW, days=3, customers=1))
    app = create_app(files.settings(), system_ports(files.settings()))
    with app.app_context():
        queue = review_cases.list_waiting()
        db.engine.dispose()

    assert sorted((each.client_name, each.kind, each.status) for each in queue) == [
        ("Harbour Tariffs", "internal_review", "open"),
        ("Harbour Tariffs", "online_form", "submitted"),
        ("Harbour Tariffs", "payment_required", "submitted"),
        ("Harbour Tariffs", "pdf_form", "submitted"),
        ("Harbour Tariffs", "production_request", "pending"),
        ("Tern Coaching", "field_changes", "pending"),
        ("Tidewater Metering", "grant_request", "pending"),
        ("Tidewater Metering", "production_request", "pending"),
        ("Tidewater Metering", "support_request", "pending"),
    ]


def test_months_that_are_over_bring_certificates_of_what_the_plans_buy(files):
    """For each green plan one of each source, and one for everybody; no start brings one twice."""
    list(make(files, NOW, days=40, customers=6))
    assert _rows(files, "SELECT count(*) FROM eacs") == [(0,)]

    for _ in range(2):
        fill_up(files, datetime(2026, 5, 4, tzinfo=UTC))

    plans = {plan for (plan,) in _rows(files, "SELECT beneficiary FROM eac_beneficiaries")}
    periods = _rows(files, "SELECT DISTINCT period_start FROM eacs ORDER BY 1")
    assert plans > {""}
    assert [start[:10] for (start,) in periods] == ["2026-03-01", "2026-04-01"]
    assert _rows(files, "SELECT count(*) FROM eacs") == [(2 * (3 * (len(plans) - 1) + 1),)]
    assert _rows(files, "SELECT count(*) FROM eacs WHERE modified != created") == [(0,)]


def test_a_house_has_a_total_and_a_street_has_to_ask(files):
    """Each flat of the house is a Customer of its own; of the few in the street one outweighs the others."""
    list(make(files, NOW, days=2))
    settings = files.settings()
    context = {"catalogue": load_catalogue(settings), "clock": SystemClock()}
    with create_app(settings, system_ports(settings)).app_context():
        found = {row.aggregation_number: row for row in group_desk.groups(sought="", cursor=None, size=9).page.rows}
        (told,) = group_desk.told_month(found["HARBOUR-MEWS"].aggregation_id, NOW, **context).sums
        house_id = found["HARBOUR-MEWS"].aggregation_id
        points = group_desk.members(house_id, sought="", cursor=None, size=99, clock=SystemClock())
        db.engine.dispose()

    assert {number: row.customers for number, row in found.items()} == {
        "ASHFORD-BAY": 40,
        "HARBOUR-MEWS": 12,
        "HARBOUR-ROW": 4,
    }
    assert told.told > 0.9 * told.intervals
    assert {row.premises[0]["premise_number"] for row in points.page.rows} == {"HARBOUR-MEWS"}
    assert points.total == 12


def test_the_town_is_a_group_of_everybody_who_is_made_up(files):
    """Clients find it without being told, and the one real Customer has no part in it."""
    list(make(files, NOW, days=3, customers=2))

    groups = "SELECT aggregation_number, customers, is_test, confidential FROM aggregations"
    assert _rows(files, groups) == [("ASHFORD-BAY", 2, 1, 0)]
    members = "SELECT DISTINCT username FROM aggregation_members JOIN logins USING (customer_id) ORDER BY username"
    assert _rows(files, members) == [("ada@example.com",), ("ben@example.com",)]
