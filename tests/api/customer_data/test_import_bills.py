"""`cdsc import bills`: what comes out of the listings is what was handed in, and nothing that breaks a rule gets in."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from cdsc_server import exact_json
from cdsc_server.cli import commands
from cdsc_server.errors import FaultyFile, InvalidRequest
from cdsc_server.services.import_bills import ImportedBills, import_bills
from cdsc_server.storage.db import transaction
from tests.factories import bills as make
from tests.factories import customer_data
from tests.support import requirement

PDF = b"%PDF-1.7\nmade up\n%%EOF\n"
WINDOWS = ("start_date", "end_date", "statement_date_start", "statement_date_end")
INCLUDES = (
    "include_bill_statements", "include_bill_statement_charges", "include_bill_statement_files",
    "include_bill_statement_programs", "include_bill_section_line_items", "include_bill_section_programs",
    "include_service_points", "include_meter_devices",
)  # fmt: skip

#: Imports like the command, but stops for good in the middle of its transaction.
STUCK = """
import sys, time
from cdsc_server.services import import_bills

store = import_bills._store_own

def store_and_stop(session, *given):
    yield from store(session, *given)
    session.flush()
    print("written", flush=True)
    time.sleep(60)

import_bills._store_own = store_and_stop
from cdsc_server.cli_imports import imports
imports(["bills", sys.argv[1]])
"""

with (Path(__file__).parents[2] / "data" / "bill_objects.tsv").open(encoding="utf-8", newline="") as _file:
    PARTS = list(csv.DictReader(_file, delimiter="\t"))


@dataclass(frozen=True)
class Desk:
    """Imports bills of Ada's, as a program does and as a person does."""

    app: Any
    ports: Any
    settings: Any
    directory: Path

    def take(self, *bills: dict[str, Any], customer: str | None = None) -> ImportedBills:
        """Import these bills, or one; files are those of the directory."""
        document = exact_json.loads(make.written(*bills))
        with self.app.app_context():
            return import_bills(
                document,
                open_file=lambda name: (self.directory / name).open("rb"),
                blobs=self.ports.blobs,
                clock=self.ports.clock,
                customer=customer,
            )

    def run(self, *arguments: object, raw: bytes | None = None) -> Any:
        """The command with a file of one bill, or of these bytes."""
        self.path.write_bytes(make.written() if raw is None else raw)
        return CliRunner(env=self.environment).invoke(
            commands, ["import", "bills", *map(str, arguments), str(self.path)]
        )

    @property
    def path(self) -> Path:
        return self.directory / "bills.json"

    @property
    def environment(self) -> dict[str, str]:
        return {"CDSC_DATABASE_URL": self.settings.database_url, "CDSC_BLOB_DIR": self.settings.blob_dir}

    def stored(self) -> list[Any]:
        """All statements and sections as somebody outside sees them."""
        engine = create_engine(self.settings.database_url)
        with engine.connect() as connection:
            found = [
                connection.execute(text(f"SELECT * FROM {table} ORDER BY 1, 3")).all()
                for table in ("bill_statements", "bill_sections")
            ]
        engine.dispose()
        return found


@pytest.fixture
def desk(app, ports, settings, home, tmp_path):
    directory = tmp_path / "in"
    directory.mkdir()
    return Desk(app, ports, settings, directory)


@pytest.fixture
def reads(agreed, get):
    """Ada's statements and sections, read by somebody to whom everything of them is open."""
    plain = {**dict.fromkeys(WINDOWS, "infinite"), **dict.fromkeys(INCLUDES, True)}

    def reads():
        token = agreed.to(agreed.entry("service_bills", "home", kind="account_selection", **plain), token="all")
        listed = [get(f"/cds/{name}", token)[name] for name in ("bill_statements", "bill_sections")]
        return listed[0], {each["section_types"][0]: each for each in listed[1]}

    return cache(reads)


