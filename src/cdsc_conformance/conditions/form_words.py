"""What the form says in a browser: what for how long, and why (CDS-WG3-01 7.4.4, 8.3, 9.2.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from cdsc_conformance import facts
from cdsc_conformance.browser import Tab
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.customer_purposes import WITH_LINK, Explained
from cdsc_conformance.conditions.watching import Watched, askable, field_of, first, watched
from cdsc_conformance.customer_data import Thing
from cdsc_conformance.findings import Findings, Unmet
from cdsc_conformance.session import Session

if TYPE_CHECKING:
    from playwright.sync_api import Locator

TABLE: Final = "form_durations"
_DURATIONS: Final = tuple(line["row"] for lines in facts.rules(TABLE).values() for line in lines)


@condition(*_DURATIONS)
def durations(session: Session) -> Findings:
    """Each section says from when until when, and what a bound of now or never means."""
    yield from watched(session, _DURATIONS, _told_how_long)


def _told_how_long(tally: Watched, tab: Tab) -> None:
    for lines in facts.rules(TABLE).values():
        for line in lines:
            asked = _bounded(tab.session, line)
            if asked is not None:
                tab.ask(asked, ui_locales="en")
                said = tab.words(tab.part("duration", tab.part("section")))
                told = re.search(line["says"], said, re.IGNORECASE)
                tally.judge(line["row"], told, f"{line['asked']} was asked for, and it says: {said}")


def _bounded(session: Session, line: Mapping[str, Any]) -> Thing | None:
    """An entry with these bounds; None when the Client can ask for no such scope, or not for so much."""
    for scope, asked in askable(session):
        if scope.get("type") == line["type"]:
            bounds = {name: _bound(field_of(scope, name), value) for name, value in line["asked"].items()}
            return {**asked, **bounds} if all(bounds.values()) else None
    return None


def _bound(field: Mapping[str, Any], value: str) -> str:
    """The value where the field takes it; empty where not."""
    if value == "minimum":
        return str(field.get("minimum") or "")
    return value if value != "infinite" or field.get("maximum") == "infinite" else ""


_DATA: Final = tuple(f"WG3-01-9.2.2.1-{number:02}" for number in (1, 4, 5, 6, 7))

#: Names as machines write them.
_NAMES: Final = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
_EXAMPLE: Final = re.compile(r"example|such as|e\.g\.|your own data", re.IGNORECASE)

#: Characters that somebody reads at a glance.
_SHORT: Final = 600


@condition(*_DATA)
def data(session: Session) -> Findings:
    """What is shared is said in short; a toggle leads to the details, in plain words with an example."""
    yield from watched(session, _DATA, _told_what)


def _told_what(tally: Watched, tab: Tab) -> None:
    tab.ask(first(tab.session), ui_locales="en")
    part = tab.part("data", tab.part("section"))
    said = tab.words(part)
    tally.judge("WG3-01-9.2.2.1-01", len(said.split()) > 3, f"it does not say what is shared: {said}")
    tally.judge("WG3-01-9.2.2.1-04", 0 < len(said) < _SHORT, f"the summary has {len(said)} characters")
    toggle = tab.parts("details", part)
    tally.judge("WG3-01-9.2.2.1-05", toggle.count() and _opens(toggle.first), "no toggle leads to the details")
    if toggle.count():
        details = tab.words(toggle.first)
        names = sorted(set(_NAMES.findall(details)))
        listed = toggle.first.locator("li, dt, tr").count()
        fault = f"the details list {listed} things and hold {names}"
        tally.judge("WG3-01-9.2.2.1-06", listed and not names, fault)
        tally.judge("WG3-01-9.2.2.1-07", _EXAMPLE.search(details), f"the details hold no example: {details}")


def _opens(toggle: Locator) -> bool:
    """Whether something is hidden that a key brings to light."""
    before = len(toggle.inner_text())
    toggle.locator("summary, button").first.press("Enter")
    return len(toggle.inner_text()) > before


_SHOWN: Final = (
    "WG3-01-7.4.4-09", "WG3-01-7.4.4-10", "WG3-01-8.3-09", "WG3-01-9.2.1.4-05", "WG3-01-9.2.1.4-06",
    *(f"WG3-01-9.2.2.4-{number:02}" for number in range(1, 15)),
)  # fmt: skip

_USE: Final = re.compile(r"\buse|why|purpose|what .* for", re.IGNORECASE)
_THEIRS: Final = re.compile(r"own words|wrote|written by|words of|provided by|not checked", re.IGNORECASE)
_LINES: Final = 10


@condition(*_SHOWN)
def purposes(session: Session) -> Findings:
    """Why the Client asks stands whole in a block of its own, as plain text, and only when the Client says it."""
    yield from watched(session, _SHOWN, _told_why)


def _told_why(tally: Watched, tab: Tab) -> None:
    explained = Explained(tab.session)
    asked = with_purpose(tab.session)
    tab.ask({**asked, "purpose": None}, client=explained.client)
    absent = not tab.parts("content").count()
    for row in ("WG3-01-7.4.4-09", "WG3-01-9.2.1.4-06"):
        tally.judge(row, absent, "a purpose is shown that nobody named")
    tab.ask({**asked, "purpose": explained.purpose_id}, client=explained.client)
    there = tab.parts("content").count() == 1
    for row in ("WG3-01-7.4.4-10", "WG3-01-9.2.1.4-05"):
        tally.judge(row, there, "the purpose that was named is not shown")
    if there:
        _judge_purpose(tally, tab)


def with_purpose(session: Session) -> Thing:
    """
    An entry for all of a scope that offers purpose.

    Raises:
        Unmet: the Client can ask for none.
    """
    for scope, asked in askable(session):
        if field_of(scope, "purpose"):
            return asked
    raise Unmet("the Client can ask for no scope that offers purpose")


def _judge_purpose(tally: Watched, tab: Tab) -> None:
    block, around = tab.part("content"), tab.words(tab.part("purpose"))
    text = str(block.text_content())
    content, link = str(WITH_LINK["content"]), block.locator("a")
    beside = around.replace(tab.words(block), "")
    facts_told = (
        ("01", _USE.search(beside), f"it does not say that this is how the data will be used: {beside}"),
        ("02", _THEIRS.search(beside), f"it does not say that the Client wrote it: {beside}"),
        ("03", content in text, f"the content is not shown whole: {text}"),
        ("04", "<b>" in text and not block.locator("b").count(), f"markup has an effect: {block.inner_html()}"),
        ("05", link.count() == 1 and link.get_attribute("href") == WITH_LINK["related_uri"], "related_uri has no link"),
    )
    for row, holds, fault in facts_told:
        tally.judge(f"WG3-01-9.2.2.4-{row}", holds, fault)
    if link.count() == 1:
        name, rel = str(WITH_LINK["related_name"]), (link.get_attribute("rel") or "").split()
        tally.judge("WG3-01-9.2.2.4-06", name in str(link.text_content()), f"the link does not say {name}")
        tally.judge("WG3-01-9.2.2.4-07", link.get_attribute("target") == "_blank", "the link leads off in its own tab")
        tally.judge("WG3-01-9.2.2.4-08", "noopener" in rel, f"the link has rel {rel}")
    page = str(tab.page.locator("body").text_content())
    tally.judge("WG3-01-8.3-09", str(WITH_LINK["name"]) not in page, "the name that is the Client's alone is shown")
    _judge_block(tally, block)


def _judge_block(tally: Watched, block: Locator) -> None:
    """How high the block is, and how it deals with more."""
    look: dict[str, Any] = block.evaluate(
        """e => { const s = getComputedStyle(e), line = parseFloat(s.lineHeight) || 1.2 * parseFloat(s.fontSize);
        e.scrollTop = 30;
        return {least: s.minHeight, space: s.whiteSpace, word: s.wordBreak, over: s.overflowX + ' ' + s.overflowY,
          lines: (e.clientHeight - parseFloat(s.paddingTop) - parseFloat(s.paddingBottom)) / line,
          moved: e.scrollTop, more: e.scrollHeight > e.clientHeight}; }"""
    )
    rows = {
        "09": (look["least"] in ("auto", "0px"), f"it is at least {look['least']} high"),
        "10": (look["lines"] <= _LINES + 0.5, f"it is {look['lines']:.1f} lines high"),
        "11": (look["more"] and look["moved"] > 0, "what is more than ten lines does not scroll"),
        "12": (look["space"].startswith("pre-wrap"), f"white-space is {look['space']}"),
        "13": (look["word"] == "break-word", f"word-break is {look['word']}"),
        "14": (look["over"] == "scroll scroll", f"overflow is {look['over']}"),
    }
    for row, (holds, fault) in rows.items():
        tally.judge(f"WG3-01-9.2.2.4-{row}", holds, fault)
