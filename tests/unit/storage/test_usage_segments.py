"""Reading usage: which segments there are, how bounds trim them, and the columns they have."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from cdsc_server.domain.readings import Quality, Readings
from cdsc_server.storage import usage_segments
from cdsc_server.storage.listed import listed
from cdsc_server.storage.usage import find_series
from cdsc_server.storage.usage_blocks import put_many, put_readings
from cdsc_server.storage.usage_segments import SegmentPeriod, read_columns, segment_periods
from cdsc_server.web.customer_data.usage_values import values_json
from tests.support.requirements import requirement
from tests.unit.storage.usage_support import LATER, NOW, START, committed, readings_of, series_of

STEP = timedelta(minutes=15)
MONTH = datetime(2026, 2, 28, 23, tzinfo=UTC)
NEXT = datetime(2026, 3, 31, 22, tzinfo=UTC)


def filled(session: Session, start: datetime = MONTH, count: int = 5000) -> Readings:
    readings = Readings.scaled(start, 900, 3, range(count), qualities=Quality.VALID)
    put_readings(session, series_of(session), readings, at=NOW)
    return readings


def texts(session: Session, periods: list[SegmentPeriod], **options: object) -> list[list[str]]:
    return [columns[0].parts[0][1].texts() for _, columns in read_columns(session, periods, **options)]


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with each statement that reading makes."""
    seen: list[str] = []

    def noted(session: Session, statement: str, *given: object, **parameters: object) -> list[tuple[object, ...]]:
        seen.append(statement)
        return listed(session, statement, *given, **parameters)

    monkeypatch.setattr(usage_segments, "listed", noted)
    return seen


def test_each_local_month_is_a_segment(engine):
    with committed(engine) as session:
        readings = filled(session)
        periods = segment_periods(session, find_series(session, "c1"))

        assert [(p.segment_start, p.segment_end) for p in periods] == [(MONTH, NEXT), (NEXT, readings.end)]
        assert [p.count for p in periods] == [743 * 4, 5000 - 743 * 4]
        assert len({p.segment_id for p in periods}) == 2
        assert [text for each in texts(session, periods) for text in each] == readings.texts()


def test_a_segment_runs_from_its_first_to_its_last_reading_and_says_when_it_changed(engine):
    with committed(engine) as session:
        series = series_of(session)
        put_readings(session, series, readings_of("1"), at=NOW)
        put_readings(session, series, readings_of("2", start=START + 3 * STEP), at=LATER)
        [period] = segment_periods(session, [series])

        assert (period.segment_start, period.count, period.interval) == (START, 4, 900)
        assert (period.created, period.modified, period.synced) == (NOW, LATER, NOW)
        assert texts(session, [period]) == [["1", "", "", "2"]]


def test_a_correction_moves_modified_and_a_repetition_does_not(engine):
    with committed(engine) as session:
        series = series_of(session)
        put_readings(session, series, readings_of("1"), at=NOW)
        put_readings(session, series, readings_of("2"), at=LATER)
        put_readings(session, series, readings_of("2"), at=LATER + STEP)
        [period] = segment_periods(session, [series])

        assert (period.created, period.modified) == (NOW, LATER)


def test_bounds_leave_readings_wholly_inside_them(engine):
    with committed(engine) as session:
        filled(session)
        inside = {"start": START + timedelta(minutes=1), "end": START + timedelta(minutes=61)}
        [period] = segment_periods(session, find_series(session, "c1"), **inside)

        assert (period.segment_start, period.segment_end) == (START + STEP, START + 4 * STEP)
        first = (START + STEP - MONTH) // STEP
        assert texts(session, [period]) == [[f"{n / 1000:.3f}" for n in range(first, first + 3)]]


def test_bounds_that_leave_nothing_leave_no_segment(engine):
    with committed(engine) as session:
        filled(session)
        series = find_series(session, "c1")

        for start, end in (
            (START, START),
            (START + STEP / 3, START + STEP),
            (None, MONTH),
            (NEXT + 99 * 365 * STEP, None),
        ):
            assert segment_periods(session, series, start=start, end=end) == []


