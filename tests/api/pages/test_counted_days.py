"""What became of requests for access, counted into days."""

from datetime import date, timedelta

import pytest

from cdsc_server.domain.service_levels import (
    GRANTS,
    MICROSECONDS,
    REQUESTS,
    SESSIONS,
    STAGES,
    STEPS,
    WITHIN,
    Tier,
)
from cdsc_server.services import clean_up, metrics
from cdsc_server.services.request_counts import RequestCounts
from cdsc_server.storage import daily_counts
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow

TODAY = date(2026, 3, 1)
ALL = {"contract_numbers": ["_all"]}


@pytest.fixture
def count(app, catalogue, clock):
    """Count, and give what a day came to under a name, without what there was none of."""

    def counts(name, day=TODAY):
        with app.app_context():
            metrics.roll_up(zone=catalogue.utility.timezone, clock=clock)
            with reading() as session:
                found = daily_counts.days_of(session, first=day, last=day).get(day, {})
        return {part: value for (each, part), value in found.items() if each == name and value}

    return counts


def test_a_request_that_was_agreed_to(opened, visitor, count, clock):
    opened(("usage_data", ALL))
    visitor.press("approve")

    assert count(STEPS) == {"begun": 1, "approved": 1, "new": 1}
    assert count(STAGES) == {}
    assert count(GRANTS) == {"active": 1}
    clock.advance(minutes=5)
    assert count(STAGES) == {"failed_token_exchange": 1}, "nobody fetched the token"


def test_a_request_that_was_declined(opened, visitor, count):
    opened(("usage_data", ALL))
    visitor.press("decline")

    assert count(STEPS) == {"begun": 1, "declined": 1}
    assert count(STAGES) == {"declined": 1}


def test_a_request_that_was_left_before_signing_in(ask, count, clock):
    ask(("usage_data", ALL))
    assert count(STEPS) == {"begun": 1}, "its time is not over"

    clock.advance(hours=1)
    assert count(STEPS) == {"begun": 1, "abandoned": 1}
    assert count(STAGES) == {"before_sign_in": 1}


def test_a_request_that_was_left_on_the_form(opened, count, clock):
    opened(("usage_data", ALL))
    clock.advance(hours=1)

    assert count(STEPS) == {"begun": 1, "abandoned": 1}
    assert count(STAGES) == {"on_form": 1}


def test_a_grant_that_ended(app, opened, visitor, count, clock):
    opened(("usage_data", ALL))
    visitor.press("approve")
    with app.app_context(), transaction() as session:
        session.query(GrantRow).filter(GrantRow.customer_id.is_not(None)).update(
            {"status": "revoked", "modified": clock.now()}
        )

    assert count(STEPS)["revoked"] == 1
    assert count(GRANTS) == {"revoked": 1}


def test_a_day_keeps_its_counts_when_what_was_counted_is_cleared_away(app, opened, visitor, count, clock):
    """Counted to the end of its last settling hour, and never again after that."""
    opened(("usage_data", ALL))
    visitor.press("decline")
    before = count(STEPS)

    for _ in range(40):
        clock.advance(hours=1)
        with app.app_context():
            clean_up.remove_ended(clock=clock)
        assert count(STEPS) == before


@pytest.fixture
def kept(app):
    """What a day came to in the table, all processes together."""

    def keeps(day=TODAY):
        with app.app_context(), reading() as session:
            return daily_counts.days_of(session, first=day, last=day).get(day, {})

    return keeps


def test_counts_of_processes_are_written_again_and_again_and_add_up(app, kept, catalogue, clock):
    one, other = RequestCounts(), RequestCounts()
    one.add(TODAY, Tier.UNATTENDED, status=200, seconds=0.5, session=False)
    other.add(TODAY, Tier.UNATTENDED, status=503, seconds=4.5, session=False)
    other.add(TODAY, Tier.HIGH_PRIORITY, status=200, seconds=0.25, session=True)
    with app.app_context():
        for _ in range(3):
            one.store(TODAY)
            other.store(TODAY)
    whole = kept()

    assert whole[REQUESTS, "unattended"] == 2
    assert whole[WITHIN, "unattended"] == 1
    assert whole[MICROSECONDS, "unattended"] == 5_000_000
    assert (whole["errors", "503"], whole[SESSIONS, ""]) == (1, 1)
    # Folded, once and once more, and written late by one that should not: the sum stays.
    clock.advance(days=5)
    later = TODAY + timedelta(days=5)
    with app.app_context():
        for _ in range(2):
            metrics.roll_up(zone=catalogue.utility.timezone, clock=clock)
            one.store(later)
        with reading() as session:
            writers = {row.writer for row in session.query(daily_counts.DailyCountRow).all()}
    assert kept() == whole
    assert writers == {daily_counts.TOGETHER}


class Door:
    """Satisfies `ports.FrontDoor`."""

    def __init__(self, open_):
        self.open = open_

    def answers(self):
        return self.open


def test_a_minute_counts_once_however_often_it_was_looked_at(app, catalogue, clock):
    """Two workers, or one that is started again, do not make a server more available than it was."""
    zone = catalogue.utility.timezone
    with app.app_context():
        for open_ in (True, True, False, True):
            for _ in range(2):
                assert metrics.note_answering(door=Door(open_), zone=zone, clock=clock) is open_
            clock.advance(minutes=1)
        report = metrics.report(days=2, catalogue=catalogue, clock=clock)

    today, yesterday = report.days
    assert str(today.availability) == "0.7500"
    assert yesterday.availability is None
