"""
Readings of one column: evenly spaced, exact to the digit, with gaps and a quality each.

    day = Readings.of(start, 900, [Decimal("0.250"), None, Decimal("1.100")], qualities=Quality.REVENUE)
    day.decimals()            # [Decimal("0.250"), None, Decimal("1.100")]
    day.between(a, b)         # only readings wholly inside [a, b)
    morning.joined(evening)   # what lies between the two becomes gaps
    month.overlaid(day)       # the readings of `day` take the place of those of `month`

Readings that share their number of decimals are kept as scaled integers (0.250 is 250 with scale 3).
All others are kept as text, so that 1.1 and 1.10 both come out as they went in.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

#: The mark of a slot without a reading.
GAP = 255

_MAX_SCALE = 18
_MIN, _MAX = -(2**63), 2**63 - 1
_NUMBER = re.compile(r"-?[0-9]+(?:\.([0-9]+))?")


class Quality(StrEnum):
    """How far a reading was checked. Spec: WG3-01 10.8.7.6."""

    RAW = "raw"
    MANUAL = "manual"
    VALID = "valid"
    REVENUE = "revenue"
    ESTIMATED = "estimated"
    CALCULATED = "calculated"
    CORRECTED = "corrected"
    WEBSITE = "website"


#: Mark of each quality; the numbers are stored, so they may grow but never change. 0 is an unknown quality.
MARK_OF: dict[Quality | None, int] = {None: 0} | {quality: number for number, quality in enumerate(Quality, start=1)}
QUALITY_OF: dict[int, Quality | None] = {number: quality for quality, number in MARK_OF.items()}

Qualities = Quality | None | Sequence[Quality | None]
Values: TypeAlias = "array[int] | tuple[str, ...]"


@dataclass(frozen=True, slots=True)
class Readings:
    """
    Readings number n covers [start + n * interval, start + (n + 1) * interval).

    Build them with `of`, `scaled` or `written`: these give each content one form, so that equal means equal content.

    Attributes:
        start: aware UTC instant of the first reading, whole seconds.
        interval: seconds, at least 1.
        scale: decimals that all readings share; None when `values` holds text.
        values: scaled integers, or decimal numbers as text; 0 or "" in a gap.
        marks: one byte per reading (GAP or a value of MARK_OF), or one byte for all of them when they agree.
    """

    start: datetime
    interval: int
    scale: int | None
    values: Values
    marks: bytes

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.start.microsecond:
            raise ValueError("readings start at an aware instant of whole seconds")
        if self.start.tzinfo is not UTC:
            object.__setattr__(self, "start", self.start.astimezone(UTC))
        if self.interval < 1:
            raise ValueError("the interval is at least one second")
        if len(self.marks) != len(self.values) and not (len(self.marks) == 1 and self.values):
            raise ValueError("there is one mark for each reading, or one for all")

    @classmethod
    def of(
        cls, start: datetime, interval: int, values: Iterable[Decimal | None], *, qualities: Qualities = None
    ) -> Readings:
        """
        Readings with the digits of these decimals; None is a gap.

        Raises:
            ValueError: a value is not finite, or there are not as many qualities as values.
        """
        return cls.written(
            start, interval, ["" if value is None else _text(value) for value in values], qualities=qualities
        )

    @classmethod
    def scaled(
        cls, start: datetime, interval: int, scale: int, values: Iterable[int | None], *, qualities: Qualities = None
    ) -> Readings:
        """
        Readings from integers counted in 10 ** -scale; None is a gap.

        Raises:
            ValueError: the scale is outside 0..18, a value outside 64 bits, or the number of qualities is wrong.
        """
        if not 0 <= scale <= _MAX_SCALE:
            raise ValueError(f"the scale is between 0 and {_MAX_SCALE}")
        given = list(values)
        gaps = [value is None for value in given]
        try:
            numbers = array("q", [0 if value is None else value for value in given])
        except OverflowError as fault:
            raise ValueError("a scaled value has at most 64 bits") from fault
        return cls(start, interval, 0 if all(gaps) else scale, numbers, _marks(gaps, qualities))

    @classmethod
    def held(cls, start: datetime, interval: int, scale: int, values: bytes, marks: bytes) -> Readings:
        """
        Readings from memory: native 64-bit integers counted in 10 ** -scale, 0 in gaps, and a mark for each or for all.

        Costs nothing per reading; the caller answers for scale and marks.
        """
        numbers = array("q")
        numbers.frombytes(values)
        return _settled(start, interval, scale, numbers, marks)

    @classmethod
    def written(cls, start: datetime, interval: int, texts: Sequence[str], *, qualities: Qualities = None) -> Readings:
        """
        Readings as they were written in plain decimal notation; "" is a gap.

        Leading zeros are kept: a register that shows 00123.4 has said so.

        Raises:
            ValueError: a text is not a plain decimal number, or the number of qualities is wrong.
        """
        scale = _shared_scale(texts)
        marks = _marks([not text for text in texts], qualities)
        if scale is None:
            return cls(start, interval, None, tuple(texts), marks)
        return cls(start, interval, scale, array("q", [int(text.replace(".", "") or 0) for text in texts]), marks)

    @classmethod
    def noted(cls, start: datetime, interval: int, texts: Sequence[str], marks: bytes) -> Readings:
        """As `written`, with the mark of each; the caller answers for numbers and marks."""
        return _settled(start, interval, None, tuple(texts), marks)

    @classmethod
    def assembled(cls, start: datetime, interval: int, count: int, parts: Iterable[Readings]) -> Readings:
        """
        `count` slots from `start`, filled from parts that do not overlap; what reaches outside is left away.

        Raises:
            ValueError: a part has another interval or lies between the slots.
        """
        held = [part.between(start, start + timedelta(seconds=interval * count)) for part in parts]
        held = [part for part in held if part.values]
        if len(held) == 1 and len(held[0].values) == count:
            return held[0]
        scales = {part.scale for part in held if part.marks.count(GAP) < len(part.marks)} or {0}
        scale = scales.pop() if len(scales) == 1 else None
        blank = cls(start, interval, 0, array("q", bytes(8 * count)), bytes([GAP]) * count)
        values: Any = [""] * count if scale is None else blank.values
        marks = bytearray(blank.marks)
        for part in held:
            first = _slots(blank, part)
            last = first + len(part.values)
            if scale is None:
                values[first:last] = part.texts()
            elif part.scale == scale:
                values[first:last] = part.values
            marks[first:last] = part.spread_marks
        return _settled(start, interval, scale, tuple(values) if scale is None else values, bytes(marks))

    def __len__(self) -> int:
        return len(self.values)

    @property
    def end(self) -> datetime:
        """Instant at which the last reading ends."""
        return self.start + timedelta(seconds=self.interval * len(self.values))

    @property
    def spread_marks(self) -> bytes:
        """One mark for each reading, also when they all agree."""
        return self.marks if len(self.marks) == len(self.values) else self.marks * len(self.values)

    def qualities(self) -> list[Quality | None]:
        """The quality of each reading; None where it is unknown and in gaps."""
        return [QUALITY_OF.get(mark) for mark in self.spread_marks]

    def texts(self) -> list[str]:
        """Each reading in plain decimal notation with every digit; "" in a gap."""
        if self.scale is None:
            return list(self.values)  # type: ignore[arg-type]
        values: Sequence[int] = self.values  # type: ignore[assignment]
        return [
            "" if mark == GAP else scaled_text(value, self.scale)
            for value, mark in zip(values, self.spread_marks, strict=True)
        ]

    def decimals(self) -> list[Decimal | None]:
        """Each reading with the digits it was given with; None in a gap. Costs an object a reading."""
        return [Decimal(text) if text else None for text in self.texts()]

    def bounds(self) -> tuple[Decimal, Decimal]:
        """The lowest and the highest reading; a gap counts as zero, and so does having none."""
        if self.scale is None:
            numbers = [Decimal(text or 0) for text in self.values]
            return min(numbers), max(numbers)
        values: Sequence[int] = self.values or (0,)  # type: ignore[assignment]
        return Decimal(min(values)).scaleb(-self.scale), Decimal(max(values)).scaleb(-self.scale)

    def between(self, start: datetime | None, end: datetime | None) -> Readings:
        """The readings wholly inside [start, end); None is no bound. Empty readings start where the cut was made."""
        size, step = len(self.values), self.interval
        first = 0 if start is None else min(max(-((self.start - start) // timedelta(seconds=step)), 0), size)
        last = size if end is None else min(max((end - self.start) // timedelta(seconds=step), first), size)
        return self.part(first, last)

    def part(self, first: int, last: int) -> Readings:
        """The readings numbered first to last - 1."""
        if (first, last) == (0, len(self.values)):
            return self
        start = self.start + timedelta(seconds=self.interval * first)
        return _settled(start, self.interval, self.scale, self.values[first:last], self.spread_marks[first:last])

    def only(self, quality: Quality | None) -> Readings:
        """The same slots with the readings of one quality; all others are gaps."""
        wanted = MARK_OF[quality]
        marks = self.spread_marks.translate(bytes(mark if mark == wanted else GAP for mark in range(256)))
        values: Any = [value if mark != GAP else self._blank for value, mark in zip(self.values, marks, strict=True)]
        values = tuple(values) if self.scale is None else array("q", values)
        return _settled(self.start, self.interval, self.scale, values, marks)

    @property
    def _blank(self) -> Any:
        return "" if self.scale is None else 0

    def joined(self, later: Readings) -> Readings:
        """
        These readings followed by later ones, with gaps in between.

        Raises:
            ValueError: the later ones overlap these, have another interval, or lie between the slots of these.
        """
        between = _slots(self, later) - len(self.values)
        if between < 0:
            raise ValueError("readings that overlap are overlaid, not joined")
        mine, theirs, scale = _same_form(self, later)
        values = mine + _blank(scale, between) + theirs  # type: ignore[operator]
        marks = self.spread_marks + bytes([GAP]) * between + later.spread_marks
        return _settled(self.start, self.interval, scale, values, marks)

    def overlaid(self, new: Readings, *, gaps_erase: bool = False) -> Readings:
        """
        These readings with `new` in their place where the two meet.

        Args:
            new: lies wholly inside these readings, on the same slots.
            gaps_erase: whether a gap of `new` removes the reading that was there; otherwise it leaves it.

        Raises:
            ValueError: `new` reaches outside, or does not fit the slots.
        """
        first = _slots(self, new)
        last = first + len(new.values)
        if first < 0 or last > len(self.values):
            raise ValueError("readings are overlaid inside the ones they correct")
        if len(new.values) == len(self.values) and (gaps_erase or GAP not in new.marks):
            return new
        old, fresh, scale = _same_form(self, new)
        marks, fresh_marks = self.spread_marks, new.spread_marks
        if GAP in fresh_marks and not gaps_erase:
            kept = [number for number, mark in enumerate(fresh_marks) if mark == GAP]
            fresh, fresh_marks = _filled(fresh, fresh_marks, old[first:last], marks[first:last], kept)
        values = old[:first] + fresh + old[last:]  # type: ignore[operator]
        return _settled(self.start, self.interval, scale, values, marks[:first] + fresh_marks + marks[last:])


def _text(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"{value} is not a reading")
    return format(value, "f")


def scaled_text(value: int, scale: int) -> str:
    """A number counted in 10 ** -scale, in plain decimal notation with as many decimals."""
    digits = str(abs(value)).rjust(scale + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else sign + digits


def _shared_scale(texts: Sequence[str]) -> int | None:
    """The number of decimals that all texts share; None when 64-bit integers of one scale cannot give them back."""
    scales: set[int] = set()
    fits = True
    for text in texts:
        if not text:
            continue
        match = _NUMBER.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a plain decimal number")
        scale = len(match[1] or "")
        scales.add(scale)
        value = int(text.replace(".", ""))
        fits = fits and _MIN <= value <= _MAX and (scale > _MAX_SCALE or scaled_text(value, scale) == text)
    if not fits or len(scales) > 1 or any(scale > _MAX_SCALE for scale in scales):
        return None
    return scales.pop() if scales else 0


def _marks(gaps: Sequence[bool], qualities: Qualities) -> bytes:
    if qualities is None or isinstance(qualities, Quality):
        each = bytes([MARK_OF[qualities]]) * len(gaps)
    else:
        each = bytes([MARK_OF[quality] for quality in qualities])
    if len(each) != len(gaps):
        raise ValueError("there is one quality for each reading")
    return _collapsed(bytes(GAP if gap else mark for gap, mark in zip(gaps, each, strict=True)))


def _collapsed(marks: bytes) -> bytes:
    return marks[:1] if marks.count(marks[:1]) == len(marks) else marks


def _slots(base: Readings, other: Readings) -> int:
    """How many slots of `base` lie between its start and the start of `other`."""
    if base.interval != other.interval:
        raise ValueError("readings of different intervals do not mix")
    slots, rest = divmod(other.start - base.start, timedelta(seconds=base.interval))
    if rest:
        raise ValueError("readings between the slots of others do not mix")
    return slots


def _same_form(one: Readings, other: Readings) -> tuple[Values, Values, int | None]:
    """The values of both as integers of one scale, or both as text."""
    for readings, scale in ((one, other.scale), (other, one.scale)):
        # What holds gaps only fits every form.
        if readings.scale == 0 and scale is not None and readings.marks.count(GAP) == len(readings.marks):
            return one.values, other.values, scale
    if one.scale == other.scale:
        return one.values, other.values, one.scale
    return tuple(one.texts()), tuple(other.texts()), None


def _blank(scale: int | None, count: int) -> Values:
    return ("",) * count if scale is None else array("q", bytes(8 * count))


def _filled(
    values: Values,
    marks: bytes,
    old: Values,
    old_marks: bytes,
    slots: Sequence[int],
) -> tuple[Values, bytes]:
    """The values and marks with what was there before in the given slots."""
    filled, filled_marks = list(values), bytearray(marks)
    for slot in slots:
        filled[slot], filled_marks[slot] = old[slot], old_marks[slot]
    return (tuple(filled) if isinstance(values, tuple) else array("q", filled)), bytes(filled_marks)  # type: ignore[arg-type]


def _settled(start: datetime, interval: int, scale: int | None, values: Values, marks: bytes) -> Readings:
    """Readings in the one form of their content: scaled where a scale is shared, scale 0 where no reading is left."""
    marks = _collapsed(marks)
    if scale is None:
        shared = _shared_scale(values)  # type: ignore[arg-type]
        if shared is not None:
            numbers = [int(text.replace(".", "") or 0) for text in values]  # type: ignore[union-attr]
            return Readings(start, interval, shared, array("q", numbers), marks)
    elif marks.count(GAP) == len(marks):
        scale = 0
    return Readings(start, interval, scale, values, marks)