@requirement("WG3-01-10.5.1-22", "WG3-01-10.6.1-23", "WG3-01-7.2.5-04", "WG3-01-7.2.6.1-04", "WG3-01-7.2.6.2-04")
def test_what_was_handed_in_is_what_is_listed(desk, reads):
    """Every member as it was written, digit for digit; ids are ours, and the same wherever they are named."""
    bill = make.bill()
    desk.take(bill)

    (statement,), sections = reads()

    as_written = {*bill} - {"bill_number", "new_charges", "bill_sections"}
    assert exact_json.dumps({name: statement[name] for name in as_written}) == exact_json.dumps(
        {name: bill[name] for name in as_written}
    )
    (house, extras), told = bill["bill_sections"], sections["service_contract"]
    for name in ("section_types", "start_date", "end_date", "distribution_entity", "supply_entity", "service_programs"):
        assert told[name] == house[name]
    assert told["cds_billstatement_id"] == statement["cds_billstatement_id"]
    assert {told["account_number"], sections["other_section"]["account_number"]} == {"A-home"}
    assert (told["currency"], told["cds_account_id"]) == ("USD", "home")
    assert sections["other_section"]["section_types"] == extras["section_types"]


@pytest.mark.parametrize("row", [pytest.param(row, marks=requirement(row["row"]) if row["row"] else (),
                                              id=f"{row['object']}.{row['field']}") for row in PARTS])  # fmt: skip
def test_each_part_of_a_bill_has_its_members_in_their_types(desk, reads, row):
    """Always, or where there is something to say; null only where the standard allows it."""
    desk.take()

    (statement,), sections = reads()
    parts = {
        "new_charge": statement["new_charges"],
        "bill_section_usage_detail": sections["service_contract"]["usage_details"],
        "bill_section_cost_detail": sections["service_contract"]["cost_details"],
        "bill_section_line_item": sections["service_contract"]["line_items"],
    }[row["object"]]

    found = [each[row["field"]] for each in parts if row["field"] in each]
    assert found
    assert row["present"] == "where" or len(found) == len(parts)
    for value in found:
        assert is_of(row["type"], value) or (value is None and row["may_be"] == "null")


def is_of(kind: str, value: Any) -> bool:
    if kind.startswith("Array"):
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if kind == "date":
        return date.fromisoformat(value).isoformat() == value
    kinds = {"decimal": (Decimal, int), "boolean": bool, "decimal or string": (Decimal, int, str)}
    return isinstance(value, kinds.get(kind, str)) and (kind == "boolean" or not isinstance(value, bool))


@requirement("WG3-01-10.5.2-04", "WG3-01-10.5.2-07", "WG3-01-10.5.3-02", "WG3-01-10.6.7-06", "WG3-01-10.6.7-15")
def test_charges_stay_charges_and_credits_stay_credits(desk, reads):
    """A deposit that comes back is below nothing, and so is a credit among the lines."""
    desk.take()

    (statement,), sections = reads()

    signs = {each["name"]: each["amount"] > 0 for each in statement["new_charges"]}
    assert signs == {"Electricity": True, "Gas": True, "Deposit back": False, "Paid by plan": True}
    costs = {each["name"]: each["cost"] > 0 for each in sections["service_contract"]["line_items"]}
    assert costs == {
        "Distribution - Usage": True, "Supply - Usage": True, "Loyalty credit": False, "City tax": True
    }  # fmt: skip


@requirement("WG3-01-10.5.2-06", "WG3-01-10.6.7-10", "WG3-01-10.6.7-11")
def test_what_names_another_part_names_it_by_its_id(desk, reads):
    """Charges their sections, lines the values and totals that they are in."""
    desk.take()

    (statement,), sections = reads()

    house = sections["service_contract"]
    assert statement["new_charges"][0]["related_billsections"] == [house["cds_billsection_id"]]
    usage, costs = ({each["id"] for each in house[name]} for name in ("usage_details", "cost_details"))
    (line, *_) = house["line_items"]
    assert len(line["related_usage_details"]) == 1
    assert len(line["related_cost_details"]) == 2
    assert set(line["related_usage_details"]) <= usage
    assert set(line["related_cost_details"]) <= costs


@requirement("WG3-01-10.6.3-08", "WG3-01-10.6.5-06")
def test_what_the_bill_gives_no_name_gets_one(desk, reads):
    """That says what it is."""
    desk.take()

    _, sections = reads()

    house = sections["service_contract"]
    assert [each["name"] for each in house["usage_details"]] == [
        "Peak kWh", "Power drawn, peak, 2026-04-01 to 2026-04-30", "Rate class"
    ]  # fmt: skip
    assert [each["name"] for each in house["cost_details"]] == ["Total", "Delivery", "Taxes"]