def test_a_trimmed_segment_has_a_lasting_id_of_its_own(engine):
    with committed(engine) as session:
        filled(session)
        series = find_series(session, "c1")
        [whole, after] = [p.segment_id for p in segment_periods(session, series)]
        [trimmed, same] = [p.segment_id for p in segment_periods(session, series, start=START)]
        [again] = [p.segment_id for p in segment_periods(session, series, start=START, end=NEXT)]
        [other] = [p.segment_id for p in segment_periods(session, series, start=START + STEP, end=NEXT)]

        assert trimmed == again
        assert len({whole, trimmed, other}) == 3
        assert same == after


def test_the_id_of_a_trimmed_segment_stays_while_data_arrive(engine):
    with committed(engine) as session:
        put_readings(session, series_of(session), readings_of("1"), at=NOW)
        series, end = find_series(session, "c1"), START + 2 * STEP
        [before] = segment_periods(session, series, end=end)
        put_readings(session, series[0], readings_of("2", "3", start=START + STEP), at=LATER)
        [after] = segment_periods(session, series, end=end)

        assert before.segment_id == after.segment_id
        assert (before.count, after.count) == (1, 2)


@requirement("WG3-01-10.8.3-02", "WG3-01-10.8.3-04")
def test_each_quality_has_a_column_and_gaps_elsewhere(engine):
    mixed = readings_of("1", "", "3", "4", qualities=[Quality.REVENUE, None, Quality.ESTIMATED, Quality.REVENUE])
    with committed(engine) as session:
        put_readings(session, series_of(session), mixed, at=NOW)
        [(_, columns)] = read_columns(session, segment_periods(session, find_series(session, "c1")))

        assert [(column.quality, column.parts[0][1].texts()) for column in columns] == [
            (Quality.REVENUE, ["1", "", "", "4"]),
            (Quality.ESTIMATED, ["", "", "3", ""]),
        ]


def test_readings_of_unknown_quality_are_one_column(engine):
    with committed(engine) as session:
        put_readings(session, series_of(session), readings_of("1", "", "2"), at=NOW)
        [(_, [column])] = read_columns(session, segment_periods(session, find_series(session, "c1")))

        assert (column.quality, column.parts[0][0]) == (None, "eu")


@requirement("WG3-01-10.8.2-03")
def test_indexes_follow_the_columns_they_describe(engine):
    usage = readings_of("1", "2", qualities=[Quality.RAW, Quality.VALID])
    cost = {"type": "cost", "currency": "EUR"}
    with committed(engine) as session:
        rows = [
            (series_of(session, "usage"), usage),
            (series_of(session, "reverse", position=1), readings_of("0", "0")),
            (series_of(session, "cost", position=2, value_format=cost | {"indexes": [0]}), readings_of("0.3", "0.6")),
            (series_of(session, "fee", position=3, value_format=cost | {"indexes": [1]}), readings_of("0", "0")),
        ]
        put_many(session, rows, at=NOW)
        series = find_series(session, "c1")
        [(_, columns)] = read_columns(session, segment_periods(session, series))
        [(_, cost_only)] = read_columns(session, segment_periods(session, series[2:3]))

        assert [column.value_format.get("indexes") for column in columns] == [None, None, None, [0, 1], [2]]
        assert [column.value_format["indexes"] for column in cost_only] == [[]]


def test_members_of_one_value_object_share_a_column(engine):
    mix = {"type": "electric_supply_mix", "indexes": [], "attribution": "individual", "supply_type": "solar"}
    with committed(engine) as session:
        rows = [
            (series_of(session, "share", value_format=mix), readings_of("0.25", "0.5")),
            (series_of(session, "carbon", value_format=mix, value_key="ci"), readings_of("", "31")),
        ]
        put_many(session, rows, at=NOW)
        [(_, [column])] = read_columns(session, segment_periods(session, find_series(session, "c1")))

        assert [(key, readings.texts()) for key, readings in column.parts] == [
            ("sm", ["0.25", "0.5"]),
            ("ci", ["", "31"]),
        ]


