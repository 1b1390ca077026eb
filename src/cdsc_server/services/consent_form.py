"""
The form as it is shown: what is asked for, in words, with what is ticked so far.

Everything the page, the receipt and the check before approval need is computed here once, from values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdsc_server.domain.address_rules import rules_of
from cdsc_server.domain.authorization_requests import AuthorizationRequest
from cdsc_server.domain.catalogue import Catalogue, Scope
from cdsc_server.domain.choosing import Holdings, Item, Ticked, offers_future, preselected
from cdsc_server.domain.details import RequestedEntry
from cdsc_server.domain.drafts import Draft, SectionDraft, begun
from cdsc_server.domain.field_values import is_email
from cdsc_server.domain.merging import section_places
from cdsc_server.domain.periods import Period, periods_of
from cdsc_server.domain.purposes import FIELD as PURPOSE
from cdsc_server.domain.purposes import Purpose
from cdsc_server.domain.shortening import (
    Bound,
    Inclusion,
    bounds_of,
    inclusions_of,
    leaves_nothing,
    shortened,
)
from cdsc_server.domain.stated import asked_to_tick
from cdsc_server.domain.wanted_words import Wanted, wanted_in_words
from cdsc_server.domain.wording import KINDS, Contents, contents_of, counted, covered, in_words, words_of
from cdsc_server.languages import gettext, marked
from cdsc_server.services.examples import Examples, Plot

#: Lists longer than this get a search, a count and scrolling of their own (CDS-WG3-01 9.2.3).
LONG: Final = 10
#: Entries on one page of a list.
PAGE: Final = 100

#: What a person writes who is not signed in, by kind of list.
_BY_NUMBER: Final[Mapping[str, str]] = {
    "account_selection": marked("Account number"),
    "service_contract_selection": marked("Contract number"),
    "servicepoint_selection": marked("Connection number"),
    "meter_device_selection": marked("Meter number"),
    "aggregation_selection": marked("Group number"),
}


@dataclass(frozen=True)
class Part:
    """What one scope of a Request Section asks for, in words, from when until when, with an example."""

    scope_id: str
    contents: Contents
    periods: tuple[Period, ...]
    example: str
    example_is_made_up: bool
    plot: Plot | None
    bounds: tuple[Bound, ...] = ()
    inclusions: tuple[Inclusion, ...] = ()


@dataclass(frozen=True)
class Statement:
    """How long, and of which parts where they differ."""

    titles: str
    period: Period


@dataclass(frozen=True)
class Section:
    """
    One Request Section.

    Args:
        n: from 1, in the order of the request.
        parts: the scopes that share its selection, most often one (CDS-WG3-01 7.4.2).
        editable: whether the Customer may change what is ticked or leave the section out.
        choosable: whether the list has boxes; a fixed section without preselection still needs a choice.
        shown: entries on this page of the list, with their ticks.
        beyond: entries that are ticked but not found by the search.
        ticked_elsewhere: how many ticked entries are on no list of this page.
        asked_in_vain: the request named things this Customer does not have.
        wanted: what the request named, in words.
    """

    n: int
    parts: tuple[Part, ...]
    kind: str
    draft: SectionDraft
    editable: bool
    choosable: bool
    shown: tuple[tuple[Item, bool], ...]
    beyond: tuple[Item, ...]
    ticked: tuple[Item, ...]
    ticked_elsewhere: int
    total: int
    found: int
    pages: int
    asked_in_vain: bool
    wanted: tuple[Wanted, ...]
    error: str
    time_error: str
    show_details: bool
    purpose: Purpose | None

    @property
    def statements(self) -> list[Statement]:
        """One for each period; parts with the same one share it (9.2.2.2)."""
        titles: dict[Period, list[str]] = {}
        for part in self.parts:
            for period in part.periods:
                titles.setdefault(period, []).append(part.contents.title)
        shared = len(titles) == 1 or len(self.parts) == 1
        return [Statement("" if shared else in_words(named), period) for period, named in titles.items()]

    @property
    def tallied(self) -> bool:
        """Whether the style sheet counts its ticks for the closing section: all are on the page."""
        return self.choosable and not self.ticked_elsewhere

    @property
    def shortenable(self) -> bool:
        return any(part.bounds for part in self.parts)

    @property
    def title(self) -> str:
        """What all its parts are about."""
        return in_words([part.contents.title for part in self.parts])

    @property
    def icon(self) -> str:
        return self.parts[0].contents.icon

    @property
    def heading(self) -> str:
        return gettext(KINDS[self.kind].heading)

    @property
    def by_number(self) -> str:
        return gettext(_BY_NUMBER[self.kind])

    @property
    def future(self) -> str:
        return gettext(KINDS[self.kind].future)

    @property
    def later(self) -> str:
        return gettext(KINDS[self.kind].later)

    @property
    def none(self) -> str:
        return gettext(KINDS[self.kind].none)

    @property
    def long(self) -> bool:
        return self.total > LONG

    @property
    def paged(self) -> bool:
        return self.total > PAGE

    @property
    def offers_future(self) -> bool:
        return offers_future(self.kind)

    @property
    def shown_ids(self) -> list[str]:
        return [item.id for item, _ in self.shown] + [item.id for item in self.beyond]

    @property
    def counted(self) -> str:
        return counted(self.kind, len(self.draft.ids))

    @property
    def covered(self) -> str:
        return covered(self.kind, len(self.draft.ids), future=self.draft.future)


@dataclass(frozen=True)
class Form:
    """
    The whole form.

    Args:
        client_uri: where the Client's name leads; None unless somebody looked at it (9.2.1.2).
        problem: a fault of the whole form, empty for none.
        by_hand: nobody is signed in: things are named by number, and a mail address is asked for (9.2).
        contact_fault: what is wrong with that address, empty for nothing.
        unmatched: the sections whose Client wants no form where nothing it named is there (7.4.3).
    """

    request_id: str
    client_name: str
    client_uri: str | None
    customer_name: str
    sections: tuple[Section, ...]
    draft: Draft
    problem: str
    by_hand: bool
    contact_fault: str
    unmatched: tuple[Section, ...]
    scheme: str

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Anchor and words of everything that keeps the form from being approved."""
        found = [(f"s{section.n}-list", section.error) for section in self.sections if section.error]
        found += [(f"s{section.n}-time", section.time_error) for section in self.sections if section.time_error]
        found += [("contact", self.contact_fault)] if self.contact_fault else []
        return ([("leave-1", self.problem)] if self.problem else []) + found

    @property
    def editable(self) -> bool:
        return any(section.editable for section in self.sections)

    @property
    def all_editable(self) -> bool:
        return all(section.editable for section in self.sections)

    @property
    def kept(self) -> list[tuple[Section, tuple[Item, ...]]]:
        """The sections that are not left out, each with everything that is ticked in it."""
        return [(section, section.ticked) for section in self.sections if not section.draft.left_out]

    @property
    def cautions(self) -> list[tuple[int, str]]:
        parts = [(section.n, part.contents.caution) for section in self.sections for part in section.parts]
        return [(n, caution) for n, caution in parts if caution]


