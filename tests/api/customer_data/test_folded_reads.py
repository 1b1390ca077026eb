"""Hours of the access log that lie far back become days; nothing is lost, and nothing is counted twice."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from cdsc_server.domain.reading_log import together
from cdsc_server.jobs import queue, register
from cdsc_server.services import grant_reads
from cdsc_server.services.grant_reads import Read, fold_hours, note_reads
from cdsc_server.storage.db import reading
from cdsc_server.storage.grant_reads import GrantReadRow
from cdsc_server.storage.grants import GrantRow

NEW_YORK, CALCUTTA = ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")
DAYS = 40
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def grants(app, agreed):
    """Two Grants; gives their ids."""
    for token in ("one", "two"):
        agreed.to(agreed.entry("account_list", "home", kind="account_selection"), token=token)
    with app.app_context(), reading() as session:
        return sorted(session.scalars(select(GrantRow.grant_id)))


@pytest.fixture
def read(app, grants):
    """Note answers of a Grant at some hours after an instant."""

    def reads(start, *hours, n=0, listing="accounts", objects=1, **about):
        with app.app_context():
            for each in hours:
                at = start + timedelta(hours=each, minutes=20)
                note_reads(grants[n], [Read(listing, objects, **about)], at=at)

    return reads


@pytest.fixture
def kept(app):
    """Every row of the log."""

    def rows():
        with app.app_context(), reading() as session:
            order = (GrantReadRow.grant_id, GrantReadRow.hour, GrantReadRow.listing)
            return list(session.scalars(select(GrantReadRow).order_by(*order)))

    return rows


@pytest.fixture
def fold(app, clock):
    """Fold what lies so far back, seen from an instant."""

    def folds(now=JANUARY + timedelta(days=80), zone=NEW_YORK, **options):
        clock.advance(seconds=(now - clock.now()).total_seconds())
        with app.app_context():
            return fold_hours(days=DAYS, zone=zone, clock=clock, **options)

    return folds


def totals(rows):
    """What was read by each Grant from each listing, in all."""
    grouped = {}
    for row in rows:
        grouped.setdefault((row.grant_id, row.listing), []).append(row)
    return {key: asdict(together(some)) for key, some in grouped.items()}


def spans(rows):
    return [(row.hour - JANUARY, row.answers, row.folded) for row in rows]


def test_hours_of_a_local_day_become_one_row_for_each_grant_and_listing(read, fold, kept, grants):
    """The day ends at five in the morning of UTC."""
    read(JANUARY, 4, 5, 6, 28, objects=2)
    read(JANUARY, 6, listing="usage_segments", earliest=JANUARY - timedelta(days=9), latest=JANUARY)
    read(JANUARY, 8, listing="usage_segments", earliest=JANUARY - timedelta(days=5), latest=JANUARY + timedelta(1))
    read(JANUARY, 7, n=1)
    before = totals(kept())
    folded = fold()

    assert folded == 7
    assert totals(kept()) == before
    assert [(row.grant_id == grants[0], row.listing, row.hour - JANUARY, row.answers, row.objects) for row in kept()
            ] == [
        (True, "accounts", timedelta(hours=4), 1, 2),
        (True, "accounts", timedelta(hours=5), 3, 6),
        (True, "usage_segments", timedelta(hours=6), 2, 2),
        (False, "accounts", timedelta(hours=7), 1, 1),
    ]  # fmt: skip
    assert {row.folded for row in kept()} == {True}
    assert [row.last - JANUARY for row in kept()[:2]] == [
        timedelta(hours=4, minutes=20),
        timedelta(hours=28, minutes=20),
    ]


def test_hours_that_are_not_old_enough_stay_as_they_are(read, fold, kept):
    """To the hour: the local day 40 days ago stays whole, the one before is folded."""
    now = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)  # the evening of 28 February
    edge = datetime(2026, 1, 19, 5, tzinfo=UTC)
    read(edge, -2, -1, 0, 1)
    folded = fold(now)

    assert folded == 2
    assert [(row.hour - edge, row.answers, row.folded) for row in kept()] == [
        (timedelta(hours=-2), 2, True),
        (timedelta(hours=0), 1, False),
        (timedelta(hours=1), 1, False),
    ]


def test_where_days_begin_at_half_past_each_hour_is_of_the_day_it_begins_in(read, fold, kept):
    read(JANUARY, 17, 18, 19)
    fold(zone=CALCUTTA)

    assert spans(kept()) == [(timedelta(hours=17), 2, True), (timedelta(hours=19), 1, True)]


@pytest.mark.parametrize(
    ("day", "hours"), [(datetime(2025, 3, 9, 5, tzinfo=UTC), 23), (datetime(2025, 11, 2, 4, tzinfo=UTC), 25)]
)
def test_a_day_on_which_the_clocks_change_is_one_day(read, fold, kept, day, hours):
    read(day, *range(-1, hours + 1))
    fold()

    assert [row.answers for row in kept()] == [1, hours, 1]


def test_what_is_folded_is_not_folded_again(read, fold, kept):
    read(JANUARY, 5, 6)
    fold()
    before = [asdict(together([row])) for row in kept()]

    assert fold() == 0
    assert [asdict(together([row])) for row in kept()] == before


def test_what_is_interrupted_changes_nothing_and_is_done_later(read, fold, kept, monkeypatch):
    """The first day is done, the second breaks off in the middle."""
    read(JANUARY, 5, 6, 29, 30)
    before = totals(kept())
    done, add_days = [], grant_reads.grant_reads.add_days

    def breaks(session, days):
        add_days(session, days)
        session.flush()
        done.append(days)
        if len(done) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(grant_reads.grant_reads, "add_days", breaks)
        with pytest.raises(KeyboardInterrupt):
            fold()

    assert [row.folded for row in kept()] == [True, False, False]
    assert totals(kept()) == before
    assert fold() == 2
    assert [row.folded for row in kept()] == [True, True]
    assert totals(kept()) == before


def test_many_grants_are_folded_a_few_at_a_time(read, fold, kept, monkeypatch):
    monkeypatch.setattr(grant_reads, "BATCH", 1)
    read(JANUARY, 5, 6)
    read(JANUARY, 5, 6, n=1)
    before = totals(kept())

    assert fold(batches=1) == 2
    assert sorted(row.folded for row in kept()) == [False, False, True]
    assert fold() == 2
    assert totals(kept()) == before


def test_two_who_fold_at_once_count_nothing_twice(app, read, kept, clock):
    for n in (0, 1):
        read(JANUARY, *range(60), n=n)
        read(JANUARY, *range(60), n=n, listing="usage_segments")
    before = totals(kept())
    clock.advance(seconds=(JANUARY + timedelta(days=80) - clock.now()).total_seconds())

    def folds(_):
        with app.app_context():
            return fold_hours(days=DAYS, zone=NEW_YORK, clock=clock)

    with ThreadPoolExecutor(4) as pool:
        folded = list(pool.map(folds, range(4)))

    assert sum(folded) == 240
    assert {row.folded for row in kept()} == {True}
    assert totals(kept()) == before


def test_an_answer_noted_late_is_added_to_its_day(read, fold, kept):
    """It is of the hour that the day begins with."""
    read(JANUARY, 5, 6)
    fold()
    read(JANUARY, 5)

    assert spans(kept()) == [(timedelta(hours=5), 3, True)]


def test_the_worker_folds_what_is_older_than_the_setting_says(*, app, read, kept, clock, settings, ports):
    now = clock.now()
    read(now - timedelta(days=settings.read_log_days + 2), 0, 1)
    read(now - timedelta(days=settings.read_log_days - 2), 0, 1)
    with app.app_context():
        register(queue(settings), app, settings, ports)["fold_reads"].call_local()

    assert [(row.answers, row.folded) for row in kept()] == [(2, True), (1, False), (1, False)]
