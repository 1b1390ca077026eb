"""How the form is laid out, on a telephone and on a desk (CDS-WG3-01 9.2, 9.2.1)."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cdsc_conformance.browser import NARROW, WIDE, Tab
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.watching import Watched, askable, choices_of, field_of, first, watched
from cdsc_conformance.customer_data import NUMBERS, SELECTION, Thing
from cdsc_conformance.findings import Findings, Unmet
from cdsc_conformance.session import Session

if TYPE_CHECKING:
    from playwright.sync_api import Locator

_MERGE: Final = "merge_selection_with"
_EDIT: Final = "allow_scope_modifications"

#: The parts of the form in the order of 9.2.1, and those of a Request Section in the order of 9.2.1.4.
_SECTIONS: Final = ("header", "requester", "section", "closing", "approval", "footer")
_COMPONENTS: Final = ("data", "duration", "selection", "purpose")

_HEADINGS: Final = "h1, h2, h3, legend"
_ASKS: Final = re.compile(r"shar|authori[sz]|allow|access|permi|consent|agree", re.IGNORECASE)
_SUPPORT: Final = re.compile(r"help|support|question|contact|write to|call", re.IGNORECASE)
_TERMS: Final = re.compile(r"terms|conditions", re.IGNORECASE)
_PRIVACY: Final = re.compile(r"privacy|data protection", re.IGNORECASE)

_ROWS: Final = tuple(
    f"WG3-01-9.2{row}"
    for row in (
        "-01", "-02", ".1-01", ".1.1-02", ".1.1-04", ".1.1-06", ".1.2-02", ".1.2-05", ".1.2-06",
        ".1.3-01", ".1.4-01", ".1.6-01", ".1.6-02", ".1.7-02", ".1.7-03",
    )
)  # fmt: skip


@condition("WG3-01-9.2-03", *_ROWS)
def on_a_telephone(session: Session) -> Findings:
    """On a telephone the parts of the form follow each other, fit, and can be reached without a mouse."""
    yield from watched(session, ("WG3-01-9.2-03", *_ROWS), _layout, width=NARROW)


@condition("WG3-01-9.2-04", *_ROWS)
def on_a_desk(session: Session) -> Findings:
    """So they do on a desk."""
    yield from watched(session, ("WG3-01-9.2-04", *_ROWS), _layout, width=WIDE)


def _layout(tally: Watched, tab: Tab) -> None:
    tab.ask(first(tab.session))
    missing = [name for name in _SECTIONS if not tab.parts(name).count()]
    tally.judge("WG3-01-9.2-02", not missing, f"the page has no {', '.join(missing)}")
    tally.judge("WG3-01-9.2.1.3-01", tab.parts("section").count(), "the form has no Request Section")
    for row in ("WG3-01-9.2-03", "WG3-01-9.2-04"):
        tally.judge(row, tab.fits(), "the page scrolls sideways")
    fault = _out_of_order(tab, [tab.part(name) for name in _SECTIONS if name not in missing])
    for row in ("WG3-01-9.2-01", "WG3-01-9.2.1-01"):
        tally.judge(row, not fault and not missing, fault or f"there is no {', '.join(missing)}")
    for section in tab.parts("section").all():
        there = [tab.part(name, section) for name in _COMPONENTS if tab.parts(name, section).count()]
        odd = _out_of_order(tab, there)
        tally.judge("WG3-01-9.2.1.4-01", not odd and len(there) > 1, odd or "a request has fewer than two parts")
    for name, row in (("approve", "WG3-01-9.2.1.6-01"), ("decline", "WG3-01-9.2.1.6-02")):
        tally.judge(row, _usable(tab, tab.part(name)), f"{name} cannot be seen, reached by key or hit")
    _heads(tally, tab)
    _foot(tally, tab)


def _out_of_order(tab: Tab, parts: list[Locator]) -> str:
    """Why parts do not follow each other, for whoever looks and for whoever goes from key to key."""
    boxes = [box for part in parts if (box := part.bounding_box())]
    if len(boxes) < len(parts):
        return "a part cannot be seen"
    if any(above["y"] + above["height"] > below["y"] + 1 for above, below in pairwise(boxes)):
        return "parts do not follow each other"
    jumps = tab.page.locator("[tabindex]:not([tabindex='0'], [tabindex='-1'])")
    return "the keyboard goes from part to part in another order" if jumps.count() else ""


def _usable(tab: Tab, button: Locator) -> bool:
    """Whether a button is large enough for a finger, inside the window, has words, and the keyboard comes to it."""
    box = button.bounding_box()
    if not box or min(box["width"], box["height"]) < 24 or not button.inner_text().strip():
        return False
    width = tab.page.viewport_size or {"width": 0}
    reached = button.evaluate("e => e.tabIndex >= 0 && !e.disabled")
    return bool(reached) and box["x"] >= 0 and box["x"] + box["width"] <= width["width"]


def _heads(tally: Watched, tab: Tab) -> None:
    header, requester = tab.part("header"), tab.part("requester")
    title = tab.words(header)
    tally.judge("WG3-01-9.2.1.1-02", _ASKS.search(title), f"its title does not say what it is for: {title}")
    tally.judge("WG3-01-9.2.1.1-04", header.locator("img, svg, picture").count(), "the header has no logo")
    for link in header.locator("a:has(img, svg, picture)").all():
        tally.judge("WG3-01-9.2.1.1-06", link.get_attribute("target") == "_blank", "the logo leads off in its own tab")
    name = str(tab.session.code_client.client.get("client_name"))
    said = tab.words(requester)
    tally.judge("WG3-01-9.2.1.2-02", name in said and _ASKS.search(said), f"it does not say that {name} asks: {said}")
    for link in requester.locator("a[href^='http']").all():
        tally.judge(
            "WG3-01-9.2.1.2-05", link.get_attribute("target") == "_blank", "the Client's site opens in this tab"
        )
        rel = (link.get_attribute("rel") or "").split()
        tally.judge("WG3-01-9.2.1.2-06", "noopener" in rel, f"the link to the Client's site has rel {rel}")


def _foot(tally: Watched, tab: Tab) -> None:
    said = tab.words(tab.part("footer"))
    tally.judge("WG3-01-9.2.1.7-02", _SUPPORT.search(said), f"the footer names no support: {said}")
    both = _TERMS.search(said) and _PRIVACY.search(said)
    tally.judge("WG3-01-9.2.1.7-03", both, f"the footer has no terms and privacy: {said}")


_SEVERAL: Final = (
    "WG3-01-9.2.1.3-02",
    "WG3-01-9.2.1.3-03",
    "WG3-01-9.2.1.3-04",
    "WG3-01-9.2.1.4-02",
    "WG3-01-9.2.1.5-04",
)


@condition(*_SEVERAL)
def several_requests(session: Session) -> Findings:
    """Each scope has a section of its own, which can be left out but for the last, and put back."""
    yield from watched(session, _SEVERAL, _several)


def _several(tally: Watched, tab: Tab) -> None:
    one, two = _two(tab.session)
    tab.ask(one, two)
    sections = tab.parts("section")
    told = f"two scopes are asked for in {sections.count()} sections"
    tally.judge("WG3-01-9.2.1.4-02", sections.count() == 2, told)
    apart = sections.count() == 2 and not _out_of_order(tab, sections.all())
    headed = all(each.locator(_HEADINGS).filter(visible=True).count() for each in sections.all())
    tally.judge("WG3-01-9.2.1.3-02", apart and headed, "the requests run into each other, or have no heading")
    if tab.parts("leave_out").count() == 2:
        _left_out(tally, tab)


def _two(session: Session) -> tuple[Thing, Thing]:
    """Entries of two scopes that are not merged, and may be changed."""
    found = [
        {**asked, **({_EDIT: True} if field_of(scope, _EDIT) else {})}
        for scope, asked in askable(session)
        if field_of(scope, SELECTION) and field_of(scope, _EDIT)
    ]
    if len(found) < 2:
        raise Unmet("the Client cannot ask for two scopes at once that people may change")
    return found[0], found[1]


def _left_out(tally: Watched, tab: Tab) -> None:
    closing = tab.part("closing")
    heading = tab.words(tab.parts("section").nth(1).locator(_HEADINGS).first)
    before = tab.words(closing)
    tab.parts("leave_out").nth(1).click()
    gone = heading in before and heading not in tab.words(closing)
    tally.judge("WG3-01-9.2.1.5-04", gone, f"{heading} is left out, and the closing section says {tab.words(closing)}")
    if tab.parts("undo").count():
        tab.press(tab.part("undo"))
    back = not tab.parts("leave_out").nth(1).is_checked() and heading in tab.words(tab.part("closing"))
    tally.judge("WG3-01-9.2.1.3-04", back, "what was left out does not come back")
    for box in tab.parts("leave_out").all():
        box.set_checked(True)
    tab.press(tab.part("approve"))
    tally.judge("WG3-01-9.2.1.3-03", not tab.landed, "every request could be left out, and it was agreed to nothing")
    if not tab.landed:
        tab.parts("leave_out").nth(1).set_checked(False)
        _tick_one(tab, tab.parts("section").nth(1))
        tab.press(tab.part("approve"))
        told = f"one of two was left out, and the Client got {tab.told_client}"
        tally.judge("WG3-01-9.2.1.3-03", "code" in tab.told_client, told)


def _tick_one(tab: Tab, section: Locator) -> None:
    """Choose something, when nothing was."""
    boxes = tab.parts("entry", section).locator("input[type='checkbox']")
    if boxes.count() and not tab.parts("entry", section).locator("input:checked").count():
        boxes.first.click()


_MERGED: Final = ("WG3-01-4.4-13", "WG3-01-9.2.2.2-21")


@condition(*_MERGED)
def merged_requests(session: Session) -> Findings:
    """Scopes that are merged are chosen for once, and their common duration is told once."""
    yield from watched(session, _MERGED, _merged)


def _merged(tally: Watched, tab: Tab) -> None:
    one, two, kinds = _merging(tab.session)
    tab.ask(one, two)
    count = tab.parts("section").count()
    row = "WG3-01-4.4-13" if kinds <= {"cds_service_contracts", "cds_meters", "cds_usage"} else ""
    tally.judge(row, count == 1, f"two merged scopes are asked for in {count} sections")
    said = [each.strip() for each in tab.part("duration").inner_text().splitlines() if len(each.split()) > 3]
    twice = sorted({each for each in said if said.count(each) > 1})
    tally.judge("WG3-01-9.2.2.2-21", said and not twice, f"the same duration is told twice: {twice}")


def _merging(session: Session) -> tuple[Thing, Thing, set[str]]:
    """Entries of two scopes with a selection in common, each merged with the other; and their types."""
    found = [
        (scope, asked)
        for scope, asked in askable(session)
        if field_of(scope, _MERGE) and scope.get("type") not in ("cds_account_programs", "cds_service_programs")
    ]
    wanted = ("cds_service_contracts", "cds_meters", "cds_usage")
    found.sort(key=lambda each: each[0].get("type") not in wanted)
    for scope, asked in found:
        for other, beside in found:
            common = [each for each in choices_of(scope, SELECTION) if each in choices_of(other, SELECTION)]
            if scope is not other and common:
                together = {SELECTION: common[0]}
                kinds = {str(scope.get("type")), str(other.get("type"))}
                return (
                    {**asked, **together, _MERGE: other["id"]},
                    {**beside, **together, _MERGE: scope["id"]},
                    kinds,
                )
    raise Unmet("the Client can ask for no two scopes that can be merged")


_FIXED: Final = ("WG3-01-9.2.1.4-03", "WG3-01-9.2.1.5-03")


@condition(*_FIXED)
def edits(session: Session) -> Findings:
    """A section can be changed when the Client allows it, and the closing section changes with it; else not."""
    yield from watched(session, _FIXED, _edited)


def _edited(tally: Watched, tab: Tab) -> None:
    row = "WG3-01-9.2.1.4-03"
    for scope, asked in askable(tab.session):
        if not field_of(scope, _EDIT) or asked.get(SELECTION) not in NUMBERS:
            continue
        tab.ask({**asked, NUMBERS[str(asked[SELECTION])][0]: ["_all"], _EDIT: False})
        tally.judge(row, tab.parts("section").count() and not _boxes(tab), "what is not to be changed can be ticked")
        tab.ask({**asked, _EDIT: True})
        boxes = _boxes(tab)
        tally.judge(row, boxes, "nothing can be ticked of what may be changed")
        if boxes:
            before = tab.told(tab.profile.closing)
            boxes[0].click()
            after = tab.told(tab.profile.closing)
            tally.judge("WG3-01-9.2.1.5-03", before != after, f"a tick leaves the closing section as it was: {after}")
        return


def _boxes(tab: Tab) -> list[Locator]:
    """The checkboxes of the selection that can be changed."""
    found = tab.parts("entry", tab.part("section")).locator("input[type='checkbox']")
    return [box for box in found.all() if box.is_enabled()]
