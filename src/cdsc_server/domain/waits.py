"""How long to wait before what failed is tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

LONGEST_WAIT: Final = timedelta(hours=6)
#: A wait is up to so much longer than its doubling says, so that what failed together does not come back together.
_MORE: Final = 0.25


def wait_after(attempts: int, *, first: timedelta, chance: float) -> timedelta:
    """
    How long to wait after so many failed attempts; doubles each time, up to LONGEST_WAIT, and a little more.

    Args:
        chance: from 0 to 1, how much of that little.
    """
    return min(first * (1 << min(attempts - 1, 30)), LONGEST_WAIT) * (1 + _MORE * chance)
