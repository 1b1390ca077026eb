"""JSON with every digit."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server import exact_json
from tests.support import requirement

decimals = st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(lambda d: abs(d.adjusted()) < 60)


@requirement("WG1-02-2-04", "WG1-02-2-06")
@given(decimals)
def test_a_decimal_comes_back_with_its_digits(value):
    """As a number, written out: 1.10 never becomes 1.1, and no exponent appears."""
    text = exact_json.dumps({"v": value}).decode()

    assert text == '{"v":' + format(value, "f") + "}"
    assert json.loads(text, parse_float=Decimal, parse_int=Decimal)["v"] == value


@given(st.integers(-(10**15), 10**15), st.integers(0, 12))
def test_trailing_zeros_survive_a_round_trip(units, scale):
    value = Decimal(units).scaleb(-scale)

    back = Decimal(exact_json.loads(exact_json.dumps([value]))[0])

    assert format(back, "f") == format(value, "f")


@requirement("WG1-02-2-03")
def test_instants_are_utc_and_end_in_z():
    at = datetime.fromisoformat("2026-03-08T02:30:00-05:00")

    assert exact_json.dumps({"at": at, "day": date(2026, 3, 8)}) == b'{"at":"2026-03-08T07:30:00Z","day":"2026-03-08"}'


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="naive"):
        exact_json.dumps(datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None))


@pytest.mark.parametrize("value", [1.5, Decimal("NaN"), Decimal("Infinity"), object()])
def test_what_has_no_exact_form_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        exact_json.dumps({"v": value})


@pytest.mark.parametrize("text", ["", "{", '{"a":}', "nan", '{"a":1}x'])
def test_what_is_not_json_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 -- the words are the decoder's
        exact_json.loads(text)
