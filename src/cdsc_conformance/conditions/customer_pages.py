"""The pages a Customer sees: form, receipt and what is shown when nothing comes of it (CDS-WG3-01 9.2 to 9.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.asking import details, fields, verifier
from cdsc_conformance.conditions.customer_objects import Tally
from cdsc_conformance.customer_data import NUMBERS, SELECTION, Access, Thing, entry
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Findings, Unmet, judge, skipped
from cdsc_conformance.flows import CALLBACK, account
from cdsc_conformance.people import Page, Person, forms_of, page_of
from cdsc_conformance.session import Session
from cdsc_conformance.tables import several

_STOP: Final = re.compile(r"revoke|stop|withdraw|end (?:it|this|sharing)|confirm", re.IGNORECASE)

#: Words of the standard and of its values that a Customer cannot be expected to know (9.2.2.1, 9.2.2.2).
_JARGON: Final = re.compile(r"\bUsage Segments?\b|\bService Point Selection\b|\bcds_\w+|\binclude_\w+")
_DURATIONS: Final = re.compile(r"\bP(?:T?\d+[YMWDHS])+\b")

#: By selection: the rows about entries listed and about their number shown.
_ENTRIES: Final = {
    "account_selection": ("WG3-01-9.2.3.1-02", "WG3-01-9.2.3.1-03"),
    "service_contract_selection": ("WG3-01-9.2.3.2-02", "WG3-01-9.2.3.2-03"),
    "servicepoint_selection": ("WG3-01-9.2.3.3-02", "WG3-01-9.2.3.3-03"),
    "meter_device_selection": ("WG3-01-9.2.3.4-02", "WG3-01-9.2.3.4-03"),
}

_FORM: Final = (
    "WG3-01-6.1-02", "WG3-01-9.1.1-24", "WG3-01-9.2-12", "WG3-01-9.2.1.1-01", "WG3-01-9.2.1.1-09",
    "WG3-01-9.2.1.2-01", "WG3-01-9.2.1.6-01", "WG3-01-9.2.1.6-02", "WG3-01-9.2.1.6-03", "WG3-01-9.2.2.1-02",
    "WG3-01-9.2.2.2-01", *(row for rows in _ENTRIES.values() for row in rows),
)  # fmt: skip


@condition(*_FORM)
def forms(session: Session) -> Findings:
    """The form says who asks and whom, in plain words, lists what can be chosen, and can be declined."""
    tally = Tally()
    client = session.code_client
    client_name = str(client.client.get("client_name"))
    name = str(session.server_metadata.body.get("name"))
    for access, selection in _selections(session):
        asked = {**entry(access.scope, yes=True), SELECTION: selection}
        with Person(session.http, account(session)) as person:
            request = client.ask(verifier(), scope=None, authorization_details=details(asked), state="kit-form")
            shown = person.form(session.endpoint("authorization_endpoint"), request, CALLBACK)
        page, where = page_of(shown), f"{access}, {selection}"
        tally.look(shown)
        for row in ("WG3-01-6.1-02", "WG3-01-9.1.1-24"):
            tally.judge(row, shown.status == 200, f"{where}: the form answered {shown.status}")
        away = [each for each in _away(shown, page) if each.get("target") != "_blank"]
        links = several([each["href"] for each in away])
        tally.judge("WG3-01-9.2-12", not away, f"{where}: {links} leads off the form in its own tab")
        tally.judge("WG3-01-9.2.1.1-01", name in page.words, f"{where}: the form does not say {name}")
        tally.judge("WG3-01-9.2.1.1-09", "nav" not in page.elements, f"{where}: the form has a menu")
        tally.judge("WG3-01-9.2.1.2-01", client_name in page.words, f"{where}: the form does not say {client_name}")
        for row, yes in (("WG3-01-9.2.1.6-01", True), ("WG3-01-9.2.1.6-02", False)):
            there = any(each.button(yes) is not None for each in forms_of(shown))
            tally.judge(row, there, f"{where}: no button says {'yes' if yes else 'no'}")
            tally.judge("WG3-01-9.2.1.6-03", there, f"{where}: a button does not tell what it does")
        for row, pattern in (("WG3-01-9.2.2.1-02", _JARGON), ("WG3-01-9.2.2.2-01", _DURATIONS)):
            odd = sorted(set(pattern.findall(page.words)))
            tally.judge(row, not odd, f"{where}: the form says {several(odd)}")
        _judge_entries(tally, session, where, page, selection)
    yield from tally.findings(_FORM, "no form of the test account can show this")


def _selections(session: Session) -> Iterator[tuple[Access, str]]:
    """One form of each selection."""
    left = list(_ENTRIES)
    for access in session.consents.open:
        field = next((each for each in fields(access.scope) if each.get("id") == SELECTION), {})
        for choice in field.get("choices") or []:
            if isinstance(choice, dict) and choice.get("id") in left:
                left.remove(choice["id"])
                yield access, str(choice["id"])


def _judge_entries(tally: Tally, session: Session, where: str, page: Page, selection: str) -> None:
    """Every object that the kit has seen and that may be chosen stands on the form with its number."""
    _, listing, number, _ = NUMBERS[selection]
    known = {
        str(each[number]) for access in session.consents.open for each in access.objects(listing) if each.get(number)
    }
    # A parent comes with its own Accounts and need not be chosen; there is nothing to choose where there is one.
    missing = sorted(each for each in known if each not in page.words)
    for row in _ENTRIES[selection] if known else ():
        tally.judge(row, not missing, f"{where}: the form lacks {several(missing)}")


def _away(exchange: Exchange, page: Page) -> list[dict[str, str]]:
    """The links that lead to another page; one to sign in as somebody else comes back to the form (9.2.1.7)."""
    form = urlsplit(exchange.url)
    away = []
    for link in page.links:
        there = urlsplit(urljoin(exchange.url, link.get("href", "")))
        stays = (there.netloc, there.path) == (form.netloc, form.path) or form.path in unquote(there.query)
        if there.scheme in ("http", "https") and not stays:
            away.append(link)
    return away


_RECEIPT: Final = tuple(
    f"WG3-01-9.4-{number:02}" for number in (1, 2, 6, 7, 8, 9, 23, 26, 32, 34, 37, 44, 45)
)  # fmt: skip


@condition(*_RECEIPT, "WG3-01-9.1.1-28", "WG3-01-9.1.1-32")
def receipts(session: Session) -> Findings:
    """A receipt is there at once, for whoever has its address, with nothing of the Customer's; it can end the Grant."""
    (grant, page), (other, beside) = (_with_receipt(session) for _ in range(2))
    read = page_of(page)
    confirmation = str(next(iter(grant.get("receipt_confirmations") or []), ""))
    there = page.status == 200 and page.media_type == "text/html"
    for row in ("WG3-01-9.4-01", "WG3-01-9.4-02", "WG3-01-9.1.1-28", "WG3-01-9.1.1-32"):
        yield judge(row, there, f"the receipt answered {page.status} {page.media_type}", page)
    if not there:
        rest = [row for row in _RECEIPT if row not in ("WG3-01-9.4-01", "WG3-01-9.4-02")]
        yield from skipped(rest, "there is no receipt to look at")
        return
    yield judge("WG3-01-9.4-06", page.url != beside.url, f"two receipts are at {page.url}", page, beside)
    named = [each for each in (confirmation, str(grant["grant_id"])) if each and each in page.url]
    yield judge("WG3-01-9.4-07", not named, f"the address of the receipt holds {several(named)}", page)
    told = bool(confirmation) and confirmation in read.words
    yield judge("WG3-01-9.4-23", told, f"the receipt does not say {confirmation}", page)
    name = str(session.code_client.client.get("client_name"))
    yield judge("WG3-01-9.4-26", name in read.words, f"the receipt does not say {name}", page)
    stranger = session.http.fresh()
    try:
        seen = stranger.send("GET", page.url)
    finally:
        stranger.close()
    yield judge("WG3-01-9.4-08", seen.status == 200, f"it answered {seen.status} to a stranger", seen)
    robots = f"{seen.header('X-Robots-Tag')} {page_of(seen).metas.get('robots', '')}"
    yield judge("WG3-01-9.4-09", "noindex" in robots.lower(), f"robots are told {robots.strip() or 'nothing'}", seen)
    words = page_of(seen).words
    leaked = sorted(each for each in _own(session) if each in words)
    for row in ("WG3-01-9.4-32", "WG3-01-9.4-37"):
        yield judge(row, not leaked, f"a stranger reads {several(leaked)}", seen)
    listed = sorted(each for each in _own(session) if each in read.words)
    yield judge("WG3-01-9.4-34", listed, "the Customer's own receipt names nothing that was chosen", page)
    yield from _revoked(session, other, beside.url)


