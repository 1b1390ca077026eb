"""A delta file as its heading, its columns, and blocks of whole lines: memory does not grow with the file."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from cdsc_server.domain.delta_files import END, Heading, read_heading
from cdsc_server.errors import InvalidFile

#: Bytes read at a time: enough for numpy to work on, and few enough to stay near the processor.
_BLOCK: Final = 2_000_000
#: Bytes of the first two lines together, and of any line: longer is no line.
_LONGEST_LINE: Final = 65_536
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Block:
    """
    Whole lines of a file.

    Attributes:
        first_line: the number of the first, from 1.
        text: each line ends in a line feed.
    """

    first_line: int
    text: bytes


class DeltaFile:
    """
    A delta file, opened: what stands above its rows is read.

    Args:
        file: at its beginning.
        on_read: called with the number of bytes of each chunk read.

    Attributes:
        heading: what it says of itself.
        columns: the names of its second line.

    Raises:
        InvalidFile: it is not a delta file.
    """

    def __init__(self, file: BinaryIO, *, on_read: Callable[[int], None] = lambda _: None) -> None:
        self._file, self._on_read = file, on_read
        head = self._read(_LONGEST_LINE)
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise InvalidFile("it is UTF-16: write UTF-8")
        lines = head.removeprefix(_BYTE_ORDER_MARK).split(b"\n", 2)
        if len(lines) < 3:
            raise InvalidFile("it must have a heading, the names of the columns, and a last line")
        self.heading: Heading = read_heading(_cells(lines[0], 1))
        self.columns: tuple[str, ...] = tuple(_cells(lines[1], 2))
        if len(set(self.columns)) < len(self.columns):
            raise InvalidFile("a column is named twice", line=2)
        self._rest = lines[2]

    def digest(self) -> str:
        """What tells its content from any other, whatever its number; for files that can be read twice."""
        here = self._file.tell()
        self._file.seek(0)
        self._file.readline(_LONGEST_LINE)
        found = hashlib.file_digest(self._file, "sha256").hexdigest()  # type: ignore[arg-type]
        self._file.seek(here)
        return found

    def blocks(self) -> Iterator[Block]:
        """
        The rows, once.

        Raises:
            InvalidFile: the last line is missing, or counts other rows than there are.
        """
        line = 3
        rest = self._rest
        while more := self._read(_BLOCK):
            rest += more
            # The last line stays back: it may be the one that ends the file.
            cut = rest.rfind(b"\n", 0, len(rest.rstrip(b"\r\n"))) + 1
            if cut:
                block = Block(line, rest[:cut])
                yield block
                line += block.text.count(b"\n")
                rest = rest[cut:]
            if len(rest) > _LONGEST_LINE:
                raise InvalidFile("the line is too long", line=line)
        body, _, last = rest.rstrip(b"\r\n").rpartition(b"\n")
        if body:
            yield Block(line, body + b"\n")
            line += body.count(b"\n") + 1
        name, _, count = last.partition(b",")
        if name != END.encode():
            raise InvalidFile(f"the file was cut short: its last line must be {END},ROWS", line=line)
        if count != str(line - 3).encode():
            raise InvalidFile(f"{END} must count the rows: there are {line - 3}", line=line)

    def _read(self, size: int) -> bytes:
        chunk = self._file.read(size)
        self._on_read(len(chunk))
        return chunk


def _cells(line: bytes, number: int) -> list[str]:
    try:
        text = line.rstrip(b"\r").decode()
    except UnicodeDecodeError:
        raise InvalidFile("is not UTF-8", line=number) from None
    if ";" in text and "," not in text:
        raise InvalidFile("columns must be separated by commas, not semicolons", line=number)
    return next(csv.reader([text]), [])


def plain(block: Block) -> tuple[bytes, list[int]]:
    """
    The block without the quotes of CSV, and the lines whose quoted cells hold what plain ones cannot.

    Those lines are left as they are, except that they have no quotes.
    """
    if b'"' not in block.text:
        return block.text, []
    lines, odd = [], []
    for number, line in enumerate(block.text[:-1].split(b"\n"), block.first_line):
        cells = line
        if b'"' in line:
            read = next(csv.reader([line.decode(errors="replace")]), [])
            if any(set('",\n') & set(cell) for cell in read) or line.count(b'"') % 2:
                odd.append(number)
                cells = line.replace(b'"', b"")
            else:
                cells = ",".join(read).encode()
        lines.append(cells)
    return b"\n".join(lines) + b"\n", odd
