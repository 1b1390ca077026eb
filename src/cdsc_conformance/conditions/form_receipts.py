"""Receipts in a browser: what stands there at once, after a change, and for a stranger (CDS-WG3-01 9.4)."""

from __future__ import annotations

import re
from typing import Any, Final

from cdsc_conformance.browser import Tab
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.customer_purposes import WITH_LINK, Explained
from cdsc_conformance.conditions.form_words import with_purpose
from cdsc_conformance.conditions.watching import Watched, choose, watched
from cdsc_conformance.findings import Findings
from cdsc_conformance.session import Session

_RECEIPT: Final = tuple(
    f"WG3-01-9.4-{number:02}" for number in (22, 24, 25, 28, 29, 30, 31, 33, 34, 38, 39, 41, 42, 43, 47, 55)
)

_MOMENT: Final = re.compile(r"\b20\d\d\b.*\b\d{1,2}:\d\d\b|\b\d{1,2}:\d\d\b.*\b20\d\d\b")
_STATUS: Final = re.compile(r"sharing|active|shared|access|wait|stopped|ended", re.IGNORECASE)
_TERMS: Final = re.compile(r"terms", re.IGNORECASE)
_HELP: Final = re.compile(r"help|support|question|contact|write to|call", re.IGNORECASE)
_STOP: Final = re.compile(r"stop|revoke|withdraw|end", re.IGNORECASE)
_SIGN_IN: Final = re.compile(r"sign in|log in", re.IGNORECASE)


@condition(*_RECEIPT)
def receipts(session: Session) -> Findings:
    """A receipt says in the words of the form what was agreed, since when, why, and how to end it."""
    yield from watched(session, _RECEIPT, _receipt)


def _receipt(tally: Watched, tab: Tab) -> None:
    explained = Explained(tab.session)
    asked = {**with_purpose(tab.session), "purpose": explained.purpose_id}
    client = explained.client
    tab.ask(asked, client=client, redirect_uri=client.receipt_uri, ui_locales="en")
    section = tab.part("section")
    choose(tab)
    chosen = [each.strip().splitlines()[0] for each in tab.parts("entry", section).all_inner_texts() if each.strip()]
    heading = tab.words(section.locator("h1, h2, h3, legend").first)
    sentences = [each for each in tab.part("data", section).inner_text().splitlines() if len(each.split()) > 3]
    logo = _logo(tab)
    tab.press(tab.part("approve"))
    said = tab.words()
    told: dict[str, tuple[Any, str]] = {
        "22": (_logo(tab) == logo and tab.parts("header").count(), "its header looks otherwise than that of the form"),
        "24": (_MOMENT.search(said), "it does not say when it was made"),
        "25": (_STATUS.search(said), "it does not say whether access is open"),
        "30": (heading in said, f"it does not say {heading}"),
        "31": (any(each.strip() in said for each in sentences), f"it describes it in other words than {sentences}"),
        "34": (all(each in said for each in chosen), f"it does not list {[e for e in chosen if e not in said][:3]}"),
        "39": (_whole(tab, str(WITH_LINK["content"])), "it does not show the purpose whole"),
        "41": (_linked(tab, _TERMS), "it has no link to the terms that were accepted"),
        "42": (_linked(tab, _HELP), "it has no link to support"),
        "43": (_pressable(tab, _STOP), "nothing on it ends the sharing"),
        "47": (not re.search(r"\b(?:include|cds)_\w+|\bP\d+[YMD]\b", said), "it speaks as machines do"),
        "55": (re.search(r"\bprint\b", said, re.IGNORECASE), "it does not say how to print it"),
    }
    for number, (holds, fault) in told.items():
        tally.judge(f"WG3-01-9.4-{number}", holds, f"{fault}: {said[:400]}")
    for link in tab.page.locator(f"a:has-text('{client.client.get('client_name')}')").all():
        rel = set((link.get_attribute("rel") or "").split())
        tally.judge("WG3-01-9.4-28", link.get_attribute("target") == "_blank", "the Client's site opens in this tab")
        tally.judge("WG3-01-9.4-29", {"noopener", "nofollow"} <= rel, f"the link to the Client's site has rel {rel}")
    _to_a_stranger(tally, tab, chosen)


def _to_a_stranger(tally: Watched, tab: Tab, chosen: list[str]) -> None:
    """Somebody who has only the address signs in from there, and then sees what was hidden."""
    url = tab.page.url
    tab.page.context.clear_cookies()
    tab.open(url)
    ways = tab.page.locator("main a, main button").filter(has_text=_SIGN_IN)
    back = bool(ways.count())
    if back:
        tab.press(ways.first)
        tab.sign_in()
        back = tab.page.url.partition("?")[0] == url.partition("?")[0] and all(each in tab.words() for each in chosen)
    for row in ("WG3-01-9.4-33", "WG3-01-9.4-38"):
        tally.judge(row, back, f"no button or link leads through sign-in to what is hidden: {tab.words()[:400]}")


def _logo(tab: Tab) -> str:
    """The mark in the header, as it is drawn."""
    marks = tab.part("header").locator("img, svg, picture")
    return str(marks.first.evaluate("e => e.outerHTML")) if marks.count() else ""


def _whole(tab: Tab, text: str) -> bool:
    return text in str(tab.page.locator("body").text_content())


def _linked(tab: Tab, words: re.Pattern[str]) -> bool:
    """Whether a link stands in a paragraph with such words."""
    return tab.page.locator("p").filter(has=tab.page.locator("a[href]")).filter(has_text=words).count() > 0


def _pressable(tab: Tab, words: re.Pattern[str]) -> bool:
    return tab.page.locator("main").locator("a, button, summary").filter(has_text=words).count() > 0
