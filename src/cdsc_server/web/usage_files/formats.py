"""
The forms in which usage can be had as a file, by their media types.

    form = FORMS["csv"]
    body = form.written(walk_segments(...), heading)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cdsc_server.domain.usage import Column
from cdsc_server.services.usage_data import SeenSegment
from cdsc_server.web.usage_files import atom, csv_table, parquet


@dataclass(frozen=True, slots=True)
class Heading:
    """
    What a file says of itself.

    Args:
        title: of a feed.
        author: name of the utility.
        zone: IANA name of where the utility is.
        at: when the file is made.
    """

    title: str
    author: str
    zone: str
    at: datetime


class Writer(Protocol):
    """Writes one file, a Usage Segment at a time."""

    def opening(self) -> bytes:
        """How the file begins."""
        ...

    def segment(self, segment: SeenSegment, columns: Sequence[Column]) -> Iterator[bytes]:
        """What of a segment can be written by now."""
        ...

    def closing(self) -> bytes:
        """What is left, and how the file ends."""
        ...


@dataclass(frozen=True, slots=True)
class Form:
    """
    One kind of file.

    Args:
        extension: of its name, without the dot.
        compressed: whether it is already, so that it is sent as it is.
        available: whether this installation can write it.
        missing: what an operator installs where it cannot.
        parameters: of the media type.
    """

    media_type: str
    extension: str
    begin: Callable[[Heading], Writer]
    compressed: bool = False
    available: Callable[[], bool] = lambda: True
    missing: str = ""
    parameters: str = ""

    @property
    def content_type(self) -> str:
        """The media type with its parameters."""
        return self.media_type + self.parameters

    def written(self, segments: Iterable[tuple[SeenSegment, Sequence[Column]]], heading: Heading) -> Iterator[bytes]:
        """The file in pieces that are made as they are taken; none is empty."""
        writer = self.begin(heading)
        yield from filter(None, [writer.opening()])
        for segment, columns in segments:
            yield from filter(None, writer.segment(segment, columns))
        yield from filter(None, [writer.closing()])


#: By the name that forms of pages use.
FORMS: Final[Mapping[str, Form]] = {
    "green_button": Form(
        atom.MEDIA_TYPE,
        "xml",
        lambda heading: atom.GreenButton(heading.title, heading.author, heading.zone, heading.at),
    ),
    "csv": Form(
        csv_table.MEDIA_TYPE,
        "csv",
        lambda heading: csv_table.CsvTable(heading.zone),
        parameters="; charset=utf-8; header=present",
    ),
    "parquet": Form(
        parquet.MEDIA_TYPE,
        "parquet",
        lambda heading: parquet.ParquetTable(heading.zone),
        compressed=True,
        available=parquet.is_available,
        missing='pip install "cdsc-server[parquet]"',
    ),
}
