"""What was read, as its Customer is shown it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cdsc_server.domain.reading_log import DAYS, begin_of_log, reading_log
from cdsc_server.languages import speaking

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)  # the evening of the 20th


@dataclass(frozen=True)
class Hour:
    """Reads of one hour."""

    last: datetime
    listing: str = "usage_segments"
    answers: int = 1
    objects: int = 1
    earliest: datetime | None = None
    latest: datetime | None = None


def test_the_days_end_with_today_where_the_utility_is():
    assert begin_of_log(NOW, ZONE) == datetime(2026, 10, 22, tzinfo=ZONE)


def test_each_day_has_its_bar_beside_the_busiest():
    log = reading_log([Hour(NOW, answers=4), Hour(NOW - timedelta(days=29), answers=1)], now=NOW, zone=ZONE)

    assert log.bars == [0.25, *[0.0] * (DAYS - 2), 1.0]
    assert log.answers == 5
    assert log.says == "Read on 2 of the past 30 days; most on 20 November 2026, 4 times"


def test_hours_of_one_day_and_listing_make_one_line():
    hours = [
        Hour(NOW - timedelta(hours=2), answers=2, objects=3, earliest=NOW - timedelta(days=9), latest=NOW),
        Hour(NOW, objects=1, earliest=NOW - timedelta(days=40), latest=NOW - timedelta(days=30)),
        Hour(NOW - timedelta(hours=1), listing="accounts", objects=1),
    ]

    first, second = reading_log(hours, now=NOW, zone=ZONE).lines

    assert (first.last, first.answers, first.says) == (NOW, 3, "4 sets of readings")
    assert first.covering == "11 October 2026 to 20 November 2026"
    assert (second.says, second.covering) == ("1 account", "")


@pytest.mark.parametrize(
    ("earliest", "latest", "covering"),
    [
        (datetime(2026, 1, 1, 5, tzinfo=UTC), datetime(2026, 1, 2, 5, tzinfo=UTC), "1 January 2026"),
        (datetime(2026, 1, 1, 5, tzinfo=UTC), datetime(2026, 1, 1, 5, tzinfo=UTC), "1 January 2026"),
        (
            datetime(2026, 1, 1, 5, tzinfo=UTC),
            datetime(2026, 2, 1, 5, tzinfo=UTC),
            "1 January 2026 to 31 January 2026",
        ),
    ],
)
def test_a_period_is_told_by_its_local_days(earliest, latest, covering):
    (line,) = reading_log([Hour(NOW, earliest=earliest, latest=latest)], now=NOW, zone=ZONE).lines

    assert line.covering == covering


def test_nothing_read_is_told_as_well():
    log = reading_log([], now=NOW, zone=ZONE)

    assert (log.answers, set(log.bars), log.lines) == (0, {0.0}, [])
    assert log.says == "Nothing was read in the past 30 days"


def test_a_listing_without_words_is_told_as_it_is_called():
    (line,) = reading_log([Hour(NOW, listing="x_things", objects=2)], now=NOW, zone=ZONE).lines

    assert line.says == "x things: 2"


def test_the_log_is_told_in_the_language_of_the_customer():
    with speaking("de"):
        log = reading_log([Hour(NOW, objects=2)], now=NOW, zone=ZONE)

    assert log.lines[0].says == "2 Messreihen"
