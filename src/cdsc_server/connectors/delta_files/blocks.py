"""A delta file as its heading, its columns, and blocks of whole lines: memory does not grow with the file."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

from cdsc_server.domain.delta_files import END, Heading, read_heading
from cdsc_server.errors import InvalidFile

#: Bytes read at a time: enough for numpy to work on, and few enough to stay near the processor.
_BLOCK: Final = 2_000_000
#: Bytes of the first two lines together, and of any line: longer is no line.
LONGEST_LINE: Final = 65_536
#: Lines above the rows.
_HEAD: Final = 2
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


class Delta(Protocol):
    """
    A delta file of any form, opened: what stands beside its rows is read.

    Attributes:
        heading: what it says of itself.
        columns: the names of its columns, in the order of the cells of a line.
        counted: what its blocks count: "line", or "row" where it has no lines.
    """

    heading: Heading
    columns: tuple[str, ...]
    counted: str

    def digest(self) -> str:
        """What tells its content from any other, whatever its number; before its rows are read."""
        ...

    def blocks(self) -> Iterator[Block]:
        """The rows as lines of CSV, once; raises InvalidFile where not all of them are there."""
        ...


class DeltaFile:
    """
    A delta file as CSV, opened: what stands above its rows is read.

    Args:
        file: at its beginning.
        on_read: called with the number of bytes of each chunk read.

    Attributes:
        heading: what it says of itself.
        columns: the names of its second line.

    Raises:
        InvalidFile: it is not a delta file.
    """

    counted = "line"

    def __init__(self, file: BinaryIO, *, on_read: Callable[[int], None] = lambda _: None) -> None:
        self._file, self._on_read = file, on_read
        head = file.read(LONGEST_LINE)
        on_read(len(head))
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
        self._file.readline(LONGEST_LINE)
        found = hashlib.file_digest(self._file, "sha256").hexdigest()  # type: ignore[arg-type]
        self._file.seek(here)
        return found

    def blocks(self) -> Iterator[Block]:
        """
        The rows, once.

        Raises:
            InvalidFile: the last line is missing, or counts other rows than there are.
        """
        block, last = Block(_HEAD + 1, b""), b""
        for block in lines_of(self._file, self._rest, first_line=_HEAD + 1, on_read=self._on_read):
            # The last line stays back: it may be the one that ends the file.
            text = last + block.text
            if cut := text.rfind(b"\n", 0, -1) + 1:
                yield Block(block.first_line - bool(last), text[:cut])
            last = text[cut:]
        line = block.first_line + max(block.text.count(b"\n") - 1, 0)
        name, _, count = last.rstrip(b"\r\n").partition(b",")
        if name != END.encode():
            raise InvalidFile(f"the file was cut short: its last line must be {END},ROWS", line=line)
        if count != str(line - _HEAD - 1).encode():
            raise InvalidFile(f"{END} must count the rows: there are {line - _HEAD - 1}", line=line)


def lines_of(
    file: BinaryIO, begun: bytes = b"", *, first_line: int, on_read: Callable[[int], None] = lambda _: None
) -> Iterator[Block]:
    """
    The lines of a file from here on; empty ones at its end are none.

    Args:
        begun: what was read of them already.
        on_read: called with the number of bytes of each chunk read.

    Raises:
        InvalidFile: a line is longer than any, or holds what no text holds.
    """
    line, rest = first_line, begun
    while more := file.read(_BLOCK):
        on_read(len(more))
        rest += more
        cut = rest.rfind(b"\n", 0, len(rest.rstrip(b"\r\n"))) + 1
        if cut:
            yield block_of(line, rest[:cut])
            line += rest.count(b"\n", 0, cut)
            rest = rest[cut:]
        if len(rest) > LONGEST_LINE:
            raise InvalidFile("the line is too long", line=line)
    if rest := rest.rstrip(b"\r\n"):
        yield block_of(line, rest + b"\n")


def block_of(line: int, text: bytes, *, counted: str = "line") -> Block:
    """
    Whole lines, the first of which has this number; `counted` says of what.

    Raises:
        InvalidFile: they hold what no text holds.
    """
    if b"\0" in text:
        raise InvalidFile("holds U+0000", line=line + text.count(b"\n", 0, text.index(b"\0")), counted=counted)
    return Block(line, text)


def columns_of(file: BinaryIO) -> tuple[str, ...]:
    """The names in the first line of a file that has nothing above its rows; what is under it can be read then."""
    return tuple(_cells(file.readline(LONGEST_LINE).removeprefix(_BYTE_ORDER_MARK).rstrip(b"\n"), 1))


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