@dataclass(frozen=True)
class Asked:
    """
    What one section asks of one Customer: scope and kind of its entry, and what it wants ticked.

    Args:
        merged: the other entries that share the section (CDS-WG3-01 7.4.2).
    """

    scope: Scope
    entry: RequestedEntry
    kind: str
    ticked: Ticked
    merged: tuple[tuple[Scope, RequestedEntry], ...] = ()
    #: What the Client says it is for; None when the entry names nothing, or nothing that is there any more.
    purpose: Purpose | None = None

    @property
    def entries(self) -> tuple[tuple[Scope, RequestedEntry], ...]:
        """Every scope of the section with what is asked for, in the order of the request."""
        return ((self.scope, self.entry), *self.merged)

    @property
    def editable(self) -> bool:
        return self.entry.values.get("allow_scope_modifications") is not False

    @property
    def choosable(self) -> bool:
        return self.editable or not self.ticked.ids

    def changed(self, draft: SectionDraft, *, now: datetime, zone: ZoneInfo) -> Asked:
        """The same with what the Customer shortened and took out."""
        if not self.editable:
            return self
        entries = [
            replace(
                entry,
                values=shortened(
                    scope, entry.values, draft.bounds_at(place), draft.without_at(place), at=now, zone=zone
                ),
            )
            for place, (scope, entry) in enumerate(self.entries)
        ]
        merged = tuple((scope, entry) for (scope, _), entry in zip(self.merged, entries[1:], strict=True))
        return replace(self, entry=entries[0], merged=merged)

    @property
    def in_vain(self) -> bool:
        """Whether the request named things, and this Customer has none of them."""
        return self.ticked.asked and not self.ticked.ids

    @property
    def needs_a_match(self) -> bool:
        """Whether its Client wants no form then (CDS-WG3-01 7.4.3)."""
        return any(entry.values.get("error_if_no_preselections") is True for _, entry in self.entries)


