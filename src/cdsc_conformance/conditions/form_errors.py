"""The pages that end a request early, in a browser (CDS-WG3-01 9.3)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from cdsc_conformance.browser import Tab
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.asking import parameters
from cdsc_conformance.conditions.watching import Watched, askable, field_of, watched
from cdsc_conformance.customer_data import NUMBERS, SELECTION
from cdsc_conformance.findings import Findings, Unmet
from cdsc_conformance.session import Session

#: A number that nobody has.
NOBODYS: Final = "KIT-0-NOBODY"

_CANNOT: Final = re.compile(r"cannot|can.t|not (be )?complet|invalid|not valid|incorrect|wrong|missing", re.IGNORECASE)
_TELL: Final = re.compile(r"\b(tell|contact|inform|let .* know|go back|ask)\b", re.IGNORECASE)
_DECLINED: Final = re.compile(r"declin|not share|shared nothing|nothing .*shared|said no|refus", re.IGNORECASE)
_NOT_FOUND: Final = re.compile(r"not find|cannot find|not found|no match|do(es)? not (seem to )?have", re.IGNORECASE)

_PRESELECTION: Final = tuple(f"WG3-01-9.3.1-{number:02}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10))


@condition(*_PRESELECTION, "WG3-01-9.1.1-23")
def preselection(session: Session) -> Findings:
    """Who has nothing of what was asked for is told so, and may decline or come as somebody else."""
    yield from watched(session, (*_PRESELECTION, "WG3-01-9.1.1-23"), _in_vain)


def _in_vain(tally: Watched, tab: Tab) -> None:
    asked = _nobodys(tab.session)
    tab.ask(asked, ui_locales="en")
    said, page = tab.words(), tab.page.url
    name = str(tab.session.code_client.client.get("client_name"))
    for row in ("WG3-01-9.3.1-01", "WG3-01-9.1.1-23"):
        shown = not tab.landed and not tab.parts("approve").count()
        tally.judge(row, shown, f"it led to {tab.page.url} with {tab.told_client or 'a form to agree to'}")
    tally.judge("WG3-01-9.3.1-02", _NOT_FOUND.search(said), f"it does not say that nothing was found: {said}")
    tally.judge("WG3-01-9.3.1-03", name in said, f"it does not say {name}: {said}")
    tally.judge("WG3-01-9.3.1-04", NOBODYS in said, f"it does not list {NOBODYS}: {said}")
    bare = [word for word in asked if word in said]
    tally.judge("WG3-01-9.3.1-05", not bare, f"it says {bare}")
    again, decline = tab.page.locator(_AGAIN), tab.parts("decline")
    below = [each.first.bounding_box() for each in (again, decline) if each.count()]
    message = tab.page.get_by_text(NOBODYS).first.bounding_box() if NOBODYS in said else None
    both = len(below) == 2 and message and all(box and box["y"] > message["y"] for box in below)
    tally.judge("WG3-01-9.3.1-06", both, "no two options stand below the message")
    tally.judge("WG3-01-9.3.1-07", decline.count(), "nothing declines the request")
    tally.judge("WG3-01-9.3.1-09", again.count(), "nothing leads to signing in as somebody else")
    if again.count():
        tab.press(again.first)
        asks = tab.parts("password").count() == 1
        if asks:
            tab.sign_in()
        back = tab.page.url.partition("?")[0] == page.partition("?")[0]
        tally.judge("WG3-01-9.3.1-10", asks and back, f"signing in again led to {tab.page.url}")
    if tab.parts("decline").count():
        tab.press(tab.part("decline"))
        error = tab.told_client.get("error")
        tally.judge("WG3-01-9.3.1-08", error == "invalid_authorization_details", f"the Client was told {error}")


#: What leads to signing in anew, by its words or its address.
_AGAIN: Final = "main a[href*='sign'], main a[href*='login'], main a[href*='auth'], main button[value*='sign']"


def _nobodys(session: Session) -> dict[str, object]:
    """An entry for a number that nobody has, which is an error when nothing matches."""
    for scope, asked in askable(session):
        field = NUMBERS.get(str(asked.get(SELECTION)), ("",))[0]
        if field_of(scope, "error_if_no_preselections") and field_of(scope, field):
            return {**asked, field: [NOBODYS], "error_if_no_preselections": True}
    raise Unmet("the Client can ask for no scope that offers error_if_no_preselections")


_INVALID: Final = ("WG3-01-9.3.2-02", "WG3-01-9.3.2-03")


@condition(*_INVALID)
def invalid_request(session: Session) -> Findings:
    """A request that cannot be trusted is told of in words, with what to do."""
    yield from watched(session, _INVALID, _untrusted, known=False)


def _untrusted(tally: Watched, tab: Tab) -> None:
    client = tab.session.code_client.client
    for name in ("response_type", "client_id", "redirect_uri"):
        wrong = "https://kit.example/none" if name == "redirect_uri" else "kit_none"
        asked = parameters(tab.session, client, **{name: wrong})
        tab.open(f"{tab.session.endpoint('authorization_endpoint')}?{urlencode({**asked, 'ui_locales': 'en'})}")
        said = tab.words()
        tally.judge("WG3-01-9.3.2-02", _CANNOT.search(said), f"{name}: it does not say what is wrong: {said}")
        tally.judge("WG3-01-9.3.2-03", _TELL.search(said), f"{name}: it does not say whom to tell: {said}")


_ENDED: Final = ("WG3-01-9.3.3-03", "WG3-01-9.3.3-04", "WG3-01-9.3.3-05", "WG3-01-9.3.3-06")


@condition(*_ENDED)
def came_to_nothing(session: Session) -> Findings:
    """The server's own redirect address tells a no from a request that could not be completed, and why it could not."""
    yield from watched(session, _ENDED, _nothing, known=False)


def _nothing(tally: Watched, tab: Tab) -> None:
    uri, reason = tab.session.code_client.receipt_uri, "the kit asked for what there is not"
    said = {}
    for error in ("access_denied", "invalid_scope", "server_error"):
        tab.open(f"{uri}?{urlencode({'error': error, 'error_description': reason, 'state': 'kit'})}")
        said[error] = tab.words()
    no, scope, other = said.values()
    tally.judge("WG3-01-9.3.3-03", _DECLINED.search(no), f"it does not say that it was a no: {no}")
    for words in (scope, other):
        tally.judge("WG3-01-9.3.3-04", _CANNOT.search(words), f"it does not say that it cannot be completed: {words}")
        tally.judge("WG3-01-9.3.3-06", _TELL.search(words), f"it does not say whom to tell: {words}")
    tally.judge("WG3-01-9.3.3-05", scope != other, f"every failure has the same reason: {scope}")