@requirement("WG3-01-10.6.1-17")
def test_sections_that_cover_a_contract_together_name_each_other(desk, reads):
    """Delivery and supply of one house, say; the third, about nothing of it, names none."""
    bill = make.bill()
    house, extras = bill["bill_sections"]
    supply = {**house, "section_number": "supply", "section_types": ["electric", "service_contract"]}
    desk.take(make.bill(bill_sections=[house, supply, extras]))

    _, sections = reads()

    one, other = sections["service_contract"], sections["electric"]
    assert one["related_billsections"] == [other["cds_billsection_id"]]
    assert other["related_billsections"] == [one["cds_billsection_id"]]
    assert sections["other_section"]["related_billsections"] == []


@requirement("WG3-01-10.6.2-02", "WG3-01-10.6.2-03", "WG3-01-10.6.1-06")
def test_a_section_of_a_sub_account_is_its_own_and_stands_on_the_bill_of_its_parent(desk, agreed, get):
    """Account and number of the one below; the statement of the one above."""
    below = {**make.bill()["bill_sections"][1], "section_types": ["sub_account"], "account_number": "A-home"}
    desk.take(make.bill(account_number="A-family", new_charges=[], bill_sections=[below]))
    plain = {**dict.fromkeys(WINDOWS, "infinite"), "include_bill_statements": True}
    agreed.to(agreed.entry("service_bills", "home", "family", kind="account_selection", **plain))

    (section,) = get("/cds/bill_sections")["bill_sections"]
    (statement,) = get("/cds/bill_statements")["bill_statements"]

    assert (section["cds_account_id"], section["account_number"]) == ("home", "A-home")
    assert section["cds_billstatement_id"] == statement["cds_billstatement_id"]
    assert statement["cds_account_id"] == "family"


@requirement("WG3-01-10.6.2-02")
@pytest.mark.parametrize(
    ("account", "types", "rule"),
    [
        ("A-family", ["sub_account"], "must be of an Account below that of the statement"),
        ("A-home", ["sub_account"], "must be of an Account below that of the statement"),
        ("A-family", ["other_section"], "must be of the statement's Account, but for type sub_account"),
        ("A-bobs", ["sub_account"], "names no Account that is here"),
    ],
)
def test_a_section_of_another_account_is_one_of_a_sub_account(desk, account, types, rule):
    """Nobody's bill holds what is billed to somebody beside or above."""
    section = {**make.bill()["bill_sections"][1], "section_types": types, "account_number": account}

    with pytest.raises(FaultyFile, match=re.escape(f"bill_statements[0].bill_sections[0].account_number {rule}")):
        desk.take(make.bill(new_charges=[], bill_sections=[section]))

    assert desk.stored() == [[], []]


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("related_servicecontracts", "C-bobs-contract"),
        ("related_servicepoints", "bobs-sp"),
        ("related_meterdevices", "M-none"),
    ],
)
def test_what_is_not_the_customers_cannot_be_named(desk, member, name):
    """By its id as little as by its number."""
    bill = make.bill()
    bill["bill_sections"][0][member] = [name]

    with pytest.raises(FaultyFile, match=re.escape(f"bill_statements[0].bill_sections[0].{member}[0] names no ")):
        desk.take(bill)

    assert desk.stored() == [[], []]


def test_accounts_are_found_by_id_and_by_number_where_one_has_it(app, desk):
    """Of two with one number, the Customer or the id says which; the number of then stays on the bill."""
    with app.app_context(), transaction() as session:
        session.add(customer_data.account("twin", "bob", account_number="A-home"))
    bare = make.bill(bill_sections=[], new_charges=[], bill_number="bare")

    with pytest.raises(FaultyFile, match=r"account_number names 2 Accounts: give an id"):
        desk.take(bare)
    assert desk.stored() == [[], []]
    with pytest.raises(InvalidRequest, match="there is no Customer nobody"):
        desk.take(bare, customer="nobody")

    assert desk.take(bare, customer="bob").new == 1
    assert desk.take({**bare, "cds_account_id": "home", "account_number": "A-then"}).new == 1
    assert {(row.account_id, row.account_number) for row in desk.stored()[0]} == {
        ("twin", "A-home"),
        ("home", "A-then"),
    }


