"""
The readings of an ESPI IntervalBlock, written from scaled integers without a Python object per reading.

    numbers = whole_numbers(readings, kind)
    for piece in interval_readings(numbers, readings, cost=None): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from cdsc_server.domain.espi import QUALITY_CODES
from cdsc_server.domain.espi_formats import COST_SCALE, WrittenKind, multiplier_below
from cdsc_server.domain.readings import GAP, MARK_OF, Readings
from cdsc_server.web.cells import Cells, Frame, gaps, joined, same, scaled, texts

_Integers: TypeAlias = npt.NDArray[np.int64]
_Flags: TypeAlias = npt.NDArray[np.bool_]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Readings written at a time.
_ROWS: Final = 8192
#: Largest integer of ESPI, as its schema has it.
_INT48: Final = 2**47
#: FlowDirection of what the Customer gives to the grid.
_REVERSE: Final = 19
_BARE: Final = Frame(b"", b"", b"")
_VALUE: Final = Frame(b"<value>", b"</value>", b"")
_COST: Final = Frame(b"<cost>", b"</cost>", b"")


@dataclass(frozen=True, slots=True)
class WholeNumbers:
    """
    Readings counted in 10 ** multiplier of an ESPI unit.

    Attributes:
        missing: where there is no reading, or one that ESPI cannot hold.
        unfit: how many readings it cannot hold: beyond 48 bits, or with more than twelve decimals of the unit.
    """

    multiplier: int
    values: _Integers
    missing: _Flags
    unfit: int

    @property
    def any(self) -> bool:
        """Whether there is a reading at all."""
        return not bool(self.missing.all())


def whole_numbers(readings: Readings, kind: WrittenKind) -> WholeNumbers:
    """The readings as ESPI counts them, each exact; what flows back to the grid has no sign there."""
    scale = _decimals(readings)
    multiplier = multiplier_below(kind.power - scale)
    values, fit = _counted(readings, scale, kind.power - scale - multiplier)
    if kind.flow == _REVERSE:
        values = np.abs(values)
    gap = gaps(readings, slice(None))
    return WholeNumbers(multiplier, values, gap | ~fit, int(np.count_nonzero(~(gap | fit))))


def whole_costs(readings: Readings) -> WholeNumbers:
    """Costs in hundred-thousandths of their currency, as ESPI fixes it: further decimals are rounded, half to even."""
    scale = _decimals(readings)
    if scale <= COST_SCALE:
        values, fit = _counted(readings, scale, COST_SCALE - scale)
    else:
        values, fit = _held([_rounded(text, COST_SCALE) for text in readings.texts()])
    gap = gaps(readings, slice(None))
    return WholeNumbers(-COST_SCALE, values, gap | ~fit, int(np.count_nonzero(~(gap | fit))))


def interval_readings(usage: WholeNumbers, readings: Readings, cost: WholeNumbers | None) -> Iterator[bytes]:
    """
    The IntervalReading elements, one for each slot that has a value or a cost.

    Args:
        usage: of `readings`, which say when and of what quality.
        cost: over the same slots.
    """
    first = (readings.start - _EPOCH) // timedelta(seconds=1)
    starts = first + readings.interval * np.arange(len(readings), dtype=np.int64)
    qualities = _QUALITIES.take(np.frombuffer(readings.spread_marks, np.uint8), axis=0)
    opening = b"<timePeriod><duration>%d</duration><start>" % readings.interval
    absent = usage.missing if cost is None else usage.missing & cost.missing
    present = np.flatnonzero(~absent)
    for begin in range(0, len(present), _ROWS):
        rows = present[begin : begin + _ROWS]
        count = len(rows)
        cells: list[Cells] = [same(b"<IntervalReading>", count)]
        if cost is not None:
            cells.append(scaled(cost.values[rows], 0, _COST, missing=cost.missing[rows]))
        cells += [
            qualities[rows],
            same(opening, count),
            scaled(starts[rows], 0, _BARE),
            same(b"</start></timePeriod>", count),
            scaled(usage.values[rows], 0, _VALUE, missing=usage.missing[rows]),
            same(b"</IntervalReading>\n", count),
        ]
        yield joined(cells)


def _decimals(readings: Readings) -> int:
    if readings.scale is not None:
        return readings.scale
    return max(len(text.partition(".")[2]) for text in readings.values if isinstance(text, str))


def _counted(readings: Readings, scale: int, power: int) -> tuple[_Integers, _Flags]:
    """Readings in units of 10 ** -(scale + power), and which of them are whole numbers there that fit."""
    if readings.scale is None:
        exact = [_shifted(text, scale + power) for text in readings.texts()]
        values, fit = _held([value for value, _ in exact])
        return values, fit & np.array([whole for _, whole in exact], np.bool_)
    values = np.frombuffer(readings.values, np.int64)  # type: ignore[arg-type]
    if power < 0:
        # Only decimals beyond the lowest multiplier lead here; a zero at the end may still be left away.
        shorter, rest = np.divmod(values, 10**-power)
        return shorter, (rest == 0) & (np.abs(shorter) <= _INT48)
    fit = (values >= -(_INT48 // 10**power)) & (values <= _INT48 // 10**power)
    return np.where(fit, values, 0) * 10**power, fit


def _shifted(text: str, places: int) -> tuple[int, bool]:
    """A number in units of 10 ** -places, and whether it is whole there."""
    whole, _, decimals = text.partition(".")
    number, missing = int(whole + decimals or 0), places - len(decimals)
    step: int = 10 ** abs(missing)
    return (number * step, True) if missing >= 0 else (number // step, number % step == 0)


def _rounded(text: str, places: int) -> int:
    """A number in units of 10 ** -places, rounded half to even."""
    more = len(text.partition(".")[2]) + 1
    number, _ = _shifted(text, places + more)
    step: int = 10**more
    low, rest = divmod(number, step)
    return low + (2 * rest > step or (2 * rest == step and low % 2 == 1))


def _held(values: list[int]) -> tuple[_Integers, _Flags]:
    fit = np.array([abs(value) <= _INT48 for value in values], np.bool_)
    return np.array([value if abs(value) <= _INT48 else 0 for value in values], np.int64), fit


def _quality_table() -> Cells:
    """What stands in a reading for each mark; nothing where the quality is not known."""
    words = [b""] * (GAP + 1)
    for quality, code in QUALITY_CODES.items():
        words[MARK_OF[quality]] = b"<ReadingQuality><quality>%d</quality></ReadingQuality>" % code
    return texts(words)


_QUALITIES: Final = _quality_table()
