"""The import folder: whole or not at all, without a trace of a second look, and safe to be killed."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys

import pytest

from cdsc_server.intake import files
from tests.factories import bills
from tests.factories.greenbutton import document, entries, hourly, one_row

ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PDF = b"%PDF-1.7\nmade up\n%%EOF\n"
CERTIFICATE = {"id": "GC-1", "beneficiary_type": "rateplan", "beneficiaries": ["E-GREEN"],
               "eac_format": "dge_certificate", "period_start": "2026-01-01T05:00:00Z",
               "period_end": "2026-02-01T05:00:00Z", "data_file": "one.json"}  # fmt: skip
#: When the files of `send` were written, a minute before the clock of these tests.
STAMP = "20260301T115900Z"

#: Looks through a folder and dies at the step that it is told.
DYING = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from cdsc_server import app
from cdsc_server.intake import folder
from cdsc_server.services import import_usage
from cdsc_server.settings import Settings

def die(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)

where = {"storing": import_usage, "stored": Path, "reported": folder, "noted": Path}
name = {"storing": "mark_synced", "stored": "write_text", "reported": "_note", "noted": "rename"}
setattr(where[sys.argv[1]], name[sys.argv[1]], die)
settings = Settings.from_environment()
ports = app.system_ports(settings)
with app.create_app(settings, ports).app_context():
    folder.look_through(Path(settings.import_dir), catalogue=app.load_catalogue(settings), ports=ports)
"""


def readings(*values, customer="7"):
    """A Green Button file."""
    return document(entries(one_row(hourly(values or [1]), customer=customer)))


def test_every_kind_is_taken_in_and_put_away_with_a_report(inbox, home):
    """What a document names comes in a directory with it, and leaves with it."""
    inbox.put("greenbutton/january.xml", readings())
    inbox.put("bills/may", None, may_json=bills.written(bills.bill(file="may.pdf")), may_pdf=PDF)
    inbox.put("eacs/october", None, october_json=json.dumps({"eacs": [CERTIFICATE]}).encode(), one_json=b"{}")

    inbox.look()

    assert inbox.names("done/greenbutton") == [f"{STAMP}-january.xml", f"{STAMP}-january.xml.report.txt"]
    assert sorted(each.name for each in (inbox.path / f"done/bills/{STAMP}-may").iterdir()) == ["may.json", "may.pdf"]
    report = (inbox.path / f"done/eacs/{STAMP}-october.report.txt").read_text(encoding="utf-8")
    assert report == "1 certificate (1 new, 0 changed, 0 unchanged)\n"
    assert [inbox.names(kind) for kind in ("greenbutton", "bills", "eacs")] == [[], [], []]
    assert [outcome for _, outcome, _ in inbox.noted()] == ["taken"] * 3
    assert inbox.rows("SELECT count(*) FROM usage_blocks") == inbox.rows("SELECT count(*) FROM eacs") == [(1,)]
    assert inbox.rows("SELECT count(*) FROM bill_statements WHERE file_hash IS NOT NULL") == [(1,)]


def test_the_same_file_again_only_confirms(inbox):
    def stored():
        return inbox.rows("SELECT * FROM usage_blocks"), inbox.rows("SELECT customer_id, modified FROM accounts")

    inbox.put("greenbutton/january.xml", readings(1, 2))
    inbox.look()
    first = stored()
    inbox.clock.advance(hours=1)
    inbox.put("greenbutton/january.xml", readings(1, 2))
    inbox.look()

    assert stored() == first
    assert [synced for (synced,) in inbox.rows("SELECT synced FROM usage_series")] != [first[1][0][1]]
    assert "(0 blocks new, 0 corrected, 1 unchanged)" in inbox.noted()[1][2]
    assert len(inbox.names("done/greenbutton")) == 4