@requirement("WG3-01-10.5.1-03", "WG3-01-10.5.1-04", "WG3-01-10.6.1-03", "WG3-01-10.6.1-04")
def test_the_same_bills_again_change_nothing_but_when_they_were_confirmed(desk, clock, reads):
    """Statements and sections alike."""
    first = desk.take()
    before = desk.stored()
    clock.advance(days=1)

    again = desk.take()

    assert (first.new, first.corrected, first.unchanged) == (1, 0, 0)
    assert (again.new, again.corrected, again.unchanged) == (0, 0, 1)
    after = desk.stored()
    for table, old in zip(after, before, strict=True):
        for row, known in zip(table, old, strict=True):
            told, had = row._asdict(), known._asdict()
            assert told.pop("synced") > had.pop("synced")
            assert told == had


@requirement("WG3-01-10.5.1-03", "WG3-01-10.6.1-03")
def test_a_corrected_bill_takes_the_place_of_the_one_before(desk, clock, reads):
    """What changed says so, what did not does not, and what is gone is gone."""
    desk.take(make.bill(), make.bill(bill_number="other", bill_sections=[], new_charges=[]))
    clock.advance(days=1)
    bill = make.bill(amount_due=Decimal("109.900"))
    bill["new_charges"][0]["amount"] = Decimal("93.1250")
    bill["bill_sections"] = bill["bill_sections"][:1]

    done = desk.take(bill)

    assert (done.new, done.corrected, done.unchanged) == (0, 1, 0)
    statements, sections = reads()
    changed = {str(each["amount_due"]): each["cds_created"] != each["cds_modified"] for each in statements}
    assert changed == {"109.900": True, "109.90": False}
    assert "93.1250" in {str(charge["amount"]) for each in statements for charge in each["new_charges"]}
    assert set(sections) == {"service_contract"}
    assert sections["service_contract"]["cds_created"] == sections["service_contract"]["cds_modified"]


@requirement("WG3-01-10.5.1-28", "WG3-01-10.5.3-03")
def test_a_bill_that_does_not_add_up_is_taken_and_told_of(desk, reads):
    """By a charge of ours where the source does not know why, and by its own words where it does."""
    known = {"id": "d", "name": "VPP pilot credit", "types": ["amount_due_sum_difference"], "amount": Decimal("-9.90"),
             "included_in_amount_due": True}  # fmt: skip
    bare = {"bill_sections": [], "amount_due": Decimal(100)}
    done = desk.take(
        make.bill(bill_number="why", new_charges=[*make.bill(bill_sections=[])["new_charges"][1:3], known],
                  **{**bare, "amount_due": Decimal("6.875")}),
        make.bill(bill_number="odd", new_charges=[], **bare),
    )  # fmt: skip

    statements, _ = reads()

    assert done.differences == {"odd": Decimal("90.50")}
    lines = {str(each["amount_due"]): each["new_charges"][-1] for each in statements}
    assert (lines["6.875"]["name"], lines["6.875"]["amount"]) == ("VPP pilot credit", Decimal("-9.90"))
    assert (lines["100"]["types"], lines["100"]["amount"]) == (["amount_due_sum_difference"], Decimal("90.50"))


@requirement("WG3-01-10.5.1-23", "WG3-01-10.5.1-26", "WG3-01-7.2.5.1-04")
def test_the_file_of_a_bill_comes_with_it(desk, reads, client):
    """And is what the address of the bill serves."""
    (desk.directory / "may").mkdir()
    (desk.directory / "may" / "1.pdf").write_bytes(PDF)

    done = desk.take(make.bill(file="may/1.pdf"))

    (statement,), _ = reads()
    address = urlsplit(statement["file_uri"]).path
    answer = client.get(address, headers={"Authorization": "Bearer all"}, buffered=True)
    assert done.files == 1
    assert (answer.data, answer.headers["Content-Type"]) == (PDF, statement["file_mimetype"])


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"file": "none.pdf"}, "bill_statements[0].file cannot be read: No such file or directory"),
        ({"file": "../secret.pdf"}, "bill_statements[0].file cannot be read: it does not lie beside the JSON file"),
        ({"file": "link.pdf"}, "bill_statements[0].file cannot be read: it does not lie beside the JSON file"),
        ({"file": "text.pdf"}, "bill_statements[0].file must be a PDF file, which it is said to be"),
        (
            {"file": "text.pdf", "file_mimetype": "pdf"},
            "bill_statements[0].file_mimetype mime_type: it must be a media",
        ),
    ],
)
def test_a_file_that_is_not_there_or_not_what_it_is_said_to_be_is_refused(desk, changes, fault):
    """Nor is any that lies elsewhere; the bills and the good files stay out with it."""
    (desk.directory / "text.pdf").write_text("no bill")
    (desk.directory.parent / "secret.pdf").write_bytes(PDF)
    (desk.directory / "link.pdf").symlink_to(desk.directory.parent / "secret.pdf")
    (desk.directory / "good.pdf").write_bytes(PDF)

    result = desk.run(raw=make.written(make.bill(**changes), make.bill(bill_number="2", file="good.pdf")))

    assert result.exit_code == 1
    assert fault in result.stderr
    assert desk.stored() == [[], []]
    assert not Path(desk.settings.blob_dir).exists()


