"""Delta files in the import folder: in their turn, once, whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from cdsc_server.cli import commands
from cdsc_server.services import delta_files
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.usage import series_of_meters
from cdsc_server.storage.usage_segments import read_columns, segment_periods
from tests.api.console.conftest import hire
from tests.factories import customer_data as make
from tests.factories.delta_files import COLUMNS, START, delta, parquet_delta, quarters

__all__ = ["hire"]

ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

#: Looks through a folder and dies at the step that it is told.
DYING = """
import os, signal, sys
from pathlib import Path
from cdsc_server import app
from cdsc_server.intake import folder
from cdsc_server.services import delta_files, import_readings
from cdsc_server.settings import Settings

def die(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)

where = {"storing": import_readings, "noting": delta_files, "stored": Path}
name = {"storing": "mark_all_synced", "noting": "DeltaFileRow", "stored": "write_text"}
setattr(where[sys.argv[1]], name[sys.argv[1]], die)
settings = Settings.from_environment()
ports = app.system_ports(settings)
with app.create_app(settings, ports).app_context():
    folder.look_through(Path(settings.import_dir), catalogue=app.load_catalogue(settings), ports=ports)
"""


@pytest.fixture(autouse=True)
def places(home, app):
    """Ada's meter M-house stands at her house, where she has a contract."""
    with app.app_context(), transaction() as session:
        session.add_all([make.meter("house"), make.served("house-sp", "house"), make.installed("house", "house-sp")])


@pytest.fixture
def texts(app):
    """The readings that are stored of a meter of Ada's, by their start."""

    def texts(meter="house"):
        with app.app_context(), reading() as session:
            series = series_of_meters(session, [(make.customer("ada").customer_key, meter)])
            periods = segment_periods(session, series)
            return {
                column.parts[0][1].start: column.parts[0][1].texts()
                for _, columns in read_columns(session, periods)
                for column in columns
            }

    return texts


def told(inbox):
    """Name, outcome and first line of what is written down of the files, by name."""
    return [(name.removesuffix(".csv"), outcome, line) for name, outcome, line in sorted(inbox.noted())]


def test_readings_reach_the_customer_whose_meter_it_is(inbox, texts):
    """The next file adds and corrects; a gap leaves what was there, and a delete takes it away."""
    inbox.put("deltas/1.csv", delta(*quarters("0.250", "", "1.100", "0.400")))
    columns = (*COLUMNS, "op")
    first, second, third, fourth, fifth = quarters("", "0.300", "1.200", "", "2.000")
    rows = (f"{first},", f"{second},", f"{third},upsert", f"{fourth},delete", f"{fifth},")
    inbox.look()
    inbox.put("deltas/2.csv", delta(*rows, number=2, columns=columns))
    inbox.look()

    assert texts() == {START: ["0.250", "0.300", "1.200", "", "2.000"]}
    assert told(inbox) == [
        ("1", "taken", "4 readings of 1 meter (1 blocks new, 0 corrected, 0 unchanged)"),
        ("2", "taken", "5 readings of 1 meter (1 blocks new, 2 corrected, 0 unchanged)"),
    ]
    assert inbox.rows("SELECT contract_id, service_point_id FROM usage_series") == [("house", "house-sp")]
    assert inbox.names("deltas") == []


def test_the_same_file_again_changes_nothing_and_says_so(inbox, texts):
    def stored():
        return inbox.rows("SELECT modified, payload FROM usage_blocks"), inbox.rows("SELECT * FROM delta_files")

    inbox.put("deltas/a.csv", delta(*quarters("1", "2")))
    inbox.look()
    first = stored()
    inbox.clock.advance(hours=1)
    inbox.put("deltas/b.csv", delta(*quarters("1", "2")))
    inbox.put("deltas/c.csv", delta(*quarters("1", "3")))
    inbox.look()

    assert stored() == first
    (_, second, third) = told(inbox)
    assert second[1:] == ("taken", "2 readings of 1 meter (1 blocks new, 0 corrected, 0 unchanged)")
    report = next(inbox.path.glob("done/deltas/*b.csv.report.txt")).read_text(encoding="utf-8")
    assert "it was applied 2026-03-01 12:00 UTC, and changes nothing now" in report
    assert third[1] == "refused"
    assert "number 1 of feed north was applied with other content" in third[2]


