"""How long a source may be silent, who is told when it is, and that a delivery ends it: CDS-WG3-01 4.4 to 4.9."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from cdsc_server.cli import commands
from tests.api.console.conftest import hire
from tests.factories import bills, customer_documents
from tests.factories.greenbutton import Point, Reading, Row, document, entries, entry, hourly, one_row, resource
from tests.support import requirement

__all__ = ["hire"]

ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MONTH = 30 * 86_400
HOURLY = one_row(hourly([1]))
MONTHLY = Point(rows=[Row(blocks=[[Reading(duration=MONTH, value=5)]], type={"commodity": 1, "uom": 72})])
PLAN = entry(f"{HOURLY.address}/UsageSummary/1", resource("UsageSummary", "<tariffProfile>E-1</tariffProfile>"))
#: A delivery that tells of each source, and where it shows when the source was asked.
DELIVERIES = {
    "hourly": ("greenbutton/a.xml", document(entries(HOURLY)), "usage_series"),
    "monthly": ("greenbutton/a.xml", document(entries(MONTHLY)), "usage_series"),
    "plan": ("greenbutton/a.xml", document([*entries(HOURLY), PLAN]), "service_contracts"),
    "customers": ("customers/a.json", customer_documents.written(), "accounts"),
    "bills": ("bills/a.json", bills.written(), "bill_statements"),
}

with (Path(__file__).parents[2] / "data" / "wg3_synced.tsv").open(encoding="utf-8", newline="") as _file:
    ROWS = [
        pytest.param(row, marks=requirement(row["row"]), id=row["row"]) for row in csv.DictReader(_file, delimiter="\t")
    ]


@pytest.mark.parametrize("row", ROWS)
def test_a_source_is_asked_in_time_and_its_silence_is_told(inbox, home, row):
    """What is late is the source, for the folder is looked through all the time; `cds_synced` follows each delivery."""
    scenario, source, days = row["scenario"], row["source"], int(row["days"])
    name, content, table = DELIVERIES[row["delivery"]]
    inbox.put(name, content)
    inbox.look()
    inbox.clock.advance(days=days, seconds=1)
    before = inbox.late()
    asked = f"{inbox.clock.advance(days=1):%Y-%m-%d %H:%M:%S}"
    inbox.put(name, content)
    inbox.look()
    after = inbox.late()
    inbox.clock.advance(days=days)
    at_last = inbox.late()
    inbox.clock.advance(seconds=1)

    assert scenario in before[source]
    assert scenario not in after.get(source, ())
    assert scenario not in at_last.get(source, ())
    assert scenario in inbox.late()[source]
    ((synced,),) = inbox.rows(f"SELECT max(synced) FROM {table}")
    assert str(synced).replace("T", " ").startswith(asked)


@ONCE
def test_readings_of_the_other_length_are_not_awaited(inbox):
    inbox.put("greenbutton/a.xml", DELIVERIES["monthly"][1])
    before = inbox.late()
    inbox.look()

    assert "short_readings" in before
    assert "long_readings" not in before
    assert not {"short_readings", "long_readings"} & inbox.late().keys()


@ONCE
def test_a_file_that_is_refused_tells_nothing_of_its_source(inbox, home):
    inbox.put("bills/a.json", b"{}")
    inbox.look()

    assert "bills" in inbox.late()


@ONCE
def test_operators_see_what_is_late_and_what_came(inbox, home, app, hire, caplog):
    desk = hire("support")
    desk.load("/console")
    alarm = desk.text
    inbox.run("watch_sources")
    inbox.put("bills/a.json", bills.written(bills.bill(amount_due="x")))
    inbox.put("bills/b.json", bills.written())
    inbox.look()
    inbox.clock.advance(minutes=1)
    desk.load("/console")
    queue = desk.text
    desk.load("/console/imports")

    assert "Bills: nothing has come yet." in alarm
    assert "no delivery told of bills ever" in caplog.text
    assert "Bills: nothing" not in queue
    assert "Programs: nothing has come yet." in queue
    assert "bill_statements[0].amount_due must be a number" in desk.text
    assert ("Rejected" in desk.text, "Taken in" in desk.text, "On time" in desk.text) == (True, True, True)


@ONCE
def test_a_monitor_is_told_by_the_exit_status(inbox, home, app):
    """Its clock is that of the machine, which is far past that of these tests."""
    inbox.put("bills/a.json", bills.written())
    inbox.look()
    told = CliRunner(env={"CDSC_DATABASE_URL": inbox.settings.database_url}).invoke(commands, ["import", "status"])

    assert told.exit_code == 1
    assert "bills: 2026-03-01 12:00 UTC, allowed 7 d by bill_amount_due, customer_bills, service_charges" in told.stdout
    assert "programs: never, allowed 7 d by customer_programs: LATE\n" in told.stdout
    assert "long_readings: never\n" in told.stdout


class TestMails:
    """A server that sends mail."""

    @pytest.fixture
    def settings(self, settings):
        return replace(settings, mail_url="smtp://127.0.0.1:1?starttls=no", mail_from="no-reply@dge.example")

    @pytest.fixture
    def tell(self, inbox):
        """What the worker does every hour; gives who was written to so far."""

        def look():
            inbox.run("watch_sources")
            return [to for (to,) in inbox.rows("SELECT recipient FROM outbox WHERE kind = 'late_sources'")]

        return look

    def test_operators_are_told_once_of_each_lateness(self, inbox, home, hire, tell, caplog):
        """And again after a delivery meanwhile, of that source alone."""
        caplog.set_level("INFO", "cdsc_server.services.deliveries")
        hire("reviewer", sign_in=False)
        inbox.put("bills/a.json", bills.written())
        inbox.look()
        assert tell() == tell() == ["olga@dge.example"]
        inbox.clock.advance(days=7, seconds=1)
        assert tell() == tell() == ["olga@dge.example"] * 2
        inbox.put("bills/a.json", bills.written())
        inbox.look()
        assert len(tell()) == 2
        assert "a delivery told of bills again" in caplog.text

        inbox.clock.advance(days=7, seconds=1)
        assert tell() == ["olga@dge.example"] * 3


class TestWithoutAFolder:
    """A server whose files are imported by command."""

    @pytest.fixture
    def settings(self, settings):
        return replace(settings, import_dir="")

    @ONCE
    def test_nothing_is_looked_through_and_nobody_is_alarmed(self, inbox, hire):
        inbox.put("bills/a.json", bills.written())
        inbox.look()
        desk = hire("support")
        desk.load("/console/imports")

        assert inbox.late() == {}
        assert inbox.names("bills") == ["a.json"]
        assert "No folder is looked through" in desk.text
        assert "Not watched" in desk.text
        assert "chip-bad" not in desk.text
