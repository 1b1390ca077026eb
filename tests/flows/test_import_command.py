"""`cdsc import greenbutton` on a terminal, on a full disk, and killed in the middle."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, create_engine, event, text

from cdsc_server import cli_imports
from cdsc_server.cli import commands
from cdsc_server.intake import files
from tests.factories.greenbutton import Point, Reading, Row, document, entries, hourly, one_row

SAMPLES = Path(__file__).parents[2] / "examples" / "greenbutton"
YEAR = next(SAMPLES.glob("Coastal*.xml"))

#: Imports like the command, but stops for good in the middle of its transaction.
STUCK = """
import sys, time
from cdsc_server.services import import_usage

put_many = import_usage.put_many

def put_many_and_stop(*given, **named):
    put_many(*given, **named)
    print("written", flush=True)
    time.sleep(60)

import_usage.put_many = put_many_and_stop
from cdsc_server.cli_imports import imports
imports(["greenbutton", sys.argv[1]])
"""


@pytest.fixture
def run(database_url):
    """The command with these arguments."""

    def run(*arguments: object) -> Result:
        given = ["import", "greenbutton", *map(str, arguments)]
        return CliRunner(env={"CDSC_DATABASE_URL": database_url}).invoke(commands, given)

    return run


@pytest.fixture
def count(database_url) -> Iterator:
    """How many rows a table has, seen from outside."""
    engine = create_engine(database_url)

    def count(table: str) -> int:
        with engine.connect() as connection:
            return connection.scalar(text(f"SELECT count(*) FROM {table}"))

    yield count
    engine.dispose()


def written(path: Path, *points: Point) -> Path:
    path.write_bytes(document(entries(*points)))
    return path


def test_it_says_what_became_of_each_file(run, count):
    done, again = run(YEAR), run(YEAR)

    assert done.exit_code == again.exit_code == 0
    assert "1 Customer (1 new), 1 Account, 1 Meter Device, 8,760 readings (12 blocks new, 0 corrected" in done.stdout
    assert "1 Customer (0 new)" in again.stdout
    assert "(0 blocks new, 0 corrected, 12 unchanged)" in again.stdout
    assert done.stderr == again.stderr == ""
    assert count("usage_blocks") == 12


def test_a_broken_file_does_not_keep_the_others_out(run, count, tmp_path):
    good = written(tmp_path / "good.xml", one_row(hourly([1])))
    bad = written(tmp_path / "bad.xml", one_row([Reading(value="x")], customer="8"))
    other = written(tmp_path / "other.xml", one_row(hourly([2]), customer="9"))

    result = run(good, bad, other)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"{bad}: line ")
    assert result.stderr.endswith("value is not an integer: 'x'. Nothing of this file was stored.\n")
    assert (count("customers"), count("usage_blocks")) == (2, 2)


def test_an_unknown_customer_is_told_in_a_line(run, count, tmp_path):
    result = run("--customer", "nobody@example.org", written(tmp_path / "a.xml", one_row(hourly([1]))))

    assert result.exit_code == 1
    assert "there is no Customer nobody@example.org" in result.stderr
    assert count("accounts") == 0


def test_what_was_left_out_is_named(run, tmp_path):
    volts = Row("1", {"commodity": 1, "uom": 29}, [hourly([230])], title="Voltage")

    result = run(written(tmp_path / "volts.xml", Point(rows=[volts])))

    assert result.exit_code == 0
    assert "left out, for want of a Value Type: Voltage: uom 29" in result.stdout


def test_a_terminal_sees_the_bytes_go_by(run, monkeypatch):
    seen: list[int] = []

    class Bar:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def update(self, size):
            seen.append(size)

    monkeypatch.setattr(cli_imports, "_is_terminal", lambda: True)
    monkeypatch.setattr(click, "progressbar", lambda **named: seen.append(-named["length"]) or Bar())

    assert run(YEAR).exit_code == 0
    assert sum(seen) == 0 < len(seen)


def test_a_full_temporary_directory_is_told_in_a_line(run, count, monkeypatch):
    def full(*_given, **_named):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "open_feed", full)

    result = run(YEAR)

    assert result.exit_code == 1
    assert result.stderr == f"{YEAR}: No space left on device. Nothing of this file was stored.\n"
    assert count("customers") == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_stores_nothing_and_the_import_can_be_repeated(run, count):
    def fill(connection, _record):
        # Less than there is already: SQLite then keeps the pages it has and gets no more.
        connection.execute("PRAGMA max_page_count = 1")

    event.listen(Engine, "connect", fill)
    try:
        full = run(YEAR)
    finally:
        event.remove(Engine, "connect", fill)

    assert full.exit_code == 1
    assert "the database refused: database or disk is full. Nothing of this file was stored." in full.stderr
    assert count("customers") == count("usage_series") == count("usage_blocks") == 0
    assert run(YEAR).exit_code == 0
    assert count("usage_blocks") == 12


@pytest.mark.slow
def test_a_killed_import_stores_nothing_and_can_be_repeated(database_url, run, count):
    environment = {**os.environ, "CDSC_DATABASE_URL": database_url}
    child = subprocess.Popen(
        [sys.executable, "-c", STUCK, str(YEAR)], env=environment, stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout.readline() == "written\n"
        seen_from_outside = [count("customers"), count("usage_blocks")]
        child.send_signal(signal.SIGKILL)

    assert seen_from_outside == [0, 0]
    assert count("customers") == count("usage_series") == count("usage_blocks") == 0
    assert run(YEAR).exit_code == 0
    assert count("usage_blocks") == 12