def test_parquet_files_are_taken_in_their_turn_as_csv_is(inbox, texts):
    """Told from other content by their rows, whatever they are called and however they are packed."""
    inbox.put("deltas/b.csv", delta(*quarters("1", "2")))
    inbox.put("deltas/a.parquet", parquet_delta(*quarters("", "2.50"), heading="1,readings,north,2,missing=-9"))
    inbox.look()
    inbox.put("deltas/c.parquet", parquet_delta(*quarters("", "2.50"), heading="1,readings,north,2"))
    inbox.put("deltas/d.parquet", parquet_delta(*quarters("", "7"), heading="1,readings,north,2"))
    inbox.put("deltas/e.parquet", parquet_delta(*quarters("", "2.50"), heading="1,readings,north,3"))
    inbox.put("deltas/f.parquet", parquet_delta(*quarters("5"), heading="1,readings,north,5"))
    inbox.look()

    assert texts() == {START: ["1", "2.50"]}
    assert [(name, outcome) for name, outcome, _ in told(inbox)] == [
        ("a.parquet", "taken"),
        ("b", "taken"),
        ("c.parquet", "taken"),
        ("d.parquet", "refused"),
        ("e.parquet", "taken"),
        ("f.parquet", "waiting"),
    ]
    reports = {each.name[17:18]: each.read_text(encoding="utf-8") for each in inbox.path.glob("done/deltas/*.txt")}
    assert "changes nothing now" in reports["c"]
    assert "its rows are those of number 2" in reports["e"]
    assert "changes nothing now" not in reports["e"]


@ONCE
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (parquet_delta(*quarters("1", "x")), "row 2: value must be a plain decimal number"),
        (parquet_delta(*quarters("1", "2")[::-1]), "is before the end of row 1,"),
        (parquet_delta(*quarters("1"), heading=None), "its metadata must hold cdsc-delta: 1,KIND,FEED,NUMBER"),
        (parquet_delta(*quarters("1"), heading="2,readings,north,1"), "version 2 is unknown"),
        (parquet_delta(*quarters("1"), heading="1,meter,north,1"), "Parquet brings readings only"),
        (parquet_delta(*quarters("1"))[:-20], "it is not a Parquet file"),
        (parquet_delta(*quarters("1", meter="M\0")), "row 1: holds U+0000"),
    ],
)
def test_parquet_files_that_break_rules_are_refused_by_the_row(inbox, texts, content, says):
    inbox.put("deltas/1.parquet", content)
    inbox.look()

    (report,) = inbox.path.glob("rejected/deltas/*.report.txt")
    words = report.read_text(encoding="utf-8")
    assert (says in words, "line" in words) == (True, False)
    assert texts() == {}


def test_files_wait_for_the_one_before_them_until_it_comes_or_is_skipped(inbox, app, texts):
    """In whatever order they come, and however they are called."""
    inbox.put("deltas/a.csv", delta(*quarters("3"), number=3))
    inbox.put("deltas/b.csv", delta(*quarters("2"), number=2))
    inbox.put("deltas/other.csv", delta(*quarters("9", start=START + timedelta(days=1)), feed="south"))
    inbox.look()
    waiting = told(inbox)
    kept = texts()
    inbox.put("deltas/z.csv", delta(*quarters("1")))
    inbox.look()
    inbox.put("deltas/late.csv", delta(*quarters("5"), number=5))
    inbox.look()
    with app.app_context():
        skipped = delta_files.skip("north", 4, actor="olga", clock=inbox.clock)
    inbox.look()

    assert waiting[0] == (
        "a", "waiting", "number 3 of feed north waits for number 1, which has not come; nothing of it was stored."
    )  # fmt: skip
    assert [outcome for _, outcome, _ in waiting] == ["waiting", "waiting", "taken"]
    assert list(kept.values()) == [["9"]]
    assert skipped == 1
    assert texts()[START][0] == "5"
    assert inbox.rows("SELECT feed, done, early FROM delta_feeds ORDER BY feed") == [
        ("north", 5, None), ("south", 1, None),
    ]  # fmt: skip
    assert inbox.rows("SELECT action, subject FROM audit_entries") == [("delta_files.skipped", "feed:north")]


