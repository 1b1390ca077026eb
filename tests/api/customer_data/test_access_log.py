"""What was read by a Grant is noted: of which listing, how much, about when, and nothing of the data itself."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from cdsc_server.services import grant_reads
from cdsc_server.services.grant_reads import Read
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grant_reads import GrantReadRow
from cdsc_server.storage.grants import GrantRow
from tests.factories import customer_data

ALL = {"include_accounts": True, "include_service_contracts": True, "include_service_points": True}
JANUARY, FEBRUARY, MARCH = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))


@pytest.fixture
def noted(app):
    """The rows of the log, as (listing, answers, objects, earliest, latest)."""

    def rows():
        with app.app_context(), reading() as session:
            found = session.scalars(select(GrantReadRow).order_by(GrantReadRow.hour, GrantReadRow.listing)).all()
            return [(row.listing, row.answers, row.objects, row.earliest, row.latest) for row in found]

    return rows


@pytest.fixture
def everything(agreed):
    """A Grant over the house and all that hangs on it."""
    return agreed.to(agreed.entry("distribution_details", "house", **ALL))


def test_answers_of_one_hour_are_counted_together(everything, get, noted):
    get("/cds/meter_devices")
    get("/cds/meter_devices")
    get("/cds/accounts")

    assert noted() == [("accounts", 1, 2, None, None), ("meter_devices", 2, 4, None, None)]


def test_the_next_hour_begins_anew(app, everything, noted):
    with app.app_context():
        with reading() as session:
            (grant_id,) = session.scalars(select(GrantRow.grant_id))
        for minutes in (59, 60, 119):
            grant_reads.note_reads(grant_id, [Read("accounts", 1)], at=MARCH + timedelta(minutes=minutes))

    assert [answers for _, answers, *_ in noted()] == [1, 2]


def test_two_kinds_of_one_answer_are_told_apart(everything, get, noted):
    get("/distribution_details")

    assert noted() == [("meter_devices", 1, 2, None, None), ("service_points", 1, 1, None, None)]


def test_what_readings_are_about_grows_with_the_hour(app, agreed, get, noted):
    """Their first and last instant, whichever answer held them."""
    with app.app_context(), transaction() as session:
        row = customer_data.series(session, "used", meter_device_id="m-house")
        customer_data.readings(session, row, JANUARY, ["0.1"] * 24 * 59)
    agreed.to(agreed.entry("usage_data", "house", segment_start="P5Y", **ALL))

    get("/cds/usage_segments", after=(FEBRUARY + timedelta(days=1)).isoformat())
    get("/cds/usage_segments")

    assert noted() == [("usage_segments", 2, 3, JANUARY, MARCH)]


def test_bills_are_told_by_their_local_days(app, agreed, get, noted):
    """From the beginning of the first to the end of the last, in New York."""
    with app.app_context(), transaction() as session:
        session.add(customer_data.statement("june", "home", date(2025, 6, 3)))
    plain = {"statement_date_start": "infinite", "statement_date_end": "infinite"}
    agreed.to(agreed.entry("bill_statements", "home", kind="account_selection", **plain))

    get("/cds/bill_statements")

    day = datetime(2025, 6, 3, 4, tzinfo=UTC)
    assert noted() == [("bill_statements", 1, 1, day, day + timedelta(days=1))]


def test_an_answer_without_objects_is_noted_too(everything, get, noted):
    """That somebody looked is worth knowing."""
    get("/cds/accounts", cds_account_ids="bobs")

    assert noted() == [("accounts", 1, 0, None, None)]


def test_a_refused_read_is_not_noted(everything, get, noted):
    get("/cds/usage_segments", status=403)
    get("/cds/accounts", "no-such-token", status=401)

    assert noted() == []


def test_a_database_too_busy_to_note_a_read_still_answers(everything, get, noted, monkeypatch):
    def busy(_values):
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    with monkeypatch.context() as patch:
        patch.setattr(grant_reads, "count_read", busy)
        answered = get("/cds/accounts")

    assert answered["accounts"]
    assert noted() == []


def test_noting_a_read_takes_one_statement(everything, get, statements):
    get("/cds/accounts")

    asked = statements(lambda: get("/cds/accounts"))

    assert sum("grant_reads" in each for each in asked) <= 1
