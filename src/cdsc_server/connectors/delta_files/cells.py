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
_MONTH_DAYS: Final = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [0] * 243)
#: A number has at most so many characters: 18 digits, which 64 bits hold, with point and sign.
_WIDEST_NUMBER: Final = 20
#: By how many of eight bytes are wanted: what leaves them of a word that begins with them.
_FIRST_OF_EIGHT: Final = np.array([(1 << 8 * count) - 1 for count in range(9)], "<u8")
#: Of each of eight bytes.
_HIGH_BITS: Final = np.uint64(0x8080808080808080)
_LOW_BITS: Final = ~_HIGH_BITS


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
        held = padding + text + padding
        self._text = np.frombuffer(held, np.uint8)
        #: The eight bytes from each place on, as one number: much faster to fetch than eight.
        self._eights: npt.NDArray[np.uint64] = np.ndarray(len(held) - 7, "<u8", buffer=held, strides=1)
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
        lengths, begins = self.lengths(column), self._begins[column]
        words = [
            self._eights[begins + first] & _FIRST_OF_EIGHT[np.clip(lengths - first, 0, 8)]
            for first in range(0, max(int(lengths.max(initial=0)), 1), 8)
        ]
        differs = words[0][1:] != words[0][:-1]
        for each in words[1:]:
            differs |= each[1:] != each[:-1]
        heads = np.concatenate([[0], np.flatnonzero(differs) + 1])
        held = np.stack([each[heads] for each in words], axis=1)
        texts, places = np.unique(held.view(f"S{8 * len(words)}").ravel(), return_inverse=True)
        numbers = np.array([known.setdefault(text, len(known)) for text in texts.tolist()], np.int64)
        return np.repeat(numbers[places], np.diff(heads, append=len(lengths)))

    def instants(self, column: int) -> tuple[Numbers, Flags]:
        """
        Seconds since 1970 UTC, and which cells are an instant of RFC 3339: whole seconds with Z or an offset.

        A text of any other form is no instant; its number means nothing.
        """
        lengths, begins = self.lengths(column), self._begins[column]
        with_offset = lengths == 25
        date, right = _pairs(self._eights[begins], b"0000-00-")
        clock, fits = _pairs(self._eights[begins + 8], b"00T00:00")
        day, hour, minute = _at(clock, 0), _at(clock, 3), _at(clock, 6)
        right &= fits & (with_offset | (lengths == 20))
        words = self._eights[begins + 12]
        clock, fits = _pairs(words & _FIRST_OF_EIGHT[7], b"0:00:00\0")
        sign, second = _at(words, 7), _at(clock, 5)
        right &= fits & (with_offset | (sign == ord("Z"))) & (hour < 24) & (minute < 60) & (second < 60)
        days, fits = _days(_at(date, 0) * 100 + _at(date, 2), _at(date, 5), day)
        right &= fits
        seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
        if with_offset.any():
            clock, fits = _pairs(self._eights[begins + 17] & ~np.uint64(0xFF0000), b"00\x0000:00")
            hours, minutes = _at(clock, 3), _at(clock, 6)
            right &= ~with_offset | (fits & ((sign == ord("+")) | (sign == ord("-"))) & (hours < 24) & (minutes < 60))
            offset = np.where(sign == ord("-"), -60, 60) * (hours * 60 + minutes)
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


def _pairs(words: npt.NDArray[np.uint64], form: bytes) -> tuple[npt.NDArray[np.uint64], Flags]:
    """
    The numbers that two digits after each other are, each in the byte of the first, and which words have this form.

    Args:
        words: eight characters each.
        form: those eight, with a 0 where any digit stands.
    """
    # What is left is 0 to 9 for a digit, 0 for any other character that is the right one, and else more.
    rest = words ^ np.uint64(int.from_bytes(form, "little"))
    # In a byte that holds more, this reaches the highest bit.
    up_to = np.uint64(int.from_bytes(bytes(0x76 if each == ord("0") else 0x7F for each in form), "little"))
    more = (((rest & _LOW_BITS) + up_to) | rest) & _HIGH_BITS
    return rest * np.uint64(10) + (rest >> np.uint64(8)), more == 0


def _at(words: npt.NDArray[np.uint64], place: int) -> Numbers:
    """The byte at a place of each word."""
    return ((words >> np.uint64(8 * place)) & np.uint64(0xFF)).view(np.int64)


def _days(year: Numbers, month: Numbers, day: Numbers) -> tuple[Numbers, Flags]:
    """Days since 1970-01-01 of the Gregorian calendar, and which of the dates there are."""
    dates = (year << 16) | (month << 8) | day
    # Rows that follow one another are mostly of one day.
    heads = np.flatnonzero(np.diff(dates, prepend=-1))
    counts = np.diff(heads, append=len(dates))
    year, month, day = year[heads], month[heads], day[heads]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    right = (day >= 1) & (day <= _MONTH_DAYS[month]) & ((month != 2) | (day < 29) | leap)
    # Years are counted from March here.
    late = month <= 2
    year = year - late
    era, of_era = year // 400, year % 400
    of_year = (153 * (month + np.where(late, 9, -3)) + 2) // 5 + day - 1
    days = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return np.repeat(days, counts), np.repeat(right, counts)