class TestSkipping:
    """At the console, where feed north waits: number 1 and 4 have come."""

    @pytest.fixture(autouse=True)
    def _waits(self, inbox):
        inbox.put("deltas/a.csv", delta(*quarters("1")))
        inbox.put("deltas/d.csv", delta(*quarters("4"), number=4))
        inbox.look()

    @pytest.fixture
    def state(self, inbox):
        """The feeds, and what is on record."""
        return lambda: (
            inbox.rows("SELECT feed, done, early FROM delta_feeds"),
            inbox.rows("SELECT actor, action, subject FROM audit_entries WHERE action LIKE 'delta%'"),
        )

    def test_a_reviewer_skips_what_is_missing(self, inbox, hire, state, texts):
        """And no more than the page said, however late the button is pressed."""
        desk = hire("reviewer")
        desk.load("/console/imports")
        told = CliRunner(env={"CDSC_DATABASE_URL": inbox.settings.database_url}).invoke(commands, ["import", "feeds"])
        assert "Number 4 came, numbers 2 to 3 did not." in " ".join(desk.text.split())
        assert told.stdout == "north: 1, 4 waits for 2\n"
        inbox.put("deltas/b.csv", delta(*quarters("2"), number=2))
        inbox.look()

        answer = desk.press("skip")
        assert answer.location == "/console/imports"
        assert state() == ([("north", 3, None)], [("olga@dge.example", "delta_files.skipped", "feed:north")])
        inbox.look()
        assert texts()[START] == ["4"]

    @ONCE
    def test_only_what_is_missing_can_be_skipped_and_only_once(self, hire, state):
        desk = hire("reviewer")
        before = state()
        for feed, number in (("north", "4"), ("north", "1"), ("north", "x"), ("south", "1"), ("north", str(2**70))):
            answer = desk.act("/console/imports", feed=feed, number=number)
            assert (answer.status_code, "Nothing was changed" in answer.text) == (409, True)

        assert state() == before
        assert [desk.act("/console/imports", feed="north", number="3").status_code for _ in range(2)] == [303, 409]

    @ONCE
    def test_who_only_looks_can_skip_nothing(self, hire, state):
        """Nor can a form of another page."""
        desk, before = hire("support"), state()
        desk.load("/console/imports")

        assert ("4 came" in desk.text, "for good" in desk.text) == (True, False)
        assert "Feed north waits: numbers 2 to 3 did not come." in desk.load("/console").text
        assert desk.act("/console/imports", feed="north", number="3").status_code == 403
        reviewer = hire("reviewer", username="rex@dge.example")
        assert reviewer.client.post("/console/imports", data={"feed": "north", "number": "3"}).status_code == 403
        assert state() == before


def test_a_faulty_file_is_rejected_whole_and_may_be_sent_again_right(inbox, texts):
    one, two, three = quarters("1", "x", "3")
    inbox.put("deltas/a.csv", delta(one, two, three, *quarters("4", meter="M-unknown")))
    inbox.look()
    refused, none = told(inbox), texts()
    report = next(inbox.path.glob("rejected/deltas/*a.csv.report.txt")).read_text(encoding="utf-8")
    inbox.put("deltas/b.csv", delta(one, three))
    inbox.look()

    assert refused == [("a", "refused", "2 rows sound, 2 rows rejected. Nothing of this file was stored.")]
    assert "line 4: value must be a plain decimal number" in report
    assert "line 6: external_meter_id 'M-unknown' is the number of no meter here" in report
    assert none == {}
    assert texts() == {START: ["1", "", "3"]}


@ONCE
@pytest.mark.parametrize(
    ("later", "says"),
    [
        (quarters("1", meter="M-house", start=START + timedelta(days=1))[0].replace("kWh", "Wh"),
         "units are kWh so far for this meter, and must not change to Wh"),
        (quarters("1", start=datetime(2019, 1, 1, tzinfo=UTC))[0], "nobody here was supplied through meter M-house"),
    ],
)  # fmt: skip
def test_units_that_switch_and_times_of_nobody_are_refused(inbox, texts, later, says):
    inbox.put("deltas/1.csv", delta(*quarters("1")))
    inbox.look()
    inbox.put("deltas/2.csv", delta(later, number=2))
    inbox.look()

    report = next(inbox.path.glob("rejected/deltas/*2.csv.report.txt")).read_text(encoding="utf-8")
    assert says in report
    assert texts() == {START: ["1"]}


