"""
Who belongs to whom: entries stand in any order and point at each other by address.

A child names the collection it is in (`up`); a parent names the collections below it (`related`) or is their address's
beginning. A child that names nothing belongs to the only parent there is, if there is only one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cdsc_server.connectors.greenbutton.entries import Entry, Resource
from cdsc_server.errors import InvalidFile


@dataclass(frozen=True, slots=True)
class Node:
    """One resource with the links of its entry."""

    entry: Entry
    resource: Resource

    @property
    def key(self) -> str:
        """
        What names this resource in every file of its utility.

        An address that begins with a host is enough. A relative one, such as User/1/UsagePoint/1, is the same in the
        files of many people, so the entry's id is added: rather import twice than mix two Customers.

        Raises:
            InvalidFile: the entry has neither.
        """
        address, given = self.entry.self, self.entry.id
        if "://" in address:
            return address
        if not given:
            raise InvalidFile(
                f"the entry of a {self.resource.kind} has neither an id nor an absolute self link", line=self.entry.line
            )
        return f"{address} {given}".strip()


def nodes(entries: Iterable[Entry], *kinds: str) -> list[Node]:
    """Every resource of these kinds, in the order of the file."""
    return [Node(entry, each) for entry in entries for each in entry.resources if each.kind in kinds]


def distinct(found: Iterable[Node]) -> list[Node]:
    """Each resource once: some utilities repeat an entry for every Customer or period it concerns."""
    return list({node.key: node for node in reversed(list(found))}.values())[::-1]


class Parents:
    """Finds the parent of a child by the child's addresses."""

    def __init__(self, parents: Sequence[Node], *collections: str) -> None:
        self._parents = parents
        self._strong: dict[str, Node] = {}
        self._weak: dict[str, Node | None] = {}
        for parent in parents:
            for address in _addresses(parent.entry.self, collections):
                self._strong.setdefault(address, parent)
            for address in parent.entry.related:
                # What two parents name tells nothing about which of them is meant.
                self._weak[address] = parent if self._weak.get(address, parent) is parent else None

    def of(self, *addresses: str) -> Node | None:
        """The parent that one of these addresses leads to, or the only one when there are no addresses; else None."""
        given = [address for address in addresses if address]
        if not given:
            return self._parents[0] if len(self._parents) == 1 else None
        for known in (self._strong, self._weak):
            for address in given:
                if found := known.get(address):
                    return found
        return None


class Relatives:
    """Finds what a resource says it is related to."""

    def __init__(self, candidates: Sequence[Node]) -> None:
        self._only = candidates[0] if len(candidates) == 1 else None
        self._by_address = {each.entry.self: each for each in candidates if each.entry.self}

    def of(self, node: Node) -> Node | None:
        """The candidate it is related to; the only one when it is related to none of them."""
        return next(filter(None, map(self._by_address.get, node.entry.related)), self._only)


def _addresses(own: str, collections: Sequence[str]) -> list[str]:
    return [own, *(f"{own}/{collection}" for collection in collections)] if own else []