def asked_of(
    catalogue: Catalogue,
    request: AuthorizationRequest,
    holdings: Holdings | None,
    purposes: Mapping[str, Purpose],
) -> tuple[Asked, ...]:
    """
    Every section of the request, as it meets what this Customer has; scopes no longer offered are left away.

    Args:
        holdings: None of somebody who did not sign in; then what is named is ticked, whoever has it.
        purposes: those of the Client Object, by id.
    """
    rules = rules_of(catalogue.utility.country)
    scopes = [(scope, entry) for entry in request.entries if (scope := catalogue.scope(entry.scope_id)) is not None]
    found = []
    for places in section_places(catalogue, [entry for _, entry in scopes]):
        (scope, entry), *merged = (scopes[place] for place in places)
        kind = entry.values.get("authorization_form_selection_type") or scope.selections[0]
        values = entry.values
        ticked = asked_to_tick(kind, values) if holdings is None else preselected(holdings, kind, values, rules)
        found.append(Asked(scope, entry, kind, ticked, tuple(merged), purposes.get(str(values.get(PURPOSE)))))
    return tuple(found)


def first_draft(customer_id: str, asked: Sequence[Asked]) -> Draft:
    """The form as the request wants it."""
    return begun(customer_id, [each.ticked for each in asked])


def usable_draft(stored: dict[str, Any] | None, customer_id: str, asked: Sequence[Asked]) -> Draft:
    """What this Customer ticked so far; the request's own wishes when that was somebody else, or nothing yet."""
    if stored is not None and stored["customer_id"] == customer_id and len(stored["sections"]) == len(asked):
        return Draft.from_stored(stored)
    return first_draft(customer_id, asked)


def enforced(draft: Draft, asked: Sequence[Asked], holdings: Holdings) -> Draft:
    """The draft without anything the Customer does not have, and without changes where none are allowed."""
    kept = []
    for section, each in zip(draft.sections, asked, strict=True):
        if not each.choosable:
            kept.append(SectionDraft(each.ticked.ids, each.ticked.future))
            continue
        ids = section.ids & holdings.known[each.kind]
        future = section.future and offers_future(each.kind)
        fields = {f"{place}:{name}" for place, (scope, _) in enumerate(each.entries) for name in scope.fields}
        kept.append(
            replace(
                section,
                ids=ids,
                future=future,
                left_out=section.left_out and each.editable,
                bounds={name: value for name, value in section.bounds.items() if name in fields},
                without=section.without & fields,
            )
        )
    return replace(draft, sections=tuple(kept))


def build_form(
    request_id: str,
    request: AuthorizationRequest,
    asked: Sequence[Asked],
    draft: Draft,
    holdings: Holdings,
    *,
    examples: Examples,
    client_name: str,
    client_uri: str | None,
    customer_name: str,
    catalogue: Catalogue,
    now: datetime,
) -> Form:
    """The form, checked when `draft.checked`; by hand when `draft` is nobody's."""
    by_hand = not draft.customer_id
    sections = sections_of(asked, draft, holdings, examples=examples, catalogue=catalogue, now=now)
    nothing_kept = all(section.draft.left_out for section in sections)
    return Form(
        request_id=request_id,
        client_name=client_name,
        client_uri=client_uri,
        customer_name=customer_name,
        sections=sections,
        draft=draft,
        problem=gettext("Keep at least one part, or choose Do not share") if draft.checked and nothing_kept else "",
        by_hand=by_hand,
        contact_fault=_contact_fault(draft.contact) if draft.checked and by_hand else "",
        unmatched=tuple(
            section for section, each in zip(sections, asked, strict=True) if each.needs_a_match and each.in_vain
        ),
        scheme=request.redirect_uri.partition(":")[0],
    )


