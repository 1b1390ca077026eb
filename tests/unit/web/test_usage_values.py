"""Values are written as JSON with the digits they were stored with, whatever their size."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.readings import Readings
from cdsc_server.domain.usage import Column, Proven
from cdsc_server.web.customer_data.usage_values import values_json
from tests.support.requirements import requirement

START = datetime(2026, 1, 1, tzinfo=UTC)

numbers = st.one_of(
    st.none(),
    st.integers(-20, 10_020),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([-(2**63), 2**63 - 1, 9_999, 10_000, 99_999_999, 100_000_000, -1]),
)


def column(*members: tuple[str, Readings]) -> Column:
    return Column({}, None, "s1", members)


def written(*columns: Column) -> str:
    return b"".join(values_json(columns)).decode()


def of(*texts: str) -> Readings:
    return Readings.written(START, 900, texts)


@requirement("WG3-01-10.8.3-01", "WG3-01-10.8.3-02", "WG3-01-10.8.3-04")
def test_each_value_set_has_an_object_or_null_for_each_column():
    usage, cost = column(("eu", of("0.250", "", "12.000"))), column(("c", of("", "-0.07", "1.10")))

    assert written(usage, cost) == '[[{"eu":0.250},null],[null,{"c":-0.07}],[{"eu":12.000},{"c":1.10}]]'


def test_a_single_column_makes_value_sets_of_one():
    assert written(column(("wu", of("0", "", "10000", "-1")))) == '[[{"wu":0}],[null],[{"wu":10000}],[{"wu":-1}]]'


def test_no_column_and_no_reading_make_an_empty_list():
    assert written() == "[]"
    assert written(column(("eu", of()))) == "[]"


def test_a_member_without_a_reading_is_left_out():
    mix = column(("sm", of("0.25", "0.50", "")), ("ci", of("412.5", "", "7.5")))

    assert written(mix) == '[[{"sm":0.25,"ci":412.5}],[{"sm":0.50}],[null]]'
    assert written(mix, mix).startswith('[[{"sm":0.25,"ci":412.5},{"sm":0.25,"ci":412.5}],')


@requirement("WG3-01-10.8.5.8.2-01", "WG3-01-10.8.5.8.2-02")
@pytest.mark.parametrize("texts", [("00123.4", "00124.4"), ("7", "-12000"), ("1.1", "1.10")])
def test_register_readings_are_strings(texts):
    first, second = texts

    assert written(column(("r", of(first, "", second)))) == f'[[{{"r":"{first}"}}],[null],[{{"r":"{second}"}}]]'


def test_numbers_of_different_scales_keep_their_digits_and_lose_leading_zeros():
    kept = column(("eu", of("1.1", "1.10", "", "-007", "000", "0.5", "123456789012345678901234567890")))

    assert written(kept) == (
        '[[{"eu":1.1}],[{"eu":1.10}],[null],[{"eu":-7}],[{"eu":0}],[{"eu":0.5}],[{"eu":123456789012345678901234567890}]]'
    )


@given(st.lists(numbers, min_size=1, max_size=50), st.integers(0, 18), st.booleans())
def test_any_integer_of_any_scale_is_written_exactly(values, scale, twice):
    readings = Readings.scaled(START, 900, scale, values)
    columns = [column(("eu", readings))] * (2 if twice else 1)

    sets = json.loads(written(*columns), parse_float=str, parse_int=str)

    assert sets == [[None if not text else {"eu": text}] * len(columns) for text in readings.texts()]


@given(st.lists(st.one_of(st.none(), st.decimals(allow_nan=False, allow_infinity=False, places=3)), min_size=1))
def test_what_is_written_is_a_number_equal_to_the_reading(values):
    sets = json.loads(written(column(("eu", Readings.of(START, 900, values)))), parse_float=Decimal, parse_int=Decimal)

    assert [None if value is None else value["eu"] for [value] in sets] == values


def test_long_segments_come_in_pieces_of_limited_size():
    values = [*range(20_000), None, -5]
    pieces = list(values_json([column(("eu", Readings.scaled(START, 900, 3, values)))]))

    assert max(map(len, pieces)) < 200_000
    sets = json.loads(b"".join(pieces), parse_float=Decimal)
    assert [value and value["eu"] for [value] in sets] == [None if v is None else Decimal(v).scaleb(-3) for v in values]


@requirement("WG3-01-10.8.5.3.2-03")
def test_certificates_stand_in_the_rows_they_prove_and_not_in_gaps():
    """Long lists and short ones, with ids that JSON has to write in another way."""
    runs = (Proven(0, 2, ("a",)), Proven(2, 4, ('b"\0', "cé" * 40)))
    mix = Column(
        {}, None, "s1", (("sm", of("0.25", "", "10000.5", "0.1", "0.2")), ("ci", of("1", "2", "", "", ""))), runs
    )
    found = json.loads(written(mix), parse_float=Decimal)

    assert [row[0] for row in found] == [
        {"sm": Decimal("0.25"), "ci": 1, "eacs": ["a"]},
        None,
        {"sm": Decimal("10000.5"), "eacs": ['b"\0', "cé" * 40]},
        {"sm": Decimal("0.1"), "eacs": ['b"\0', "cé" * 40]},
        {"sm": Decimal("0.2")},
    ]


def test_certificates_are_right_wherever_the_rows_are_cut():
    """Value Sets are written some thousands at a time."""
    count = 20_000
    runs = (Proven(5, 8_200, ("a",)), Proven(8_200, 8_201, ("b",)), Proven(19_999, 20_000, ("c",)))
    found = json.loads(written(Column({}, None, "s1", (("sm", of(*["0.5"] * count)),), runs)))
    named = [row[0].get("eacs") for row in found]

    assert named == [None] * 5 + [["a"]] * 8_195 + [["b"]] + [None] * 11_798 + [["c"]]
