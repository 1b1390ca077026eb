"""The cells of a block of CSV as arrays: a column is read with one operation for all its rows."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from cdsc_server.domain.delta_files import Faults
from cdsc_server.domain.reading_rows import Flags, Numbers

Bytes = npt.NDArray[np.uint8]

#: Bytes of a cell at most.
WIDEST: Final = 64
_COMMA, _LINE_FEED, _RETURN = b",\n\r"
_MONTH_DAYS: Final = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [0] * 87)
_INSTANT: Final = np.frombuffer(b"0000-00-00T00:00:00", np.uint8)
_IS_DIGIT: Final = np.equal(_INSTANT, ord("0"))
_DIGITS: Final = np.flatnonzero(_IS_DIGIT)
_MARKS: Final = np.flatnonzero(~_IS_DIGIT)
#: A number has at most so many characters: 18 digits, which 64 bits hold, with point and sign.
_WIDEST_NUMBER: Final = 20


class Cells:
    """
    The cells of lines that have as many as there are columns.

    Args:
        text: whole lines without quotes, each ending in a line feed.
        columns: how many cells a line has.
        first_line: its number.
        faults: the lines that have another number of cells are added to them, and left out.

    Attributes:
        lines: the number of each line.
    """

    def __init__(self, text: bytes, *, columns: int, first_line: int, faults: Faults) -> None:
        padding = bytes(WIDEST)
        self._text = np.frombuffer(padding + text + padding, np.uint8)
        ends = np.flatnonzero(self._text == _LINE_FEED)
        commas = np.flatnonzero(self._text == _COMMA)
        self.lines: Numbers = np.arange(first_line, first_line + len(ends))
        begins = np.concatenate([[WIDEST], ends[:-1] + 1])
        ends = ends - (self._text[ends - 1] == _RETURN)
        found = np.diff(np.searchsorted(commas, ends), prepend=0)
        if not (right := found == columns - 1).all():
            for row in np.flatnonzero(~right).tolist():
                have = f"has {found[row] + 1} cells instead of {columns}" if ends[row] > begins[row] else "is empty"
                faults.add(int(self.lines[row]), "", f"{have}: is there a comma inside a number or a text?")
            commas = commas[np.repeat(right, found)]
            self.lines, begins, ends = self.lines[right], begins[right], ends[right]
        inner = np.ascontiguousarray(commas.reshape(len(begins), columns - 1).T)
        # By column: what is read of all rows together lies together.
        self._begins = [begins, *(inner + 1)]
        self._ends = [*inner, ends]

    def __len__(self) -> int:
        return len(self.lines)

    def leave_out(self, rows: Flags) -> None:
        """Go on without these lines."""
        self.lines = self.lines[~rows]
        self._begins, self._ends = ([each[~rows] for each in places] for places in (self._begins, self._ends))

    def lengths(self, column: int) -> Numbers:
        """Bytes of each cell of a column."""
        lengths: Numbers = self._ends[column] - self._begins[column]
        return lengths

    def text(self, row: int, column: int) -> str:
        """One cell."""
        cell = self._text[self._begins[column][row] : self._ends[column][row]]
        return cell.tobytes().decode(errors="replace")

    def equal(self, column: int, word: bytes) -> Flags:
        """Which cells of a column hold this word."""
        found: Flags = self.lengths(column) == len(word)
        if word and found.any():
            rows = np.flatnonzero(found)
            windows = self._windows(len(word))[self._begins[column][rows]]
            found[rows] = (windows == np.frombuffer(word, np.uint8)).all(axis=1)
        return found

    def labels(self, column: int, known: dict[bytes, int]) -> npt.NDArray[np.int64]:
        """
        The number of each cell's text.

        Args:
            column: no cell of which is longer than WIDEST.
            known: numbers by text; texts that are not in it get the next ones.
        """
        lengths = self.lengths(column)
        width = -(-max(int(lengths.max(initial=0)), 1) // 8) * 8
        held = self._windows(width)[self._begins[column]]
        shortest = int(lengths.min(initial=WIDEST))
        held[:, shortest:][np.arange(shortest, width) >= lengths[:, None]] = 0
        words = held.view(np.uint64)
        differs = words[1:, 0] != words[:-1, 0]
        for place in range(1, width // 8):
            differs |= words[1:, place] != words[:-1, place]
        heads = np.concatenate([[0], np.flatnonzero(differs) + 1])
        texts, places = np.unique(held[heads].view(f"S{width}").ravel(), return_inverse=True)
        numbers = np.array([known.setdefault(text, len(known)) for text in texts.tolist()], np.int64)
        return np.repeat(numbers[places], np.diff(heads, append=len(held)))

    def instants(self, column: int) -> tuple[Numbers, Flags]:
        """
        Seconds since 1970 UTC, and which cells are an instant of RFC 3339: whole seconds with Z or an offset.

        A text of any other form is no instant; its number means nothing.
        """
        lengths = self.lengths(column)
        with_offset = lengths == 25
        right = with_offset | (lengths == 20)
        held = np.ascontiguousarray(self._windows(25)[self._begins[column]].T)
        digits = held - np.uint8(ord("0"))
        right &= (held[_MARKS] == _INSTANT[_MARKS, None]).all(axis=0) & (digits[_DIGITS] < 10).all(axis=0)
        wide = digits.astype(np.int32)

        def two(first: int) -> npt.NDArray[np.int32]:
            number: npt.NDArray[np.int32] = wide[first] * 10 + wide[first + 1]
            return number

        year, month, day = two(0) * 100 + two(2), two(5), two(8)
        hour, minute, second = two(11), two(14), two(17)
        leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
        right &= (day >= 1) & (day <= _MONTH_DAYS[np.where(right, month, 0)]) & ((month != 2) | (day < 29) | leap)
        right &= (hour < 24) & (minute < 60) & (second < 60)
        seconds = _days(year, month, day).astype(np.int64) * 86_400 + (hour * 3_600 + minute * 60 + second)
        sign = held[19]
        right &= with_offset | (sign == ord("Z"))
        if with_offset.any():
            zone = ((sign == ord("+")) | (sign == ord("-"))) & (held[22] == ord(":"))
            zone &= (digits[[20, 21, 23, 24]] < 10).all(axis=0) & (two(20) < 24) & (two(23) < 60)
            right &= zone | ~with_offset
            offset = np.where(sign == ord("-"), -60, 60) * (two(20) * 60 + two(23))
            seconds -= np.where(with_offset, offset, 0)
        return seconds, right

    def numbers(self, column: int) -> tuple[Numbers, npt.NDArray[np.uint8], Flags]:
        """
        Plain decimal numbers as integers counted in 10 ** -scale, the scales, and which cells are one.

        Every digit is kept. A text of any other form, or of more than 18 digits, is no number.
        """
        lengths = self.lengths(column)
        width = min(max(int(lengths.max(initial=0)), 1), _WIDEST_NUMBER)
        held = np.ascontiguousarray(self._windows(width)[self._ends[column] - width].T)
        first = np.clip(width - lengths, 0, width - 1)
        rows = np.arange(len(lengths))
        negative = (held[first, rows] == ord("-")) & (lengths > 0)
        held[np.arange(width)[:, None] < first + negative] = ord("0")
        points = held == ord(".")
        count = np.count_nonzero(points, axis=0)
        place = np.where(count > 0, points.argmax(axis=0), width - 1)
        scales = (width - 1 - place).astype(np.uint8)
        digits = lengths - negative - count
        right = (lengths <= _WIDEST_NUMBER) & (digits > 0) & (digits <= 18) & (count < 2)
        # A point has digits on both sides.
        right &= (count == 0) | ((scales > 0) & (place > first + negative))
        values = np.zeros(len(lengths), np.int64)
        for each in range(width):
            digit, is_point = held[each] - np.uint8(ord("0")), points[each]
            right &= (digit < 10) | is_point
            values = np.where(is_point, values, values * 10 + digit)
        return np.where(negative, -values, values), scales, right

    def _windows(self, width: int) -> Bytes:
        return np.lib.stride_tricks.sliding_window_view(self._text, width)


def _days(
    year: npt.NDArray[np.int32], month: npt.NDArray[np.int32], day: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Days since 1970-01-01 of the Gregorian calendar, whose years are counted from March here."""
    late = month <= 2
    year = year - late
    era, of_era = year // 400, year % 400
    of_year = (153 * (month + np.where(late, 9, -3)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