def _own(session: Session) -> set[str]:
    """Numbers of the Customer's that nobody else should read; short ones stand in any page."""
    names = [(listing, number) for _, listing, number, _ in NUMBERS.values()]
    return {
        str(each[number])
        for access in session.consents.open
        for listing, number in names
        for each in access.objects(listing)
        if len(str(each.get(number) or "")) > 2
    }


def _with_receipt(session: Session) -> tuple[Thing, Exchange]:
    """A Grant that came about by the server's own redirect address, and the page the Customer was led to."""
    client, scope = session.code_client, session.consents.open[0].scope
    state = f"kit-receipt-{len(session.http.exchanges)}"
    asked = details({**entry(scope, yes=True)})
    with Person(session.http, account(session)) as person:
        request = client.ask(
            verifier(), scope=None, authorization_details=asked, redirect_uri=client.receipt_uri, state=state
        )
        arrived = person.answer(session.endpoint("authorization_endpoint"), request, client.receipt_uri)
        page = person.open(arrived.exchange.header("Location"))
    found = client.grants(states=state)
    if not found:
        raise Unmet("the Grants listing has no Grant with the state of the request")
    return found[0], page


def _revoked(session: Session, grant: Thing, address: str) -> Findings:
    """A stranger with the address stops the sharing, in one step or with a confirmation."""
    with Person(session.http, account(session)) as person:
        page: Exchange | None = person.open(address)
        for _ in range(2):
            page = person.press(page, _STOP) if page is not None and _opens(session, grant) else None
        signed_in = person.signed_in
    evidence = session.http.exchanges[-2:]
    for row in ("WG3-01-9.4-44", "WG3-01-9.4-45"):
        done = not _opens(session, grant) and signed_in == 0
        yield judge(row, done, "no button of the receipt ended the Grant", *evidence)