@ONCE
def test_units_that_switch_within_a_file_are_refused(inbox, texts):
    first, second = quarters("1", "2")
    inbox.put("deltas/1.csv", delta(first, second.replace("kWh", "Wh")))
    inbox.look()

    report = next(inbox.path.glob("rejected/deltas/*1.csv.report.txt")).read_text(encoding="utf-8")
    assert "line 4: units switch from kWh to Wh within the file" in report
    assert texts() == {}


def test_a_meter_that_changed_hands_tells_each_only_of_their_own_time(inbox, app, texts):
    """What is read at the instant of the change belongs to who came."""
    change = START + timedelta(minutes=30)
    with app.app_context(), transaction() as session:
        session.get(type(make.installed("house", "house-sp")), installation()).end = change
        session.add(make.customer("ben"))
        session.flush()
        session.add_all([make.account("flat", "ben"), make.contract("flat", "flat", "ben")])
        session.add_all([make.service_point("flat-sp", "ben"), make.served("flat-sp", "flat", "ben")])
        session.add(make.meter("flat", "ben", meter_number="M-house"))
        session.add(make.installed("flat", "flat-sp", "ben", start=change))
    inbox.put("deltas/1.csv", delta(*quarters("1", "2", "3", "4")))
    inbox.look()

    assert texts() == {START: ["1", "2"]}
    found = inbox.rows("SELECT customer_id, contract_id FROM usage_series ORDER BY customer_id")
    assert found == [("ada", "house"), ("ben", "flat")]
    assert inbox.rows("SELECT span FROM usage_blocks") == [(1800,), (1800,)]


def installation():
    row = make.installed("house", "house-sp")
    return row.customer_key, row.meter_device_id, row.service_point_id, row.start


@ONCE
def test_readings_go_to_the_series_that_the_meter_has(inbox, app, texts):
    """However it came to be, as long as it counts the same in the same intervals."""
    with app.app_context(), transaction() as session:
        row = make.series(session, "old", interval_seconds=900, meter_device_id="house", contract_id="house")
        make.readings(session, row, START, ["7.0"])
    inbox.put("deltas/1.csv", delta(*quarters("", "8.0"), *quarters("9", start=START + timedelta(hours=1), minutes=60)))
    inbox.look()

    assert texts() == {START: ["7.0", "8.0"], START + timedelta(hours=1): ["9"]}
    assert inbox.rows("SELECT count(*) FROM usage_series WHERE series_id = 'old'") == [(1,)]
    assert inbox.rows("SELECT count(*) FROM usage_series") == [(2,)]


@ONCE
def test_rows_that_came_before_under_another_number_are_told(inbox):
    inbox.put("deltas/1.csv", delta(*quarters("1")))
    inbox.put("deltas/2.csv", delta(*quarters("1"), number=2))
    inbox.look()

    report = next(inbox.path.glob("done/deltas/*2.csv.report.txt")).read_text(encoding="utf-8")
    assert "0 corrected, 1 unchanged" in report
    assert "its rows are those of number 1, applied 2026-03-01 12:00 UTC" in report


@pytest.mark.slow
@pytest.mark.parametrize("step", ["storing", "noting", "stored"])
def test_a_file_whose_worker_is_killed_is_applied_once(inbox, app, texts, step):
    """Nothing is lost, and what was applied is not applied again."""
    inbox.put("deltas/1.csv", delta(*quarters("1", "2")))
    environment = {
        **os.environ, "CDSC_DATABASE_URL": inbox.settings.database_url, "CDSC_IMPORT_DIR": inbox.settings.import_dir,
        "CDSC_KEY_FILE": inbox.settings.key_file, "CDSC_BLOB_DIR": inbox.settings.blob_dir,
    }  # fmt: skip
    killed = subprocess.run([sys.executable, "-c", DYING, step], env=environment, check=False)
    done = inbox.rows("SELECT number FROM delta_files")
    there = inbox.rows("SELECT count(*) FROM usage_blocks")
    inbox.look()

    assert killed.returncode == -signal.SIGKILL
    assert (done, there) == (([(1,)], [(1,)]) if step == "stored" else ([], [(0,)]))
    assert texts() == {START: ["1", "2"]}
    assert inbox.rows("SELECT number FROM delta_files") == [(1,)]
    assert inbox.rows("SELECT count(*) FROM usage_blocks_past") == [(0,)]
    assert inbox.names("deltas") == []
