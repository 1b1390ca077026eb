"""How long something is shared, in words."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.app import load_catalogue
from cdsc_server.domain.periods import interval_words, periods_of
from cdsc_server.settings import Settings
from tests.support import requirement

NOW = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
SCOPES = load_catalogue(Settings.for_tests()).scopes


def usage(start, end, sync="infinite", **more):
    values = {"segment_start": start, "segment_end": end, "sync_until": sync, **more}
    return periods_of(SCOPES["usage_data"], values, at=NOW, zone=ZONE)


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("P3Y", "infinite", "From 20 November 2023 until you stop it."),
        ("P3Y", "P1Y", "From 20 November 2023 until 20 November 2027."),
        ("PT0S", "infinite", "From today, 20 November 2026, until you stop it."),
        ("PT0S", "P1M", "From today, 20 November 2026, until 20 December 2026."),
        ("P1Y", "PT0S", "From 20 November 2025 to today, 20 November 2026."),
        ("infinite", "infinite", "From the oldest we have until you stop it."),
        ("2026-01-01T05:00:00Z", "2026-02-01T05:00:00Z", "From 1 January 2026 to 1 February 2026."),
        ("2026-12-01T05:00:00Z", "infinite", "From 1 December 2026 until you stop it."),
    ],
)
def test_usage_is_told_with_the_dates_of_the_utility(start, end, says):
    """In New York it is still the evening of the 20th."""
    assert usage(start, end)[0].says == says


@requirement("WG3-01-9.2.2.2-15", "WG3-01-9.2.2.2-17")
def test_what_is_not_shared_is_told_as_well():
    assert "Nothing older is shared." in usage("PT0S", "infinite")[0].adds
    assert "Nothing after today is shared." in usage("P1Y", "PT0S")[0].adds


@requirement("WG3-01-9.2.2.2-03", "WG3-01-9.2.2.2-04", "WG3-01-9.2.2.2-05")
@pytest.mark.parametrize(
    ("sync", "says"),
    [
        ("infinite", "Kept up to date until you stop it."),
        ("P1Y", "Kept up to date until 20 November 2027."),
        ("PT0S", "As it is today, 20 November 2026. No updates."),
    ],
)
def test_the_end_of_updates_is_told(sync, says):
    (period,) = periods_of(SCOPES["supply_details"], {"sync_until": sync}, at=NOW, zone=ZONE)

    assert period.says == says


@requirement("WG3-01-9.2.2.2-22")
def test_details_beside_usage_are_told_apart_only_when_they_end_otherwise():
    same = usage("P1Y", "infinite", include_service_contracts=True)
    other = usage("P1Y", "infinite", sync="P1M", include_service_contracts=True)
    alone = usage("P1Y", "infinite", sync="P1M")

    assert len(same) == len(alone) == 1
    assert "Details of the services are kept up to date" in same[0].adds
    assert [each.says for each in other][1:] == ["Details of the services: kept up to date until 20 December 2026."]


bounds = st.one_of(
    st.just("infinite"),
    st.builds("P{}Y{}M{}D".format, st.integers(0, 9), st.integers(0, 11), st.integers(0, 30)),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(lambda each: f"{each.isoformat()}T05:00:00Z"),
)


@given(start=bounds, end=bounds, sync=bounds)
def test_no_statement_shows_the_way_machines_write(start, end, sync):
    """WG3-01 9.2.2.2: no P1Y, no ISO dates, whatever was asked."""
    for period in usage(start, end, sync, include_accounts=True):
        for text in (period.says, period.adds, period.short, period.first, period.last):
            assert not re.search(r"\bP\d|\d{4}-\d{2}|T\d\d|infinite|segment|sync", text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(900, "15 minutes"), (3600, "hour"), (86400, "day"), (60, "minute"), (1, "second"), (7200, "2 hours"), (0, "")],
)
def test_intervals_have_plain_names(seconds, words):
    assert interval_words(seconds) == words


@requirement("WG3-01-9.2.2.2-15", "WG3-01-9.2.2.2-17")
@pytest.mark.parametrize(
    ("start", "end", "says", "adds"),
    [
        ("P1Y", "infinite", "From 20 November 2025 until you stop it.", "The past, and new bills as they are written."),
        ("P1Y", "P0D", "From 20 November 2025 to today, 20 November 2026.", "Nothing after today is shared."),
        ("P0D", "P0D", "Only today, 20 November 2026.", "Nothing after today is shared."),
        ("P0D", "P6M", "From today, 20 November 2026, until 20 May 2027.", "Nothing older is shared."),
        ("2026-01-01", "2026-02-01", "From 1 January 2026 to 1 February 2026.", "Nothing after that day is shared."),
    ],
)
def test_bills_are_told_by_their_days(start, end, says, adds):
    values = {"statement_date_start": start, "statement_date_end": end}
    (period,) = periods_of(SCOPES["bill_statements"], values, at=NOW, zone=ZONE)

    assert period.says == says
    assert adds in period.adds
