"""Where certificates stand beside the Value Sets of a column, and what a certificate that comes in may say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.eacs import BeneficiaryType, Certificate, DeliveredEac, proven

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = int(START.timestamp())


def certificate(name: str, first: float, last: float) -> Certificate:
    """One that covers seconds from START on."""
    start, end = START + timedelta(seconds=first), START + timedelta(seconds=last)
    return Certificate(name, BeneficiaryType.RATE_PLAN, frozenset(), (), "wind", start, end, START)


def delivered(**members: object) -> DeliveredEac:
    plain: dict = {
        "source_id": "GC-1",
        "beneficiary_type": BeneficiaryType.RATE_PLAN,
        "beneficiaries": frozenset({"E-GREEN"}),
        "numbers": ("1",),
        "format": "known",
        "supply_type": "wind",
        "start": START,
        "end": START + timedelta(days=31),
        "media_type": "text/csv",
        "data": b"",
    }
    return DeliveredEac(**{**plain, **members})


periods = st.tuples(st.integers(-4000, 9000), st.integers(1, 5000)).map(lambda each: (each[0], each[0] + each[1]))


@given(st.lists(periods, max_size=6), st.integers(1, 900), st.integers(0, 30))
def test_each_value_set_names_exactly_the_certificates_that_touch_it(spans, interval, count):
    certificates = [certificate(str(number), *span) for number, span in enumerate(spans)]
    found = proven(certificates, start=SECOND, interval=interval, count=count)
    named = {row: run.eacs for run in found for row in range(run.first, run.last)}
    wanted = {
        row: tuple(
            str(number)
            for number, (first, last) in enumerate(spans)
            if first < (row + 1) * interval and row * interval < last
        )
        for row in range(count)
    }

    assert named == {row: names for row, names in wanted.items() if names}
    assert sum(run.last - run.first for run in found) == len(named)


def test_broken_seconds_count_as_touched():
    (run,) = proven([certificate("a", 899.5, 900.5)], start=SECOND, interval=900, count=4)

    assert run == (0, 2, ("a",))


def test_the_same_source_gives_the_same_id():
    assert delivered().id == delivered(numbers=()).id != delivered(source_id="GC-2").id


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"format": "other"}, "eac_format 'other'"),
        ({"supply_type": "windy"}, "supply_type"),
        ({"end": START}, "period_end"),
        ({"beneficiaries": frozenset()}, "beneficiaries must be empty for the type general"),
        ({"beneficiary_type": BeneficiaryType.GENERAL}, "beneficiaries must be empty for the type general"),
        ({"beneficiaries": frozenset({"a", ""})}, "beneficiaries must not be empty texts"),
    ],
)
def test_what_breaks_a_rule_is_named(members, fault):
    (found,) = delivered(**members).faults({"known"})

    assert found.startswith(fault)


def test_a_certificate_for_everybody_and_of_no_source_is_right():
    general = delivered(beneficiary_type=BeneficiaryType.GENERAL, beneficiaries=frozenset(), supply_type=None)

    assert list(delivered().faults({"known"})) == list(general.faults({"known"})) == []