@requirement("WG3-01-10.8.1-19", "WG3-01-10.8.1-20")
def test_periods_of_their_own_length_are_a_segment_each(engine):
    month = 31 * 86400
    with committed(engine) as session:
        bills = series_of(session, interval_seconds=0)
        put_readings(session, bills, readings_of("310", interval=month), at=NOW)
        put_readings(
            session, bills, readings_of("280", start=START + timedelta(seconds=month), interval=28 * 86400), at=NOW
        )
        periods = segment_periods(session, [bills])

        assert [(p.count, p.interval) for p in periods] == [(1, month), (1, 28 * 86400)]
        assert texts(session, periods) == [["310"], ["280"]]
        assert segment_periods(session, [bills], start=START + STEP) == periods[1:]


def test_what_was_known_at_an_instant_can_be_read_again(engine):
    with committed(engine) as session:
        series = series_of(session)
        put_readings(session, series, readings_of("1", "1"), at=NOW)
        put_readings(session, series, readings_of("2"), at=LATER)
        put_readings(session, series, readings_of("3", start=START + 2 * STEP), at=LATER + STEP)

        def seen(as_of: datetime | None) -> list[list[str]]:
            return texts(session, segment_periods(session, [series], as_of=as_of), as_of=as_of)

        assert seen(NOW - STEP) == []
        assert seen(NOW) == seen(LATER - STEP) == [["1", "1"]]
        assert seen(LATER) == [["2", "1"]]
        assert seen(None) == seen(LATER + STEP) == [["2", "1", "3"]]


def test_segments_of_many_customers_come_in_one_stable_order(engine):
    with committed(engine) as session:
        many = [series_of(session, customer_id=f"c{n}", segment_key=f"k{n % 2}") for n in range(6)]
        put_many(session, [(series, readings_of(str(n))) for n, series in enumerate(many)], at=NOW)

        once = [p.segment_id for p in segment_periods(session, many)]

        assert len(set(once)) == 6
        assert once == [p.segment_id for p in segment_periods(session, many[::-1])]


def test_statements_do_not_grow_with_segments(engine, statements):
    with committed(engine) as session:
        filled(session, count=30_000)
        periods = segment_periods(session, find_series(session, "c1"))
        list(read_columns(session, periods))

        assert len(periods) > 10
        assert len(statements) == 2


def test_a_long_list_is_read_a_few_segments_at_a_time(engine, statements):
    with committed(engine) as session:
        filled(session, count=80_000)
        periods = segment_periods(session, find_series(session, "c1"))
        reading = read_columns(session, periods)
        next(reading)

        assert len(statements) == 2
        assert sum(len(columns[0].parts[0][1]) for _, columns in reading) == 80_000 - periods[0].count
        assert len(statements) == 4


@pytest.mark.slow
def test_a_hundred_monthly_segments_take_little_memory(engine):
    with committed(engine) as session:
        start = datetime(2018, 1, 1, tzinfo=UTC)
        filled(session, start=start, count=100 * 2922)
        periods = segment_periods(session, find_series(session, "c1"))[:100]
        tracemalloc.start()
        size = sum(len(piece) for _, columns in read_columns(session, periods) for piece in values_json(columns))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert (len(periods), size > 4_000_000) == (100, True)
        assert peak < 10_000_000


@pytest.mark.parametrize("seconds", [0, 60])
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(-50, 550), min_size=1, max_size=4))
def test_windows_side_by_side_share_the_readings_out(engine, seconds, cuts):
    start = NEXT - 250 * STEP
    with Session(engine) as session, session.begin() as work:
        readings = Readings.scaled(start, 900, 2, range(500))
        put_readings(session, series_of(session), readings, at=NOW)
        series = find_series(session, "c1")
        bounds = [None, *(start + cut * STEP + timedelta(seconds=seconds) for cut in sorted(cuts)), None]
        windows = [segment_periods(session, series, start=a, end=b) for a, b in pairwise(bounds)]
        found = [text for window in windows for each in texts(session, window) for text in each]

        lost = {cut for cut in cuts if seconds and 0 <= cut < 500}
        assert found == [text for n, text in enumerate(readings.texts()) if n not in lost]
        work.rollback()
