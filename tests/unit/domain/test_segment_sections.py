"""Which Bill Sections readings stand on, for any days and hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.segment_sections import Billed, SectionsOfReadings
from tests.strategies import zones
from tests.support import requirement

names = st.frozensets(st.sampled_from("abc"), max_size=2)
days = st.dates(date(2026, 1, 1), date(2026, 4, 30))
spans = st.tuples(days, st.integers(1, 4000))


@requirement("WG3-01-10.8.1-10")
@given(st.lists(st.tuples(names, names, days, days), max_size=4), names, names, spans, zones)
def test_a_segment_stands_on_sections_of_its_contract_and_meter_and_time(given, contracts, meters, when, zone):
    """A day of service has begun before the last reading ends, and has not ended before the first begins."""
    sections = [Billed(str(n), of, by, *sorted((one, other))) for n, (of, by, one, other) in enumerate(given)]
    day, hours = when
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    end = start + timedelta(hours=hours)

    found = SectionsOfReadings(sections).of(contracts, meters, int(start.timestamp()), int(end.timestamp()), zone)

    local_start = start.astimezone(ZoneInfo(zone)).date()
    local_end = (end - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).date()
    assert found == [
        each.section_id
        for each in sections
        if each.contracts & contracts
        and (not each.meters or not meters or each.meters & meters)
        and each.first <= local_end
        and local_start <= each.last
    ]
