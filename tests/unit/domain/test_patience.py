"""How long who fails has to wait."""

from datetime import timedelta

import pytest

from cdsc_server.domain.patience import Patience


def seconds(*each):
    return tuple(timedelta(seconds=one) for one in each)


@pytest.mark.parametrize(
    ("first", "waits"),
    [(60, (60, 120, 240, 480, 900)), (900, (900,)), (5000, (900,)), (0, (0,))],
)
def test_waits_double_up_to_a_quarter_of_an_hour(first, waits):
    assert Patience.doubling(timedelta(seconds=first)).waits == seconds(*waits)


def test_nobody_waits_below_the_limit_and_the_last_wait_goes_on():
    patience = Patience(seconds(1, 2))

    found = [patience.wait(failures, 3) for failures in range(2, 7)]
    assert found == [None, *seconds(1, 2, 2, 2)]