def _opens(session: Session, grant: Thing) -> bool:
    now = session.code_client.registered.call("GET", str(grant["uri"])).object()
    return bool(now.get("enabled_scope")) and now.get("status") != "closed"


@condition("WG3-01-9.1.1-33", "WG3-01-9.3.3-02", "WG3-01-9.3.3-03", "WG3-01-9.3.3-04", "WG3-01-9.3.3-05")
def nothing_came_of_it(session: Session) -> Findings:
    """The server's own redirect address says that nothing was shared, and why, when a request failed."""
    uri = str(session.registered.client_with(response_types="code").get("cds_default_redirect_uri"))
    pages = [
        session.fetch(uri, params={"error": error, "error_description": "told by the kit", "state": "kit"})
        for error in ("access_denied", "invalid_scope")
    ]
    odd = [f"{page.url} answered {page.status} {page.media_type}" for page in pages if page.media_type != "text/html"]
    for row in ("WG3-01-9.1.1-33", "WG3-01-9.3.3-02"):
        yield judge(row, not odd, several(odd), *pages)
    differ = all(page_of(one).words != page_of(two).words for one, two in pairwise(pages))
    for row in ("WG3-01-9.3.3-03", "WG3-01-9.3.3-04", "WG3-01-9.3.3-05"):
        yield judge(row, differ and not odd, "a no and an invalid scope are told in the same words", *pages)
