"""
XML from a stranger, as a stream: what grows without bound or reaches outside the file is refused.

Expat is driven directly, with the refusals of defusedxml (no document type, hence no entities of any kind): the
readers of defusedxml and lxml either build the tree in memory or do not tell the line of what they read, and a person
who has to repair a file of 100 MB needs the line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO
from xml.parsers import expat

from cdsc_server.errors import InvalidFile

_CHUNK = 1 << 16
#: A tag, comment or text longer than this is an attack, not data.
_LONGEST = 1 << 20
_DEEPEST = 64

#: Separates namespace and name; no namespace URI holds it.
SEPARATOR = " "


class XMLStream:
    """
    Calls handlers for elements, each with the line it stands on at hand.

    `begin` and `finish` may be exchanged while the stream runs, so that each kind of content has handlers of its own.

    Attributes:
        text: pieces of character data since the last tag.
    """

    def __init__(self) -> None:
        self.text: list[str] = []
        self._expat = expat.ParserCreate(namespace_separator=SEPARATOR)
        self._expat.buffer_text = True
        self._expat.CharacterDataHandler = self.text.append
        self._expat.StartDoctypeDeclHandler = self._refuse_doctype

    @property
    def line(self) -> int:
        """Line of the tag being read, counted from 1."""
        return self._expat.CurrentLineNumber

    def handle(self, begin: Callable[[str, dict[str, str]], None], finish: Callable[[str], None]) -> None:
        """From now on, call these with the qualified name of each element as it begins and ends."""
        self._expat.StartElementHandler = begin
        self._expat.EndElementHandler = finish

    def refuse_depth(self, depth: int) -> None:
        """Raise InvalidFile when elements stand deeper than any Green Button file needs."""
        if depth > _DEEPEST:
            raise InvalidFile(f"elements are nested deeper than {_DEEPEST}", line=self.line)

    def read(self, file: BinaryIO, *, on_read: Callable[[int], None]) -> None:
        """
        Read the file to its end.

        Args:
            on_read: called with the number of bytes of each chunk.

        Raises:
            InvalidFile: not well-formed, has a document type, or is built to exhaust memory.
        """
        fed = 0
        try:
            while chunk := file.read(_CHUNK):
                self._expat.Parse(chunk, False)
                fed += len(chunk)
                if fed - self._expat.CurrentByteIndex > _LONGEST or sum(map(len, self.text)) > _LONGEST:
                    raise InvalidFile(f"a tag, comment or text is longer than {_LONGEST} bytes", line=self.line)
                on_read(len(chunk))
            self._expat.Parse(b"", True)
        except expat.ExpatError as fault:
            reason = expat.ErrorString(fault.code) or "not XML"
            raise InvalidFile(f"not well-formed XML: {reason}", line=fault.lineno) from fault
        except LookupError as fault:
            raise InvalidFile("the encoding of the XML is unknown", line=1) from fault

    def _refuse_doctype(self, *_: object) -> None:
        raise InvalidFile("a document type is not accepted: it could define entities", line=self.line)
