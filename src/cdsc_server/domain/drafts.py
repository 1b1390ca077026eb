"""What a Customer has ticked on a form so far: kept over a search, an error and a new sign-in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cdsc_server.domain.choosing import Item, Ticked

#: Most numbers that are kept of what a person writes by hand in one section.
MOST_ADDED: Final = 200


@dataclass(frozen=True)
class SectionDraft:
    """
    One section as it stands.

    Args:
        find: the words searched for.
        only_ticked: whether the list shows ticked entries only.
        page: of a list too long for one page, from 0.
        added: numbers written by hand, of somebody who did not sign in.
        bounds: ends of periods that were moved, and things that are not to be included; each as place of the scope in
            the section and field, such as "0:segment_start".
    """

    ids: frozenset[str] = frozenset()
    future: bool = False
    left_out: bool = False
    find: str = ""
    only_ticked: bool = False
    page: int = 0
    added: tuple[str, ...] = ()
    bounds: Mapping[str, str] = field(default_factory=dict)
    without: frozenset[str] = frozenset()

    def bounds_at(self, place: int) -> dict[str, str]:
        """The moved ends of one scope of the section, by field."""
        return {name.partition(":")[2]: value for name, value in self.bounds.items() if name.startswith(f"{place}:")}

    def without_at(self, place: int) -> frozenset[str]:
        """What is not to be included of one scope of the section."""
        return frozenset(name.partition(":")[2] for name in self.without if name.startswith(f"{place}:"))

    def matches(self, items: Sequence[Item]) -> list[Item]:
        """The entries that the search finds, all of them when nothing is searched for."""
        words = self.find.casefold().split()
        return [item for item in items if item.found_by(words)]


@dataclass(frozen=True)
class SectionEdit:
    """
    What came with a form for one section.

    Args:
        shown: the ids that had a box on that page; others keep their ticks.
        ticked: the boxes that were ticked.
        added: numbers written by hand, which counts as ticking them.
        bounds: as in the draft, empty values for what was asked for.
        includable: what could be left out on that page; `included` is what was not.
    """

    shown: frozenset[str]
    ticked: frozenset[str]
    future: bool
    left_out: bool
    find: str
    only_ticked: bool
    added: tuple[str, ...] = ()
    bounds: Mapping[str, str] = field(default_factory=dict)
    includable: frozenset[str] = frozenset()
    included: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Draft:
    """
    A form as it stands.

    Args:
        customer_id: whose ticks these are; another Customer begins anew.
        checked: whether approval was tried, so that what is missing is told.
        contact: where somebody who did not sign in wants the receipt.
    """

    customer_id: str
    sections: tuple[SectionDraft, ...]
    checked: bool = False
    contact: str = ""

    def to_stored(self) -> dict[str, Any]:
        """Plain JSON for the request's row."""
        sections = [
            {
                **vars(section),
                "ids": sorted(section.ids),
                "bounds": dict(section.bounds),
                "without": sorted(section.without),
            }
            for section in self.sections
        ]
        return {**vars(self), "sections": sections}

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Draft:
        """Back from the request's row."""
        sections = (
            SectionDraft(
                **{
                    **section,
                    "ids": frozenset(section["ids"]),
                    "added": tuple(section["added"]),
                    "without": frozenset(section["without"]),
                }
            )
            for section in stored["sections"]
        )
        return cls(**{**stored, "sections": tuple(sections)})


def begun(customer_id: str, ticked: Sequence[Ticked]) -> Draft:
    """The form as the request asks for it."""
    return Draft(customer_id, tuple(SectionDraft(each.ids, each.future) for each in ticked))


def edited(section: SectionDraft, edit: SectionEdit) -> SectionDraft:
    """The section after a form came in; a new search begins at its first page."""
    return SectionDraft(
        ids=(section.ids - edit.shown) | (edit.ticked & edit.shown) | frozenset(edit.added[:MOST_ADDED]),
        future=edit.future,
        left_out=edit.left_out,
        added=tuple(dict.fromkeys((*section.added, *edit.added)))[:MOST_ADDED],
        bounds={**section.bounds, **edit.bounds},
        without=(section.without - edit.includable) | (edit.includable - edit.included),
        find=edit.find,
        only_ticked=edit.only_ticked,
        page=section.page if edit.find == section.find and edit.only_ticked == section.only_ticked else 0,
    )


def every_match(section: SectionDraft, items: Sequence[Item], *, ticked: bool) -> SectionDraft:
    """The section with everything that its search finds ticked, or unticked."""
    found = frozenset(item.id for item in section.matches(items))
    return replace(section, ids=section.ids | found if ticked else section.ids - found)