def sections_of(
    asked: Sequence[Asked], draft: Draft, holdings: Holdings, *, examples: Examples, catalogue: Catalogue, now: datetime
) -> tuple[Section, ...]:
    """The sections of a form, one for each entry or group of merged ones."""
    return tuple(
        _section(n, each, section, holdings, examples, checked=draft.checked, catalogue=catalogue, now=now)
        for n, (each, section) in enumerate(zip(asked, draft.sections, strict=True), start=1)
    )


def _section(
    n: int,
    asked: Asked,
    draft: SectionDraft,
    holdings: Holdings,
    examples: Examples,
    *,
    checked: bool,
    catalogue: Catalogue,
    now: datetime,
) -> Section:
    items = holdings.items[asked.kind]
    found = draft.matches(items)
    on_list = [item for item in found if item.id in draft.ids] if draft.only_ticked and len(items) > PAGE else found
    pages = max(1, -(-len(on_list) // PAGE))
    first = min(draft.page, pages - 1) * PAGE
    shown = on_list[first : first + PAGE]
    if not asked.choosable:
        shown = [item for item in items if item.id in draft.ids]
    matched = {item.id for item in found}
    beyond = [item for item in items if item.id in draft.ids and item.id not in matched][:PAGE]
    here = {item.id for item in shown} | {item.id for item in beyond}
    zone = catalogue.utility.timezone
    left = asked.changed(draft, now=now, zone=zone)
    empty = any(leaves_nothing(scope, entry.values, at=now, zone=zone) for scope, entry in left.entries)
    if empty:
        # There are no words for a time that is none; what was asked for is told until it is put right.
        left = asked.changed(replace(draft, bounds={}), now=now, zone=zone)
    parts = tuple(_part(scope, entry, examples, catalogue=catalogue, now=now) for scope, entry in left.entries)
    if asked.editable:
        parts = tuple(
            replace(
                part,
                bounds=bounds_of(scope, entry.values, draft.bounds_at(place), at=now, zone=zone),
                inclusions=inclusions_of(scope, entry.values, draft.without_at(place)),
            )
            for place, (part, (scope, entry)) in enumerate(zip(parts, asked.entries, strict=True))
        )
    lacking = checked and not draft.left_out and not draft.ids
    title = in_words([part.contents.title for part in parts])
    return Section(
        n=n,
        parts=parts,
        kind=asked.kind,
        draft=draft,
        editable=asked.editable,
        choosable=asked.choosable,
        shown=tuple((item, item.id in draft.ids) for item in shown),
        beyond=tuple(beyond),
        ticked=tuple(item for item in items if item.id in draft.ids),
        ticked_elsewhere=len(draft.ids - here),
        total=len(items),
        found=len(on_list),
        pages=pages,
        asked_in_vain=asked.in_vain,
        wanted=wanted_in_words(asked.entry.values),
        error=_lacking(title, asked) if lacking else "",
        time_error=gettext("%(title)s: choose a later end or an earlier start", title=title)
        if empty and not draft.left_out
        else "",
        show_details=any(
            "include_meter_devices" in scope.type.implied or entry.values.get("include_meter_devices") is True
            for scope, entry in left.entries
        ),
        purpose=asked.purpose,
    )


def _part(scope: Scope, entry: RequestedEntry, examples: Examples, *, catalogue: Catalogue, now: datetime) -> Part:
    contents = contents_of(scope, entry.values, interval=examples.interval)
    example, made_up = _example(scope, examples)
    return Part(
        scope_id=scope.id,
        contents=contents,
        periods=periods_of(scope, entry.values, at=now, zone=catalogue.utility.timezone),
        example=example,
        example_is_made_up=made_up,
        plot=examples.plot if contents.icon == "bars" and not made_up else None,
    )


def _contact_fault(address: str) -> str:
    if not address:
        return gettext("Email address: enter it so that we can send your receipt")
    if is_email(address):
        return ""
    return gettext("Email address: the part after @ needs a dot, like name@mail.example")


def _lacking(title: str, asked: Asked) -> str:
    words = KINDS[asked.kind]
    return gettext(words.or_leave if asked.editable else words.lacking, title=title)


def _example(scope: Scope, examples: Examples) -> tuple[str, bool]:
    words = words_of(scope)
    key = "mix" if words.icon == "pie" else scope.type.id
    own = examples.says.get(key, "")
    return (own, False) if own else (words.made_up, True)