def test_a_broken_delivery_is_rejected_whole_and_keeps_no_other_out(inbox, home):
    sound, broken = bills.bill(), {**bills.bill(bill_number="2"), "amount_due": "much"}
    inbox.put("bills/a.json", bills.written(sound | {"bill_number": "1"}, broken))
    inbox.put("bills/b.json", bills.written(sound))
    inbox.put("bills/c.json", b"{")

    inbox.look()

    assert inbox.rows("SELECT bill_statement_id FROM bill_statements") != []
    assert [(name, outcome) for name, outcome, _ in inbox.noted()] == [
        ("a.json", "refused"), ("b.json", "taken"), ("c.json", "refused"),
    ]  # fmt: skip
    report = (inbox.path / f"rejected/bills/{STAMP}-a.json.report.txt").read_text(encoding="utf-8")
    assert "bill_statements[1].amount_due must be a number\n" in report
    assert report.endswith("Nothing of this file was stored.\n")
    assert inbox.rows("SELECT count(*) FROM bill_statements") == [(1,)]
    assert inbox.names("bills") == []


@ONCE
def test_what_is_not_a_whole_document_is_rejected_unread(inbox, tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_bytes(bills.written())
    inbox.put("bills/scan.pdf", PDF)
    inbox.put("bills/deep.json", b"[" * 100_000)
    inbox.put("eacs/deep.json", b"[" * 100_000)
    inbox.put("customers/deep.json", b"[" * 100_000)
    inbox.put("bills/empty", None)
    (inbox.path / "bills/link.json").symlink_to(secret)
    os.utime(inbox.path / "bills/link.json", (0, 0), follow_symlinks=False)
    os.mkfifo(inbox.path / "bills/pipe.json")
    os.utime(inbox.path / "bills/pipe.json", (0, 0))

    inbox.look()

    noted = inbox.noted()
    reasons = {name: line for name, outcome, line in noted if outcome == "refused"}
    assert reasons["scan.pdf"].startswith("it does not end in .json")
    assert [(outcome, "nested too deep" in line) for name, outcome, line in noted if name == "deep.json"] == [
        ("refused", True)
    ] * 3
    assert {name: reasons[name].split(".json ")[1] for name in ("empty", "link.json", "pipe.json")} == dict.fromkeys(
        ("empty", "link.json", "pipe.json"), "is not a file. Nothing of this file was stored."
    )
    assert inbox.rows("SELECT count(*) FROM bill_statements") == [(0,)]
    assert secret.is_file()


@ONCE
def test_what_is_still_being_written_waits(inbox):
    inbox.put("greenbutton/january.xml.part", readings())
    inbox.put("greenbutton/.january.xml", readings())
    inbox.put("greenbutton/february.xml", readings(), seconds=29)
    inbox.look()
    waited = inbox.names("greenbutton")
    inbox.clock.advance(seconds=1)
    inbox.look()

    assert waited == ["february.xml", "january.xml.part"]
    assert inbox.names("greenbutton") == ["january.xml.part"]


@ONCE
def test_deliveries_are_taken_in_the_order_of_their_names(inbox):
    """So a correction that is called later is stored later, whatever came first."""
    inbox.put("greenbutton/2026-02.xml", readings(2), seconds=500)
    inbox.put("greenbutton/2026-01.xml", readings(1))

    inbox.look()

    assert [(name, line.split("(")[-1]) for name, _, line in sorted(inbox.noted())] == [
        ("2026-01.xml", "1 blocks new, 0 corrected, 0 unchanged)"),
        ("2026-02.xml", "0 blocks new, 1 corrected, 0 unchanged)"),
    ]


@pytest.mark.parametrize(
    ("fault", "says"),
    [(OSError(errno.ENOSPC, "No space left on device"), "No space left"), (KeyError("x"), "a fault of this server")],
)
@ONCE
def test_a_fault_of_ours_leaves_a_delivery_for_the_next_look(inbox, monkeypatch, fault, says):
    """Neither does it keep another out."""
    read = files.open_feed

    def fails(file, **named):
        if "a.xml" in file.name:
            raise fault
        return read(file, **named)

    inbox.put("greenbutton/a.xml", readings())
    inbox.put("greenbutton/b.xml", readings(customer="8"))
    with monkeypatch.context() as patched:
        patched.setattr(files, "open_feed", fails)
        inbox.look()
    left, told = inbox.names("greenbutton"), inbox.noted()
    inbox.look()

    assert left == ["a.xml"]
    assert [(name, outcome) for name, outcome, _ in told] == [("a.xml", "failed"), ("b.xml", "taken")]
    assert says in told[0][2]
    assert inbox.names("greenbutton") == []
    assert [outcome for _, outcome, _ in inbox.noted()] == ["taken", "taken"]
    assert inbox.rows("SELECT count(*) FROM customers") == [(2,)]


@ONCE
def test_what_cannot_be_put_away_is_told_of(inbox, monkeypatch):
    inbox.put("greenbutton/a.xml", readings())

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.rename", refuse)
        inbox.look()
    ((_, outcome, line),) = inbox.noted()
    inbox.look()

    assert (outcome, line) == ("failed", "it cannot be put away: Permission denied")
    assert inbox.names("greenbutton") == []
    assert [outcome for _, outcome, _ in inbox.noted()] == ["taken"]


@ONCE
def test_two_of_one_name_are_both_kept(inbox):
    for number in (1, 2):
        inbox.put("greenbutton/a.xml", readings(number))
        inbox.look()
    inbox.put("greenbutton/" + "x" * 240 + ".xml", readings(3))
    inbox.look()

    kept = [name for name in inbox.names("done/greenbutton") if not name.endswith("report.txt")]
    assert kept[0::2] == [f"{STAMP}-a.xml", f"{STAMP}.2-a.xml"]
    assert len(kept[1]) == len(f"{STAMP}-") + 200


@ONCE
def test_only_one_looks_at_a_time(inbox):
    inbox.put("greenbutton/a.xml", readings())
    with (inbox.path / ".lock").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        inbox.look()
        left = inbox.names("greenbutton")
    inbox.look()

    assert (left, inbox.names("greenbutton")) == (["a.xml"], [])


@ONCE
def test_the_timetable_has_the_folder_looked_through_as_often_as_is_set(inbox):
    assert inbox.due("import_folder") == [*range(0, 60, 5)]
    assert inbox.due("watch_sources") == [41]


@pytest.mark.slow
@pytest.mark.parametrize("step", ["storing", "stored", "reported", "noted"])
def test_a_look_that_is_killed_is_made_up_for_by_the_next(inbox, app, step):
    """At no step is a delivery lost, put away unread or taken twice."""
    inbox.put("greenbutton/a.xml", readings(1, 2))
    environment = {
        **os.environ, "CDSC_DATABASE_URL": inbox.settings.database_url, "CDSC_IMPORT_DIR": inbox.settings.import_dir,
        "CDSC_KEY_FILE": inbox.settings.key_file, "CDSC_BLOB_DIR": inbox.settings.blob_dir,
    }  # fmt: skip
    killed = subprocess.run([sys.executable, "-c", DYING, step], env=environment, check=False)
    left, stored = inbox.names("greenbutton"), inbox.rows("SELECT count(*) FROM usage_blocks")

    inbox.look()

    assert killed.returncode == -signal.SIGKILL
    assert (left, stored) == (["a.xml"], [(0,)] if step == "storing" else [(1,)])
    assert inbox.names("greenbutton") == []
    assert inbox.names("done/greenbutton") == [f"{STAMP}-a.xml", f"{STAMP}-a.xml.report.txt"]
    assert [(name, outcome) for name, outcome, _ in inbox.noted()] == [("a.xml", "taken")]
    assert inbox.rows("SELECT count(*) FROM usage_blocks") == inbox.rows("SELECT count(*) FROM customers") == [(1,)]