def test_it_says_what_became_of_each_file(desk):
    """On a terminal."""
    odd = make.bill(bill_number="odd", amount_due=Decimal("110.00"))
    (desk.directory / "1.pdf").write_bytes(PDF)
    raw = make.written(make.bill(file="1.pdf"), odd)

    done, again = desk.run(raw=raw), desk.run("--customer", "ada", raw=raw)

    assert done.exit_code == again.exit_code == 0, done.output
    assert "2 Bill Statements (2 new, 0 corrected, 0 unchanged), 4 Bill Sections, 1 file\n" in done.stdout
    assert "  bill odd does not add up: a charge tells the difference of 0.100\n" in done.stdout
    assert "2 Bill Statements (0 new, 0 corrected, 2 unchanged)" in again.stdout


@requirement("WG3-01-10.5.1-17", "WG3-01-10.5.1-18")
def test_every_fault_is_named_with_its_place_and_nothing_is_stored(desk):
    """So that a file is repaired at one go."""
    bill = make.bill()
    del bill["amount_due"], bill["amount_due_date"]

    result = desk.run(raw=make.written(make.bill(bill_number="1"), bill))

    assert result.exit_code == 1
    assert result.stderr == (
        f"{desk.path}: bill_statements[1].amount_due is missing\n"
        f"{desk.path}: bill_statements[1].amount_due_date is missing\n"
        f"{desk.path}: 2 faults. Nothing of this file was stored.\n"
    )
    assert desk.stored() == [[], []]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"{", "not JSON: "),
        (b"\xff", "not JSON: "),
        (b"[]", "must be an object\n"),
        (make.written(make.bill(), make.bill()), "[1].bill_number must not be that of one before for the same Account"),
        (make.written(*(make.bill(currency="?", bill_number=str(n)) for n in range(60))), "the first 50 of 60 faults."),
    ],
)
def test_what_is_no_file_of_bills_is_refused(desk, raw, told):
    """With words an operator can act on."""
    result = desk.run(raw=raw)

    assert result.exit_code == 1
    assert told in result.stderr
    assert desk.stored() == [[], []]


def test_the_schema_is_printed_for_other_programs(desk):
    """It takes what the import takes, and an import is not started."""
    result = CliRunner().invoke(commands, ["import", "bills", "--schema"])

    schema = json.loads(result.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert jsonschema.Draft202012Validator(schema).is_valid(make.document())


def test_the_file_of_the_page_for_operators_can_be_imported(desk):
    """As it stands there."""
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "operate" / "import-bills.md").read_text(encoding="utf-8")
    (desk.directory / "2026-05-0001.pdf").write_bytes(PDF)

    result = desk.run(raw=page.partition("```json\n")[2].partition("```")[0].encode())

    assert "1 Bill Statement (1 new, 0 corrected, 0 unchanged), 1 Bill Section, 1 file\n" in result.stdout


@pytest.mark.slow
def test_a_killed_import_stores_nothing_and_can_be_repeated(desk):
    """Not even the statement that was written already."""
    desk.path.write_bytes(make.written())
    child = subprocess.Popen(
        [sys.executable, "-c", STUCK, str(desk.path)],
        env={**os.environ, **desk.environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout.readline() == "written\n"
        seen_from_outside = desk.stored()
        child.send_signal(signal.SIGKILL)

    assert seen_from_outside == desk.stored() == [[], []]
    assert desk.run().exit_code == 0
    assert [len(table) for table in desk.stored()] == [1, 2]
