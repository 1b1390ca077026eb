"""`cdsc import eacs`: a delivery whole or not at all, again without a trace, corrected in place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text

from cdsc_server.cli import commands
from cdsc_server.connectors.eac_files import MOST_BYTES
from tests.support import requirement

JANUARY = {"period_start": "2026-01-01T05:00:00Z", "period_end": "2026-02-01T05:00:00Z"}
PLAIN = {"id": "GC-1", "beneficiary_type": "rateplan", "beneficiaries": ["E-GREEN"], "eac_numbers": ["DG-1"],
         "eac_format": "dge_certificate", "supply_type": "wind", "data_file": "one.json", **JANUARY}  # fmt: skip


@pytest.fixture
def run(database_url):
    def run(*paths: Path) -> Result:
        environment = {"CDSC_DATABASE_URL": database_url}
        return CliRunner(env=environment).invoke(commands, ["import", "eacs", *map(str, paths)])

    return run


@pytest.fixture
def rows(database_url):
    """What a query finds, seen from outside."""
    engine = create_engine(database_url)

    def rows(query: str) -> list[tuple[Any, ...]]:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    yield rows
    engine.dispose()


@pytest.fixture
def deliver(tmp_path):
    """Writes a delivery of these certificates, and the file of data that they name."""

    def deliver(*eacs: Any, name: str = "eacs.json", data: bytes = b'{"mwh": 1.50}') -> Path:
        (tmp_path / "one.json").write_bytes(data)
        path: Path = tmp_path / name
        path.write_text(json.dumps({"eacs": eacs}), encoding="utf-8")
        return path

    return deliver


def test_a_delivery_is_stored_and_a_second_one_only_confirms_it(run, rows, deliver):
    general = {**PLAIN, "id": "GC-2", "beneficiary_type": "general", "beneficiaries": [], "supply_type": "hydro"}
    path = deliver(PLAIN, general)
    done = run(path)
    stamps = rows("SELECT eac_id, created, modified FROM eacs ORDER BY eac_id")
    again = run(path)

    assert (done.exit_code, again.exit_code) == (0, 0)
    assert done.stdout == f"{path}: 2 certificates (2 new, 0 changed, 0 unchanged)\n"
    assert again.stdout == f"{path}: 2 certificates (0 new, 0 changed, 2 unchanged)\n"
    assert rows("SELECT beneficiary_type, beneficiary FROM eac_beneficiaries ORDER BY 1") == [
        ("general", ""),
        ("rateplan", "E-GREEN"),
    ]
    assert rows("SELECT eac_id, created, modified FROM eacs ORDER BY eac_id") == stamps
    assert {bytes(data) for (data,) in rows("SELECT data FROM eacs")} == {b'{"mwh": 1.50}'}


@requirement("WG3-01-10.9.1-03", "WG3-01-10.9.1-04")
def test_only_a_change_moves_modified(run, rows, deliver):
    """Beneficiaries, numbers and data are parts of a certificate like any other."""
    run(deliver(PLAIN))
    moved = []
    for changed, data in [
        (PLAIN, b'{"mwh": 1.50}'),
        ({**PLAIN, "beneficiaries": ["E-GREEN", "E-SOLAR"]}, b'{"mwh": 1.50}'),
        ({**PLAIN, "eac_numbers": []}, b'{"mwh": 1.50}'),
        ({**PLAIN, "eac_numbers": []}, b'{"mwh": 1.5}'),
    ]:
        ((modified, synced),) = rows("SELECT modified, synced FROM eacs")
        run(deliver(changed, data=data))
        ((now_modified, now_synced),) = rows("SELECT modified, synced FROM eacs")
        moved.append((now_modified != modified, now_synced > synced))

    assert moved == [(False, True), (True, True), (True, True), (True, True)]
    assert rows("SELECT count(*) FROM eac_beneficiaries") == [(1,)]


@requirement("WG3-01-10.9.1-12")
@pytest.mark.parametrize(
    ("eacs", "reason"),
    [
        ([{**PLAIN, "eac_format": "unknown"}], "is not one of the configuration's eac_formats"),
        ([PLAIN, PLAIN], "GC-1 is delivered twice"),
        ([{**PLAIN, "beneficiary_type": "town"}], "eacs[1].beneficiary_type must be one of customer, account"),
        ([{**PLAIN, "period_end": "tomorrow"}], "eacs[1]: period_start and period_end"),
        ([{**PLAIN, "period_end": PLAIN["period_start"]}], "period_end must be later"),
        ([{**PLAIN, "supply_type": "windy"}], "supply_type must be one of"),
        ([{**PLAIN, "data_file": "../one.json"}], "eacs[1].data_file must lie beside the delivery"),
        ([{**PLAIN, "data_file": "two.json"}], "No such file or directory"),
        ([{**PLAIN, "eac_number": ["1"]}], "eacs[1].eac_number is not known"),
        ([{**PLAIN, "beneficiaries": "E-GREEN"}], "eacs[1].beneficiaries must be an array of texts"),
        ([{**PLAIN, "id": ""}], "eacs[1].id must be a text"),
        ([PLAIN, 7], "eacs[2] must be an object"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_fault_keeps_the_whole_delivery_out_and_no_other(run, rows, deliver, eacs, reason):
    good = deliver({**PLAIN, "id": "GC-9"}, name="good.json")
    result = run(deliver({**PLAIN, "id": "GC-0"}, *eacs), good)

    assert result.exit_code == 1
    assert reason in result.stderr
    assert result.stderr.endswith("Nothing of this file was stored.\n")
    assert rows("SELECT count(*) FROM eacs") == [(1,)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_no_delivery_is_told_in_a_line(run, rows, deliver, tmp_path):
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    large = run(deliver(PLAIN, data=b"x" * (MOST_BYTES + 1)))
    broken, listed = run(tmp_path / "broken.json"), run(tmp_path / "list.json")

    assert "has more than 1,000,000 bytes" in large.stderr
    assert "it is not JSON" in broken.stderr
    assert "an array named eacs" in listed.stderr
    assert rows("SELECT count(*) FROM eacs") == [(0,)]
