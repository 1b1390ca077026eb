"""Writing usage: exact, once, with its history, whoever writes at the same time."""

from __future__ import annotations

import itertools
import multiprocessing
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from cdsc_server.domain.readings import Quality, Readings
from cdsc_server.errors import Conflict, InvalidRequest
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.usage import find_series, mark_synced
from cdsc_server.storage.usage_blocks import Written, find_or_create_all, put_many, put_readings, wanted_series
from cdsc_server.storage.usage_packing import unpack
from tests.support.waiting import SECONDS
from tests.unit.storage.usage_support import ENERGY, LATER, NOW, START, committed, engine_on, readings_of, series_of

STEP = timedelta(minutes=15)


def blocks(session: Session, table: str = "usage_blocks") -> list[tuple[int, int, int, bytes]]:
    return [
        tuple(row) for row in session.execute(text(f"SELECT start, span, modified, payload FROM {table} ORDER BY 1"))
    ]


def stored(session: Session, start: datetime, count: int, table: str = "usage_blocks") -> Readings:
    """All blocks together; fails when two of them hold the same slot."""
    parts = [unpack(payload, second, 900, span // 900) for second, span, _, payload in blocks(session, table)]
    ends = [(part.start, part.end) for part in sorted(parts, key=lambda part: part.start)]
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(ends)), "blocks overlap"
    return Readings.assembled(start, 900, count, parts)


def test_readings_are_stored_with_gaps_and_qualities(engine):
    morning = readings_of("0.250", "", "1.100", qualities=[Quality.VALID, None, Quality.ESTIMATED])

    with committed(engine) as session:
        written = put_readings(session, series_of(session), morning, at=NOW)

    with Session(engine) as session:
        assert written == Written(new=1)
        assert stored(session, START, 3) == morning


def test_writing_the_same_again_changes_nothing(engine):
    with committed(engine) as session:
        put_readings(session, series_of(session), readings_of("0.250", "", "1.100"), at=NOW)
        before = blocks(session)

    with committed(engine) as session:
        written = put_readings(session, series_of(session), readings_of("0.250", "", "1.100"), at=LATER)

        assert written == Written(unchanged=1)
        assert blocks(session) == before
        assert blocks(session, "usage_blocks_past") == []


def test_a_correction_keeps_the_version_it_replaces(engine):
    with committed(engine) as session:
        series = series_of(session)
        put_readings(session, series, readings_of("0.250", "0.300", qualities=Quality.RAW), at=NOW)
        first = blocks(session)
        corrected = readings_of("0.310", start=START + STEP, qualities=Quality.CORRECTED)
        written = put_readings(session, series, corrected, at=LATER)

        assert written == Written(corrected=1)
        assert stored(session, START, 2).texts() == ["0.250", "0.310"]
        assert stored(session, START, 2).qualities() == [Quality.RAW, Quality.CORRECTED]
        assert blocks(session, "usage_blocks_past") == first
        assert session.scalar(text("SELECT superseded FROM usage_blocks_past")) == blocks(session)[0][2]


def test_a_version_of_no_duration_is_not_kept(engine):
    with committed(engine) as session:
        series = series_of(session)
        put_readings(session, series, readings_of("1"), at=NOW)
        put_readings(session, series, readings_of("2"), at=NOW)

        assert stored(session, START, 1).texts() == ["2"]
        assert blocks(session, "usage_blocks_past") == []


def test_a_clock_that_was_set_back_ends_no_version_before_it_began(engine):
    with committed(engine) as session:
        series = series_of(session)
        put_readings(session, series, readings_of("1"), at=NOW)
        put_readings(session, series, readings_of("2"), at=LATER)
        put_readings(session, series, readings_of("3"), at=NOW)

        assert stored(session, START, 1).texts() == ["3"]
        assert session.scalar(text("SELECT count(*) FROM usage_blocks_past WHERE superseded <= modified")) == 0


@pytest.mark.parametrize(("gaps_erase", "kept"), [(False, ["1", "2", "9"]), (True, ["1", "", "9"])])
def test_a_gap_leaves_what_is_there_unless_it_is_told_to_erase(engine, gaps_erase, kept):
    with committed(engine) as session:
        series = series_of(session)
        put_readings(session, series, readings_of("1", "2", "3"), at=NOW)
        put_readings(session, series, readings_of("", "9", start=START + STEP), at=LATER, gaps_erase=gaps_erase)

        assert stored(session, START, 3).texts() == kept


def test_numbers_of_another_scale_correct_a_block_and_both_survive(engine):
    with committed(engine) as session:
        series = series_of(session)
        put_readings(session, series, readings_of("1.1", "2.2"), at=NOW)
        put_readings(session, series, readings_of("1.10"), at=LATER)

        assert stored(session, START, 2).texts() == ["1.10", "2.2"]


def test_huge_and_negative_numbers_are_exact(engine):
    values = ["-9223372036854775808", "9223372036854775807", "123456789012345678901234567890.5", "-0.001"]
    with committed(engine) as session:
        put_readings(session, series_of(session), readings_of(*values), at=NOW)

        assert stored(session, START, 4).texts() == values


def test_history_is_cut_at_local_months(engine):
    start = datetime(2026, 1, 31, 22, tzinfo=UTC)  # an hour before February begins in Brussels
    with committed(engine) as session:
        written = put_readings(session, series_of(session), readings_of(*["1"] * 8, start=start), at=NOW)

        assert written == Written(new=2)
        assert [span for _, span, _, _ in blocks(session)] == [3600, 3600]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28T23:00:00+00:00", 23), ("2026-10-24T22:00:00+00:00", 25)])
def test_days_of_23_and_25_hours_have_92_and_100_quarters(engine, day, hours):
    start = datetime.fromisoformat(day)
    quarters = readings_of(*map(str, range(hours * 4)), start=start)
    following = readings_of(*["7"] * 96, start=start + timedelta(hours=hours))

    with committed(engine) as session:
        series = series_of(session)
        put_readings(session, series, quarters, at=NOW)
        put_readings(session, series, following, at=NOW)

        assert len(quarters) in {92, 100}
        assert stored(session, start, hours * 4 + 96).texts() == quarters.texts() + following.texts()


def test_a_write_across_blocks_corrects_them_and_fills_between(engine):
    with committed(engine) as session:
        series = series_of(session)
        put_readings(session, series, readings_of("1", "1"), at=NOW)
        put_readings(session, series, readings_of("1", "1", start=START + 4 * STEP), at=NOW)
        written = put_readings(session, series, readings_of(*"2222222", start=START - STEP), at=LATER)

        assert written == Written(new=2, corrected=2)
        assert stored(session, START - STEP, 7).texts() == list("2222222")


def test_readings_off_the_slots_of_their_series_are_refused_and_nothing_is_stored(engine):
    with committed(engine) as session:
        series = series_of(session)
        for wrong in (readings_of("1", start=START + timedelta(minutes=1)), readings_of("1", interval=3600)):
            with pytest.raises(InvalidRequest, match="every 900 seconds"):
                put_many(session, [(series, readings_of("5")), (series, wrong)], at=NOW)

        assert blocks(session) == []


def test_a_series_may_stand_between_the_quarters(engine):
    odd = START + timedelta(minutes=7)
    with committed(engine) as session:
        series = series_of(session, phase_seconds=420)
        put_readings(session, series, readings_of("1", start=odd), at=NOW)

        assert stored(session, odd, 1).texts() == ["1"]


def test_a_period_of_its_own_length_replaces_those_it_meets(engine):
    day = timedelta(days=1)
    with committed(engine) as session:
        bills = series_of(session, "bills", segment_key="bills", interval_seconds=0)
        may = readings_of("310.5", interval=31 * 86400)
        put_readings(session, bills, may, at=NOW)
        again = put_readings(session, bills, may, at=LATER)
        put_readings(session, bills, readings_of("300", interval=30 * 86400, start=START + 31 * day), at=LATER)
        longer = put_readings(session, bills, readings_of("320.0", interval=32 * 86400), at=LATER)

        assert again == Written(unchanged=1)
        assert longer == Written(new=1, corrected=2)
        assert [(span, payload[4:]) for _, span, _, payload in blocks(session)] == [(32 * 86400, b"\x80\x0c")]
        assert len(blocks(session, "usage_blocks_past")) == 1


def test_the_later_of_two_writes_of_one_series_wins(engine):
    with committed(engine) as session:
        series = series_of(session)
        written = put_many(session, [(series, readings_of("1", "1")), (series, readings_of("2"))], at=NOW)

        assert written == Written(new=1)
        assert stored(session, START, 2).texts() == ["2", "1"]


def test_many_series_are_written_at_once(engine):
    with committed(engine) as session:
        many = [series_of(session, f"s{n}", customer_id=f"c{n % 7}", segment_key=f"s{n}") for n in range(40)]
        first = put_many(session, [(series, readings_of(str(n))) for n, series in enumerate(many)], at=NOW)
        second = put_many(session, [(series, readings_of(str(n % 2 or n))) for n, series in enumerate(many)], at=LATER)

        assert (first, second) == (Written(new=40), Written(corrected=19, unchanged=21))


def test_nothing_but_gaps_is_nothing(engine):
    with committed(engine) as session:
        assert put_readings(session, series_of(session), readings_of("", ""), at=NOW) == Written()
        assert blocks(session) == []


def test_many_series_take_as_many_statements_as_few(engine):
    """Those that are there and those that are not; and they come in the order in which they were wanted."""
    told: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: told.append(given[2]))
    counts = []
    for names in (["a", "b"], [f"m{number}" for number in range(200)], ["a", "new", "b"]):
        told.clear()
        with committed(engine) as session:
            wanted = [
                wanted_series(
                    customer_id="c1", series_id=f"{name}/forward", segment_key=name, value_format=ENERGY,
                    interval_seconds=900, timezone="Europe/Brussels", at=NOW,
                )
                for name in names
            ]  # fmt: skip
            assert [row.segment_key for row in find_or_create_all(session, wanted)] == names
        counts.append(len(told))

    assert len(set(counts)) == 1, counts


