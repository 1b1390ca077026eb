"""A payment moves forward only, whatever is told and in whatever order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.callbacks import SIGNATURE_HEADER, TIMESTAMP_HEADER, TOLERANCE, is_genuine, signed_headers
from cdsc_server.domain.payments import PaymentStatus, steps

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPEN, EXPIRED, SUBMITTED, ACCEPTED, REJECTED = PaymentStatus


@pytest.mark.parametrize(
    ("current", "told", "through"),
    [
        (OPEN, SUBMITTED, (SUBMITTED,)),
        (SUBMITTED, ACCEPTED, (ACCEPTED,)),
        (SUBMITTED, REJECTED, (REJECTED,)),
        (OPEN, ACCEPTED, (SUBMITTED, ACCEPTED)),
        (OPEN, OPEN, ()),
        (OPEN, EXPIRED, ()),
        (EXPIRED, ACCEPTED, (SUBMITTED, ACCEPTED)),
        (SUBMITTED, EXPIRED, ()),
        (ACCEPTED, REJECTED, ()),
        (REJECTED, ACCEPTED, ()),
        (ACCEPTED, SUBMITTED, ()),
    ],
)
def test_each_news_has_its_steps(current, told, through):
    assert steps(current, told) == through


@given(st.lists(st.sampled_from(PaymentStatus), max_size=12))
def test_no_news_brings_a_status_twice(told):
    """Each status is entered once at most, so whatever follows from it happens once at most."""
    current, entered = OPEN, []
    for each in told:
        through = steps(current, each)
        entered += through
        current = through[-1] if through else current

    assert len(entered) == len(set(entered))
    assert not {ACCEPTED, REJECTED} <= set(entered)


def genuine(secret=b"s" * 32, body=b"{}", at=NOW, **changed):
    sent = signed_headers(b"s" * 32, b"{}", now=NOW)
    parts = {"timestamp": sent[TIMESTAMP_HEADER], "signed": sent[SIGNATURE_HEADER], **changed}
    return is_genuine(secret, body, now=at, **parts)


def test_what_was_signed_is_believed_for_five_minutes():
    assert genuine()
    assert genuine(at=NOW + TOLERANCE)
    assert not genuine(at=NOW + TOLERANCE + timedelta(seconds=1))
    assert not genuine(at=NOW - TOLERANCE - timedelta(seconds=1))


@pytest.mark.parametrize(
    "changed",
    [
        {"body": b"{ }"},
        {"secret": b"t" * 32},
        {"timestamp": str(int(NOW.timestamp()) + 1)},
        {"timestamp": ""},
        {"timestamp": "1e9"},
        {"timestamp": "-1"},
        {"timestamp": "9" * 40},
        {"signed": ""},
        {"signed": "é"},
        {"signed": "0" * 64},
    ],
)
def test_whatever_is_changed_makes_it_a_forgery(changed):
    assert not genuine(**changed)
