"""Bills and certificates handed in as records: stored as documents of them are."""

import base64
from decimal import Decimal

import pytest

from cdsc_server.storage.bill_statements import BillStatementRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.eacs import EacRow
from tests.api.provisioning.homes import HOME

BILL = {
    "kind": "bill",
    "external_bill_id": "B-1",
    "external_account_id": "A-1",
    "bill_number": "2026-02-1",
    "statement_date": "2026-02-03",
    "currency": "USD",
    "previous_balance_amount": Decimal("80.00"),
    "previous_balance_paid": Decimal("80.00"),
    "previous_balance_unpaid": Decimal("0.00"),
    "new_charges_amount": Decimal("93.10"),
    "new_charges": [
        {
            "id": "1",
            "name": "Electricity",
            "types": ["electric_total"],
            "amount": Decimal("93.10"),
            "included_in_amount_due": True,
        }
    ],
    "new_balance_amount": Decimal("93.10"),
    "amount_due": Decimal("93.10"),
    "amount_due_date": "2026-02-24",
    "shutoff_prevention_minimum_due": None,
    "shutoff_prevention_date": None,
}
STRAY = {**BILL["new_charges"][0], "related_billsections": ["x"]}
CERTIFICATE = {
    "kind": "certificate",
    "external_certificate_id": "E-1",
    "beneficiary_type": "general",
    "eac_numbers": ["R-1"],
    "eac_format": "nobody_knows",
    "period_start": "2026-01-01T00:00:00Z",
    "period_end": "2026-02-01T00:00:00Z",
    "media_type": "application/json",
    "data": base64.b64encode(b"{}").decode(),
}


@pytest.fixture
def rows(app):
    def all_of(table):
        with app.app_context(), reading() as session:
            return session.query(table).all()

    return all_of


def test_a_bill_keeps_its_digits_and_is_corrected_in_place(office, rows):
    assert office.upload(*HOME, BILL).status_code == 200
    (first,) = rows(BillStatementRow)
    charge = {**BILL["new_charges"][0], "amount": Decimal("95.50")}
    amounts = {name: Decimal("95.50") for name in ("new_charges_amount", "new_balance_amount", "amount_due")}
    corrected = office.upload({**BILL, **amounts, "new_charges": [charge]})
    (second,) = rows(BillStatementRow)

    assert (str(first.amount_due), corrected.json["changed"], str(second.amount_due)) == ("93.10", 1, "95.50")
    assert first.bill_statement_id == second.bill_statement_id


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({**BILL, "currency": "dollars"}, "currency"),
        ({**BILL, "external_account_id": "A-2"}, "external_account_id"),
        ({**BILL, "new_charges": [STRAY]}, "new_charges[0].related_billsections[0]"),
        (CERTIFICATE, "eac_format"),
        ({**CERTIFICATE, "data": "??"}, "data"),
        ({**CERTIFICATE, "period_end": "2025-01-01T00:00:00Z"}, "period_end"),
        ({**CERTIFICATE, "beneficiaries": ["A-1"]}, "beneficiaries"),
    ],
)
def test_what_breaks_a_rule_is_told_by_its_place(office, rows, record, field):
    answer = office.upload(*HOME, record)

    assert (answer.status_code, [each["field"] for each in answer.json["errors"]]) == (422, [field])
    assert answer.json["errors"][0]["line"] == 7
    assert (rows(BillStatementRow), rows(EacRow)) == ([], [])


def test_a_certificate_of_a_known_format_is_stored(app, office, rows):
    (known, *_) = app.extensions["cdsc"].catalogue.eac_formats
    record = {**CERTIFICATE, "eac_format": known}
    outcomes = [office.upload(record).json for _ in range(2)]

    assert [(each["new"], each["unchanged"]) for each in outcomes] == [(1, 0), (0, 1)]
    assert [row.format for row in rows(EacRow)] == [known]