def test_a_series_is_found_again_and_keeps_its_number(engine):
    with committed(engine) as session:
        first = series_of(session)
        other = series_of(session, "reverse", position=1)
    with committed(engine) as session:
        again = series_of(session)

    assert (first.series, other.series, again.series) == (0, 1, 0)
    assert again.customer_key == customer_key_of("c1")
    assert (again.value_key, again.value_format["units"]) == ("eu", "kWh")


@pytest.mark.parametrize("change", [{"segment_key": "m2"}, {"interval_seconds": 3600}, {"timezone": "UTC"}])
def test_a_series_does_not_change_its_slots(engine, change):
    with committed(engine) as session:
        series_of(session)
        with pytest.raises(Conflict, match="another segment"):
            series_of(session, **change)

        assert len(find_series(session, "c1")) == 1


@pytest.mark.parametrize("change", [{"phase_seconds": 60}, {"interval_seconds": 3600}, {"timezone": "UTC"}])
def test_the_series_of_one_segment_share_their_slots(engine, change):
    with committed(engine) as session:
        series_of(session)
        with pytest.raises(Conflict, match="share interval"):
            series_of(session, "reverse", position=1, **change)

        assert len(find_series(session, "c1")) == 1


def test_a_value_type_of_our_own_names_its_member(engine):
    own = {"type": "acme_steam", "units": "MWh"}
    with committed(engine) as session:
        with pytest.raises(InvalidRequest, match="value_key"):
            series_of(session, value_format=own)

        assert series_of(session, value_format=own, value_key="st").value_key == "st"


