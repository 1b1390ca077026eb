"""The lists of the form in a browser: ticked alone and together, searched, counted, hidden (CDS-WG3-01 9.2.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from cdsc_conformance import facts
from cdsc_conformance.browser import Tab
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.watching import Watched, askable, choices_of, field_of, tried, watched
from cdsc_conformance.customer_data import NUMBERS, SELECTION, Thing
from cdsc_conformance.findings import Findings
from cdsc_conformance.session import Session

if TYPE_CHECKING:
    from playwright.sync_api import Locator

#: More entries than these are searched, counted, hidden and scrolled.
_SHORT: Final = 10


@dataclass(frozen=True)
class Choosing:
    """A list to choose from, as a person handles it."""

    tab: Tab
    asked: Thing
    #: The field that names what to fill in, and the objects that the kit knows of, by the number that each shows.
    field: str
    known: Mapping[str, Thing]

    @property
    def part(self) -> Locator:
        """The selection of the only Request Section."""
        return self.tab.part("selection", self.tab.part("section"))

    @property
    def entries(self) -> Locator:
        """Its entries, those that are hidden too."""
        return self.tab.parts("entry", self.part)

    @property
    def boxes(self) -> Locator:
        """Their checkboxes."""
        return self.entries.locator("input[type='checkbox']")

    @property
    def ticked(self) -> int:
        """How many are ticked."""
        return self.entries.locator("input:checked").count()

    def visible(self) -> list[str]:
        """What the entries that can be seen say."""
        return self.entries.filter(visible=True).all_inner_texts()

    def ask(self, *values: str) -> None:
        """Open the form anew, with this filled in."""
        self.tab.ask({**self.asked, self.field: list(values)} if values else self.asked)

    def counted(self) -> str:
        """What is said of how many are ticked."""
        profile = self.tab.profile
        self.tab.part("count", self.part)
        return self.tab.told(f"{profile.section} {profile.count}")


def _turns(box: Locator) -> bool:
    """Whether a checkbox changes with a click, and back with another."""
    before = box.is_checked()
    box.click()
    turned = box.is_checked() != before
    box.click()
    return turned and box.is_checked() == before


def _one(it: Choosing) -> str:
    return "" if _turns(it.boxes.last) else "an entry cannot be ticked and unticked"


def _all(it: Choosing) -> str:
    for part, wanted in (("all", it.boxes.count()), ("none", 0)):
        it.tab.press(it.tab.part(part, it.part))
        if it.ticked != wanted:
            return f"{it.ticked} of {it.boxes.count()} are ticked, not {wanted}"
    return ""


def _future(it: Choosing) -> str:
    return "" if _turns(it.tab.part("future", it.part)) else "what comes later cannot be ticked and unticked"


def _search(it: Choosing) -> str:
    entries = it.visible()
    for number, thing in it.known.items():
        line = next((each for each in entries if number in each), "")
        addresses = [str(value).splitlines()[0] for name, value in thing.items() if name.endswith("_address") and value]
        for words in (number, line.strip().splitlines()[0] if line else "", *addresses):
            if not words or words not in line:
                continue
            it.tab.part("find", it.part).fill(words)
            it.tab.press(it.tab.part("find_now", it.part))
            if not any(number in each for each in it.visible()):
                return f"{words} does not find {number}"
        if line and len(it.visible()) < len(entries):
            return ""
    return "a search finds everything"


def _scrolls(it: Choosing) -> str:
    entries, page = it.tab.part("entries", it.part), it.tab.page
    before = page.evaluate("scrollY")
    # A wide window may have room for all of them: then there is nothing to scroll yet.
    scrolls = "e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowY) && e.clientHeight < innerHeight"
    moved = "e => (e.scrollTop = 40, e.scrollTop > 0 || e.scrollHeight <= e.clientHeight)"
    held = entries.evaluate(scrolls) and entries.evaluate(moved) and page.evaluate("scrollY") == before
    return "" if held else f"{it.boxes.count()} entries do not scroll by themselves"


def _counted(it: Choosing) -> str:
    it.boxes.first.click()
    told = it.counted()
    above, below = it.tab.part("count", it.part).bounding_box(), it.tab.part("entries", it.part).bounding_box()
    if not above or not below or above["y"] > below["y"]:
        return "how many are ticked does not stand above the list"
    return "" if str(it.ticked) in told.split() else f"{it.ticked} are ticked, and it says: {told}"


def _live(it: Choosing) -> str:
    for box in (it.boxes.nth(2), it.boxes.nth(4), it.boxes.nth(2)):
        box.click()
        if str(it.ticked) not in it.counted().split():
            return f"{it.ticked} are ticked now, and it says: {it.counted()}"
    return ""


def _hidden(it: Choosing) -> str:
    whole = len(it.visible())
    it.boxes.first.set_checked(True)
    only = it.tab.part("ticked_only", it.part)
    only.click()
    left = len(it.visible())
    only.click()
    if left != it.ticked:
        return f"{it.ticked} are ticked, and {left} can be seen without the others"
    return "" if len(it.visible()) == whole else f"{len(it.visible())} of {whole} come back"


def _named(it: Choosing) -> str:
    number = next(iter(it.known), "")
    it.ask(number)
    said = it.entries.filter(has=it.tab.page.locator("input:checked")).all_inner_texts()
    return "" if len(said) == 1 and number in said[0] else f"{number} is asked for, and {len(said)} are ticked"


def _every(it: Choosing) -> str:
    it.ask("_all")
    return "" if it.ticked == it.boxes.count() else f"{it.ticked} of {it.boxes.count()} are ticked"


def _later(it: Choosing) -> str:
    it.ask("_include_future")
    return "" if it.tab.part("future", it.part).is_checked() else "what comes later is not ticked"


_Aspect = Callable[[Choosing], str]

_ASPECTS: Final[Mapping[str, _Aspect]] = {"one": _one, "all": _all, "future": _future}
#: What long lists have besides.
_LONG: Final[Mapping[str, _Aspect]] = {
    "scrolls": _scrolls,
    "counted": _counted,
    "live": _live,
    "hidden": _hidden,
    "search": _search,
}
#: What a request can fill in, where the kit knows the Customer's numbers.
_FILLED_IN: Final[Mapping[str, _Aspect]] = {"named": _named, "every": _every, "later": _later}


def _rows(selection: str) -> tuple[str, ...]:
    return tuple(facts.selection_rows(selection).values())


@condition(*_rows("account_selection"))
def accounts(session: Session) -> Findings:
    """Accounts are ticked one by one and all at once; more than ten are counted, searched, hidden and scrolled."""
    yield from _lists(session, "account_selection")


@condition(*_rows("service_contract_selection"))
def contracts(session: Session) -> Findings:
    """So are Service Contracts."""
    yield from _lists(session, "service_contract_selection")


@condition(*_rows("servicepoint_selection"))
def service_points(session: Session) -> Findings:
    """So are Service Points, which have no later ones."""
    yield from _lists(session, "servicepoint_selection")


@condition(*_rows("meter_device_selection"))
def meters(session: Session) -> Findings:
    """So are Meter Devices."""
    yield from _lists(session, "meter_device_selection")


def _lists(session: Session, selection: str) -> Findings:
    yield from watched(session, _rows(selection), lambda tally, tab: _judge(tally, tab, selection))


def _judge(tally: Watched, tab: Tab, selection: str) -> None:
    rows = facts.selection_rows(selection)
    field, listing, number, _ = NUMBERS[selection]
    for scope, asked in askable(tab.session):
        if selection not in choices_of(scope, SELECTION) or not field_of(scope, field):
            continue
        known = {
            str(each[number]): each
            for access in tab.session.consents.open
            for each in access.objects(listing)
            if each.get(number)
        }
        it = Choosing(tab, {**asked, SELECTION: selection}, field, known)
        it.ask()
        if it.boxes.count() < 2:
            continue
        aspects = {**_ASPECTS, **(_LONG if it.boxes.count() > _SHORT else {}), **(_FILLED_IN if known else {})}
        for name, aspect in aspects.items():
            if name in rows:
                fault = tried(partial(aspect, it))
                tally.judge(rows[name], not fault, f"{selection}: {fault}")
        return
