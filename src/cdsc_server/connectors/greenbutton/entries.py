"""The entries of an Atom feed: their links, and the ESPI resources they carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cdsc_server.connectors.greenbutton.blocks import ESPI, INTERVAL_BLOCK, BlockReader, integer
from cdsc_server.connectors.greenbutton.stream import SEPARATOR, XMLStream
from cdsc_server.errors import InvalidFile

_ATOM: Final = f"http://www.w3.org/2005/Atom{SEPARATOR}"
_FEED, _ENTRY, _LINK, _CONTENT = f"{_ATOM}feed", f"{_ATOM}entry", f"{_ATOM}link", f"{_ATOM}content"
_ID, _TITLE = f"{_ATOM}id", f"{_ATOM}title"

#: Entries that are not IntervalBlocks are kept in memory; a file with more of them than this is cut by its utility.
_MOST_ENTRIES = 200_000
_MOST_FIELDS = 2_000
_LONGEST_TEXT = 4_096


@dataclass(slots=True)
class Resource:
    """
    An ESPI object as text.

    Attributes:
        kind: its element, such as UsagePoint.
        fields: texts by path below it, such as "ServiceCategory/kind", each with its line; the first of several.
    """

    kind: str
    line: int
    fields: dict[str, tuple[str, int]] = field(default_factory=dict)

    def text(self, path: str) -> str:
        """The text at a path, "" when there is none."""
        return self.fields.get(path, ("", 0))[0]

    def number(self, path: str, *, least: int = 0, most: int = 0xFFFFFFFF) -> int | None:
        """
        The whole number at a path; None when there is none.

        Raises:
            InvalidFile: it is no whole number, or out of bounds.
        """
        found = self.fields.get(path)
        if found is None or not found[0]:
            return None
        return integer(found[0], path, (least, most), line=found[1])

    def line_of(self, path: str) -> int:
        """Where the element at a path stands; the resource itself when it has none."""
        return self.fields.get(path, ("", self.line))[1]


@dataclass(slots=True)
class Entry:
    """An Atom entry. Links are compared as they are written, but for a slash at the end."""

    line: int
    id: str = ""
    title: str = ""
    links: dict[str, list[str]] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)

    @property
    def self(self) -> str:
        """Its own address; "" when the entry does not say."""
        return next(iter(self.links.get("self", ())), "")

    @property
    def up(self) -> str:
        """Address of the collection it belongs to, taken from its own address when the entry does not say."""
        return next(iter(self.links.get("up", ())), self.self.rpartition("/")[0])

    @property
    def related(self) -> list[str]:
        """Addresses of what it is related to."""
        return self.links.get("related", [])


class EntryReader:
    """
    Collects entries from a stream.

    Attributes:
        entries: with resources other than IntervalBlocks, in the order of the file.
        block_links: for each entry with IntervalBlocks, the address of the collection they belong to; numbers of
            `links_seen`, so that a file of many blocks costs a number each.
        links_seen: those addresses.
    """

    def __init__(self, stream: XMLStream, blocks: BlockReader) -> None:
        self.entries: list[Entry] = []
        self.block_links: list[int] = []
        self.links_seen: dict[str, int] = {}
        self._stream, self._blocks = stream, blocks
        self._path: list[str] = []
        self._entry: Entry | None = None
        self._entry_depth = 0
        self._resource: Resource | None = None
        self._has_blocks = self._leaf = False
        stream.handle(self._begin, self._finish)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._stream.text.clear()
        self._leaf = True
        self._path.append(name)
        self._stream.refuse_depth(len(self._path))
        if self._entry is None:
            if len(self._path) == 1 and name not in {_FEED, _ENTRY}:
                raise InvalidFile("not a Green Button file: its root is neither an Atom feed nor an entry", line=1)
            if name == _ENTRY:
                self._entry, self._entry_depth, self._has_blocks = Entry(self._stream.line), len(self._path), False
            return
        below = len(self._path) - self._entry_depth
        if below == 1 and name == _LINK:
            address = attributes.get("href", "").strip().rstrip("/")
            self._entry.links.setdefault(attributes.get("rel", "alternate"), []).append(address[:_LONGEST_TEXT])
        elif below == 2 and self._path[-2] == _CONTENT:
            self._begin_resource(self._entry, name)

    def _begin_resource(self, entry: Entry, name: str) -> None:
        if name == INTERVAL_BLOCK:
            self._has_blocks = True
            self._blocks.take(len(self.block_links), self._return)
        elif name.startswith(ESPI):
            self._resource = Resource(_local(name), self._stream.line)
            entry.resources.append(self._resource)

    def _return(self) -> None:
        self._path.pop()
        self._leaf = False
        self._stream.handle(self._begin, self._finish)

    def _finish(self, name: str) -> None:
        text = "".join(self._stream.text).strip()[:_LONGEST_TEXT]
        self._stream.text.clear()
        entry, below = self._entry, len(self._path) - self._entry_depth
        if entry is None:
            pass
        elif below == 0:
            self._finish_entry(entry)
        elif below == 1:
            if name == _ID:
                entry.id = text.lower()
            elif name == _TITLE:
                entry.title = text
        elif below == 2:
            self._resource = None
        elif self._resource is not None and self._leaf:
            self._keep(self._resource, text)
        self._leaf = False
        self._path.pop()

    def _keep(self, resource: Resource, text: str) -> None:
        if len(resource.fields) >= _MOST_FIELDS:
            raise InvalidFile(f"a {resource.kind} has more than {_MOST_FIELDS} elements", line=resource.line)
        path = "/".join(_local(name) for name in self._path[self._entry_depth + 2 :])
        resource.fields.setdefault(path, (text, self._stream.line))

    def _finish_entry(self, entry: Entry) -> None:
        self._entry = None
        if self._has_blocks:
            self.block_links.append(self.links_seen.setdefault(entry.up, len(self.links_seen)))
        if entry.resources:
            if len(self.entries) >= _MOST_ENTRIES:
                raise InvalidFile(f"more than {_MOST_ENTRIES} entries beside the readings", line=entry.line)
            self.entries.append(entry)


def _local(name: str) -> str:
    """The name without its namespace when that is ESPI's; others keep it, so that they are not taken for ESPI's."""
    namespace, _, local = name.rpartition(SEPARATOR)
    return local if namespace.startswith(ESPI) else name
