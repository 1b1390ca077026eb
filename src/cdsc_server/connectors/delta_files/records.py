"""Records of a delta file: each line as JSON, in the types that the members of its kind have."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdsc_server import exact_json
from cdsc_server.connectors.delta_files.blocks import Block
from cdsc_server.domain.delta_files import OPS, Faults, RecordLine
from cdsc_server.errors import InvalidFile

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a cell belongs in the record, and whether it is text as it stands; otherwise it is JSON."""

    name: str
    path: tuple[str, ...]
    is_text: bool


class RecordTable:
    """
    Reads blocks of lines.

    Args:
        columns: names of the cells of a line: members, those of an object within a record after its name and a point,
            and `op`.
        blocks: the lines under them.
        schema: JSON Schema of the records.
        faults: lines that are no record are added to them.

    Attributes:
        rows: how many lines were read, sound or not.

    Raises:
        InvalidFile: a column is no member.
    """

    def __init__(self, columns: Sequence[str], blocks: Iterable[Block], *, schema: Schema, faults: Faults) -> None:
        self.rows = 0
        self._blocks, self._faults = blocks, faults
        self._columns = [_column(name, schema) for name in columns]

    def lines(self) -> Iterator[RecordLine]:
        """Every line that is a record, once."""
        for block in self._blocks:
            for number, line in enumerate(block.text[:-1].split(b"\n"), block.first_line):
                self.rows += 1
                if (found := self._line(number, line)) is not None:
                    yield found

    def _line(self, number: int, line: bytes) -> RecordLine | None:
        try:
            cells = next(csv.reader([line.decode().rstrip("\r")], strict=True), [])
        except (UnicodeDecodeError, csv.Error):
            self._faults.add(number, "", "is not a line of CSV in UTF-8")
            return None
        if len(cells) != len(self._columns):
            self._faults.add(number, "", f"has {len(cells)} cells instead of {len(self._columns)}")
            return None
        body: dict[str, Any] = {}
        op = OPS[0]
        for column, cell in zip(self._columns, cells, strict=True):
            if column.name == "op":
                op = cell or op
            elif cell:
                try:
                    _put(body, column.path, cell if column.is_text else exact_json.loads(cell.encode()))
                except (ValueError, RecursionError):
                    self._faults.add(number, column.name, "must be JSON: a number, true, false, or a list in brackets")
                    return None
        if op not in OPS:
            self._faults.add(number, "op", f"must be {' or '.join(OPS)}")
            return None
        return RecordLine(number, op == "delete", body)


def _column(name: str, schema: Schema) -> _Column:
    path = tuple(name.split("."))
    if name == "op":
        return _Column(name, path, is_text=True)
    within = schema
    for part in path:
        known = within.get("properties", {})
        if part not in known:
            raise InvalidFile(f"column {name!r} is unknown: there are {', '.join(['op', *known])}", line=2)
        within = known[part]
    # Words to choose from are all text, and have no type beside them.
    return _Column(name, path, is_text=within.get("type") == "string" or "enum" in within)


def _put(body: dict[str, Any], path: Sequence[str], value: Any) -> None:
    *outer, last = path
    for name in outer:
        body = body.setdefault(name, {})
    body[last] = value
