"""What comes of a decision on the form: yes, no, half filled in, twice, as somebody else (CDS-WG3-01 9.1, 9.2.1.6)."""

from __future__ import annotations

from typing import Final

from cdsc_conformance.browser import Tab
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.watching import Watched, choose, first, watched
from cdsc_conformance.findings import Findings
from cdsc_conformance.session import Session

_YES: Final = (
    "WG3-01-9.2-10", "WG3-01-9.2.1.4-04", "WG3-01-9.2.1.6-08", "WG3-01-9.2.1.6-09", "WG3-01-9.2.1.6-11",
    "WG3-01-9.2.1.6-13",
)  # fmt: skip


@condition(*_YES)
def agreeing(session: Session) -> Findings:
    """The form as it stands takes one press, and a second one changes nothing."""
    yield from watched(session, _YES, _agreed)


def _agreed(tally: Watched, tab: Tab) -> None:
    tab.ask(first(tab.session))
    choose(tab)
    pages = tab.pages
    tab.press(tab.part("approve"))
    between = tab.pages - pages - len(tab.landed)
    for row in ("WG3-01-9.2-10", "WG3-01-9.2.1.4-04", "WG3-01-9.2.1.6-11", "WG3-01-9.2.1.6-13"):
        tally.judge(
            row,
            "code" in tab.told_client and not between,
            f"agreeing led over {between} pages, the Client got {tab.told_client or 'nothing'}",
        )
    if "code" in tab.told_client:
        _again(tally, tab)


def _again(tally: Watched, tab: Tab) -> None:
    """Go back and press once more, as people do when a page is slow."""
    tab.page.go_back()
    if tab.parts("approve").count() and tab.part("approve").is_enabled():
        tab.press(tab.part("approve"))
    found = tab.session.code_client.grants(states=tab.state)
    receipts = {each for grant in found for each in grant.get("receipt_confirmations") or []}
    once = len(found) == 1 and len(receipts) == 1
    for row in ("WG3-01-9.2.1.6-08", "WG3-01-9.2.1.6-09"):
        tally.judge(row, once, f"agreeing twice made {len(found)} Grants with {len(receipts)} receipts")


def _empty(tab: Tab) -> None:
    """Untick everything."""
    for box in tab.parts("entry").locator("input:checked").all()[::-1]:
        box.click()


_HALF: Final = ("WG3-01-9.2.1.6-04", "WG3-01-9.2.1.6-05", "WG3-01-9.2.1.6-06", "WG3-01-9.2.1.6-07")


@condition(*_HALF)
def half_filled_in(session: Session) -> Findings:
    """Who chose nothing is told where to choose, and may say no without choosing."""
    yield from watched(session, _HALF, _half)


def _half(tally: Watched, tab: Tab) -> None:
    tab.ask(first(tab.session))
    _empty(tab)
    tab.press(tab.part("decline"))
    row = "WG3-01-9.2.1.6-04"
    tally.judge(
        row,
        tab.told_client.get("error") == "access_denied",
        f"a no without a choice told the Client {tab.told_client or 'nothing'}",
    )
    tab.landed.clear()
    tab.ask(first(tab.session))
    _empty(tab)
    tab.press(tab.part("approve"))
    stays = not tab.landed and tab.parts("problem").filter(visible=True).count() > 0
    tally.judge("WG3-01-9.2.1.6-05", stays and _leads(tab), "no message says where to choose")
    tally.judge("WG3-01-9.2.1.6-06", tab.parts("wrong").filter(visible=True).count(), "nothing on the form is marked")
    if stays:
        choose(tab)
        tab.press(tab.part("approve"))
        tally.judge(
            "WG3-01-9.2.1.6-07",
            "code" in tab.told_client,
            f"after a correction the Client got {tab.told_client or 'nothing'}",
        )


def _leads(tab: Tab) -> bool:
    """Whether every link of the message leads to a place on the page that is marked."""
    links = tab.part("problem").locator("a[href^='#']")
    near = "(e, marked) => !!(e.closest(marked) || e.querySelector(marked))"
    places = [tab.page.locator(str(each.get_attribute("href"))) for each in links.all()]
    return bool(places) and all(each.count() and each.first.evaluate(near, tab.profile.wrong) for each in places)


#: Links of the form that stay in its tab: only one back to it may.
_LEADING: Final = "a[href]:not([target], [href^='tel:'], [href^='mailto:'], [href^='#'])"
_WHO: Final = ("WG3-01-9.1.1-18", "WG3-01-9.1.2-02", "WG3-01-9.2.1.7-01")


@condition(*_WHO)
def signing_in(session: Session) -> Findings:
    """Who is unknown signs in first, who is known does not again, and anybody may come back as somebody else."""
    yield from watched(session, _WHO, _signed_in, known=False)


def _signed_in(tally: Watched, tab: Tab) -> None:
    asked = first(tab.session)
    tab.ask(asked)
    open_to_all = tab.signed_in == 0 and tab.parts("approve").count()
    tally.judge("WG3-01-9.1.1-18", not open_to_all, "the form was shown to somebody unknown")
    tab.ask(asked)
    tally.judge("WG3-01-9.1.2-02", tab.signed_in == 1, "somebody known had to sign in again")
    form = tab.page.url
    for link in tab.part("footer").locator(_LEADING).all()[:1]:
        tab.press(link)
    asks = tab.parts("password").count() == 1
    if asks:
        tab.sign_in()
    there = tab.page.url.partition("?")[0] == form.partition("?")[0] and tab.parts("approve").count() == 1
    tally.judge("WG3-01-9.2.1.7-01", asks and there, "no link of the footer leads through sign-in back to the form")
