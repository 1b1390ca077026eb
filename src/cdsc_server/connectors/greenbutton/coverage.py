"""Which seconds a MeterReading has readings for, so that no second is measured twice."""

from __future__ import annotations

from bisect import bisect_right

from cdsc_server.errors import InvalidFile

#: Separate stretches of one MeterReading that are remembered; a real file has as many as it has outages.
_MOST = 100_000


class Coverage:
    """Stretches of time that do not touch, in order."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def is_free(self, start: int, end: int) -> bool:
        """Whether no reading covers any of [start, end)."""
        place = bisect_right(self._starts, start)
        if place and self._ends[place - 1] > start:
            return False
        return place == len(self._starts) or self._starts[place] >= end

    def add(self, start: int, end: int, *, line: int) -> None:
        """
        Cover [start, end), which is free.

        Raises:
            InvalidFile: the readings lie in more separate stretches than real ones do.
        """
        place = bisect_right(self._starts, start)
        joins_left = place > 0 and self._ends[place - 1] == start
        joins_right = place < len(self._starts) and self._starts[place] == end
        if joins_left and joins_right:
            self._ends[place - 1] = self._ends.pop(place)
            del self._starts[place]
        elif joins_left:
            self._ends[place - 1] = end
        elif joins_right:
            self._starts[place] = start
        elif len(self._starts) >= _MOST:
            raise InvalidFile(f"the readings lie in more than {_MOST} separate stretches of time", line=line)
        else:
            self._starts.insert(place, start)
            self._ends.insert(place, end)
