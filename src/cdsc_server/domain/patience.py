"""How long who fails has to wait: longer with each failure, and nothing any more after a while without one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

_LONGEST: Final = timedelta(minutes=15)
_FORGOTTEN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Patience:
    """
    What becomes of somebody who fails again and again.

    Args:
        waits: after the failure that reaches the limit, after the next, and so on; the last holds for all that follow.
        forgotten: a failure counts no longer when the last one is older.
    """

    waits: tuple[timedelta, ...]
    forgotten: timedelta = _FORGOTTEN

    @classmethod
    def doubling(cls, first: timedelta) -> Self:
        """Each wait twice as long as the one before, up to a quarter of an hour."""
        waits = [min(first, _LONGEST)]
        while timedelta() < waits[-1] < _LONGEST:
            waits.append(min(waits[-1] * 2, _LONGEST))
        return cls(tuple(waits))

    def wait(self, failures: int, limit: int) -> timedelta | None:
        """How long to wait after so many failures; None as long as they are below the limit."""
        return None if failures < limit else self.waits[min(failures - limit, len(self.waits) - 1)]
