"""Readings as lines of JSON, turned into the lines of CSV that say the same: one set of rules judges both."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import BinaryIO, Final

from cdsc_server import exact_json
from cdsc_server.connectors.delta_files.blocks import LONGEST_LINE, Block, block_of
from cdsc_server.connectors.delta_files.readings import COLUMNS
from cdsc_server.errors import InvalidFile

#: Lines turned at a time.
_TOGETHER: Final = 20_000


def csv_blocks(file: BinaryIO) -> Iterator[Block]:
    """
    The lines of a file, as CSV with the cells of `COLUMNS`.

    Raises:
        InvalidFile: a line is no JSON object of these members.
    """
    first = 1
    while lines := list(islice(iter(lambda: file.readline(LONGEST_LINE + 1), b""), _TOGETHER)):
        yield block_of(first, "".join(_csv(line, number) for number, line in enumerate(lines, first)).encode())
        first += len(lines)


def _csv(line: bytes, number: int) -> str:
    if len(line) > LONGEST_LINE:
        raise InvalidFile("is too long", line=number)
    try:
        row = exact_json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise InvalidFile("is not JSON", line=number) from fault
    if not isinstance(row, dict):
        raise InvalidFile("is not a JSON object", line=number)
    if unknown := row.keys() - set(COLUMNS):
        raise InvalidFile(f"{min(unknown)!r} is unknown: there are {', '.join(COLUMNS)}", line=number)
    return ",".join([_cell(row.get(name), name, number) for name in COLUMNS]) + "\n"


def _cell(value: object, name: str, number: int) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and not set(value) & set(',"\n\r'):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    raise InvalidFile(f"{name} must be a text without commas, or a number", line=number)