def test_series_are_found_by_their_owners(engine):
    with committed(engine) as session:
        series_of(session)
        series_of(session, "mix", segment_key="mix", meter_device_id=None, contract_id="k1")
        series_of(session, "other", customer_id="c2")

        assert [row.series_id for row in find_series(session, "c1")] == ["m1/forward", "m1/mix"]
        assert [row.series_id for row in find_series(session, "c1", segment_keys=["mix"])] == ["m1/mix"]
        assert find_series(session, "c1", segment_keys=["mix"], meter_device_ids=["m1"]) == []


def test_asking_the_source_moves_synced_only(engine):
    with committed(engine) as session:
        put_readings(session, series_of(session), readings_of("1"), at=NOW)
        before = blocks(session)
        mark_synced(session, "c1", ["m1/forward"], at=LATER)
    with committed(engine) as session:
        row = series_of(session)

        assert (row.created, row.synced) == (NOW, LATER)
        assert blocks(session) == before


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    writes=st.lists(
        st.tuples(st.integers(0, 60), st.lists(st.one_of(st.none(), st.integers(-5, 40_000)), min_size=1, max_size=30)),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_is_written_blocks_never_overlap_and_the_last_word_holds(engine: Engine, writes):
    start = datetime(2026, 3, 31, 15, tzinfo=UTC)  # writes reach over the end of a local month
    expected: dict[int, int] = {}
    with Session(engine) as session, session.begin() as work:
        series = series_of(session)
        for turn, (first, values) in enumerate(writes):
            readings = Readings.scaled(start + first * STEP, 900, 2, values)
            put_readings(session, series, readings, at=NOW + timedelta(seconds=turn))
            expected |= {first + n: value for n, value in enumerate(values) if value is not None}

        wanted = [None if n not in expected else Decimal(expected[n]).scaleb(-2) for n in range(100)]
        assert stored(session, start, 100) == Readings.of(start, 900, wanted)
        work.rollback()


def _write_repeatedly(url: str, turn: int, gate: object) -> None:
    """One of several processes: makes its series and writes the same slots as all others."""
    engine = engine_on(url)
    gate.wait()  # type: ignore[attr-defined]
    for number in range(10):
        with committed(engine) as session:
            mine = series_of(session, f"own{turn}", segment_key=f"own{turn}")
            shared = series_of(session)
            values = [str(turn * 100 + number)] * 8
            at = NOW + timedelta(microseconds=turn * 100 + number)
            put_many(session, [(shared, readings_of(*values)), (mine, readings_of(*values))], at=at)
    engine.dispose()


@pytest.mark.slow
def test_writers_at_the_same_time_end_in_one_clear_state(engine, database_url):
    spawn = multiprocessing.get_context("spawn")
    gate = spawn.Barrier(3)
    writers = [spawn.Process(target=_write_repeatedly, args=(database_url, turn, gate)) for turn in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(SECONDS)

    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    with Session(engine) as session:
        rows = session.execute(text("SELECT series, count(*) FROM usage_blocks GROUP BY series ORDER BY series")).all()
        assert [tuple(row) for row in rows] == [(0, 1), (1, 1), (2, 1), (3, 1)]
        shared = series_of(session)
        payload = session.scalar(text("SELECT payload FROM usage_blocks WHERE series = :n"), {"n": shared.series})
        final = unpack(payload, int(START.timestamp()), 900, 8).texts()
        assert len(set(final)) == 1
        assert final[0] in {"9", "109", "209"}
