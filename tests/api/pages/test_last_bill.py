"""A scope for what is to pay now begins with the Customer's last bill, whatever the Client asks for."""

from __future__ import annotations

from datetime import date

import pytest

from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from tests.factories import customer_data as make
from tests.support import requirement

#: The app asks for ten years, and for everything after.
ASKED = ("amount_due", {"statement_date_start": "2016-03-01", "account_numbers": ["_all"]})


@pytest.fixture
def billed(app):
    """Give Ada bills of these days."""

    def bills(*days: date) -> None:
        with app.app_context(), transaction() as session:
            session.add_all(make.statement(f"bill-{day}", "a1", day) for day in days)

    return bills


@requirement("WG3-01-4.7-04", "WG3-01-4.7-05")
def test_the_grant_begins_with_the_last_bill(ask, visitor, billed, stored):
    request_id = ask(ASKED)
    billed(date(2025, 12, 31), date(2026, 2, 3), date(2026, 1, 2))
    visitor.load(f"/consent/{request_id}")
    visitor.sign_in()
    form = visitor.load(f"/consent/{request_id}")
    visitor.press("approve")

    assert "3 February 2026" in form.text
    assert "2016" not in form.text
    (grant,) = stored(GrantRow)
    assert grant.authorization_details[0]["statement_date_start"] == "2026-02-03"


@requirement("WG3-01-4.7-05")
@pytest.mark.parametrize("days", [(), (date(2026, 3, 20),)], ids=["no bill yet", "a bill dated ahead"])
def test_without_a_bill_before_it_the_grant_begins_with_itself(ask, visitor, billed, stored, days):
    request_id = ask(ASKED)
    billed(*days)
    visitor.load(f"/consent/{request_id}")
    visitor.sign_in()
    visitor.press("approve")

    (grant,) = stored(GrantRow)
    assert grant.authorization_details[0]["statement_date_start"] == "2026-03-01"


def test_other_scopes_begin_where_they_are_asked_to(ask, visitor, billed, stored):
    request_id = ask(("bill_statements", {**ASKED[1], "statement_date_start": "2024-03-01"}))
    billed(date(2026, 2, 3))
    visitor.load(f"/consent/{request_id}")
    visitor.sign_in()
    visitor.press("approve")

    (grant,) = stored(GrantRow)
    assert grant.authorization_details[0]["statement_date_start"] == "2024-03-01"
