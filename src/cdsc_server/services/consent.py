"""The Customer decides: look at the form, change it, say yes or no (CDS-WG3-01 9.1, 9.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from cdsc_server.domain import drafts
from cdsc_server.domain.authorization_requests import AuthorizationRequest
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.drafts import Draft, SectionEdit
from cdsc_server.ports import Clock, KeyStore, Limits
from cdsc_server.services.agreeing import agree, draw
from cdsc_server.services.consent_form import Form, enforced, first_draft, usable_draft
from cdsc_server.services.consent_proofs import ProofNeeded, send_code
from cdsc_server.services.open_requests import (
    Answered,
    NotForYou,
    Opened,
    Outcome,
    Refused,
    RequestOver,
    end_request,
    lost,
    open_request,
    turned_away,
)
from cdsc_server.services.sessions import REMEMBERED, BrowserSession
from cdsc_server.settings import Settings
from cdsc_server.storage import authorizations, clients
from cdsc_server.storage.authorizations import AuthorizationRequestRow
from cdsc_server.storage.db import reading, transaction


def who_asks(request_id: str, *, session: BrowserSession) -> str | None:
    """The name of the Client of a request that waits in this browser; None when there is none."""
    with reading() as database:
        row = authorizations.find_request(database, request_id, session_hash=session.session_hash)
        client = None if row is None else clients.find_client(database, row.client_id)
    return None if client is None else client.client_name


def open_form(
    request_id: str, session: BrowserSession, *, catalogue: Catalogue, settings: Settings, clock: Clock, keys: KeyStore
) -> Form | Outcome | Answered | NotForYou:
    """
    What this browser sees at the address of a request.

    Returns:
        An Outcome when the Grant it is to approve does not wait, or not for this Customer: that ends the request.

    Raises:
        SignInNeeded: first the person has to sign in.
        RequestOver: no such request in this browser, or too late.
    """
    now = clock.now()
    with reading() as database:
        opened = open_request(database, request_id, session, catalogue=catalogue, settings=settings, keys=keys, now=now)
        if not isinstance(opened, Opened):
            return turned_away(opened, session, settings=settings, keys=keys, now=now)
        draft = usable_draft(opened.row.draft, opened.customer_id, opened.asked)
        kept = enforced(draft, opened.asked, opened.holdings_for(draft))
        form = draw(database, opened, kept, catalogue=catalogue, now=now)
    if opened.row.expires - now < timedelta(seconds=settings.form_seconds):
        keep(opened.row, draft, now)
    return form


def change(
    request_id: str,
    session: BrowserSession,
    edits: Mapping[int, SectionEdit],
    action: str,
    *,
    contact: str = "",
    catalogue: Catalogue,
    settings: Settings,
    clock: Clock,
    keys: KeyStore,
) -> None:
    """
    Keep what was changed on the form.

    Args:
        edits: by number of the section, from 1.
        action: "update", "reset", "all-N", "none-N" or "page-N-M"; whatever else a button sends counts as "update".
        contact: where somebody who did not sign in wants the receipt.

    Raises:
        SignInNeeded, RequestOver: as `open_form`; nothing was kept.
    """
    now = clock.now()
    with reading() as database:
        opened = open_request(database, request_id, session, catalogue=catalogue, settings=settings, keys=keys, now=now)
    if isinstance(opened, Opened):
        draft = _after(opened, edits, action)
        keep(opened.row, replace(draft, contact=contact), now)


def approve(
    request_id: str,
    session: BrowserSession,
    edits: Mapping[int, SectionEdit],
    *,
    contact: str = "",
    catalogue: Catalogue,
    settings: Settings,
    limits: Limits,
    clock: Clock,
    keys: KeyStore,
) -> Outcome | Answered | NotForYou | ProofNeeded | None:
    """
    Say yes to the form as it came in.

    One transaction claims the request, then makes Grant, receipt and code; of two clicks, or two processes, one does.

    Args:
        contact: where somebody who did not sign in wants the receipt.

    Returns:
        Where to go; None when something is missing, which the form then tells. Of somebody who did not sign in the
        mail address is proven first.

    Raises:
        SignInNeeded, RequestOver: as `open_form`; nothing was shared.
        TooManyRequests: this mail address got enough codes.

    Spec: CDS-WG3-01 9.1.1, 9.2.1.6; CDS-WG1-02 8.1.
    """
    # Grants, receipts and the durations counted from them show whole seconds.
    now = clock.now().replace(microsecond=0)
    with reading() as database:
        opened = open_request(database, request_id, session, catalogue=catalogue, settings=settings, keys=keys, now=now)
        if not isinstance(opened, Opened):
            return turned_away(opened, session, settings=settings, keys=keys, now=now)
        draft = replace(_after(opened, edits, "update"), checked=True, contact=contact)
        form = draw(database, opened, draft, catalogue=catalogue, now=now)
    if form.faults or opened.customer is None:
        keep(opened.row, draft, now)
    if form.faults:
        return None
    if opened.customer is None:
        return send_code(
            opened, contact, session, catalogue=catalogue, settings=settings, limits=limits, clock=clock, keys=keys
        )
    with transaction() as database:
        if authorizations.claim_request(
            database, request_id, session_hash=session.session_hash, now=now, expires=now + REMEMBERED
        ):
            return agree(database, opened, form, catalogue=catalogue, settings=settings, keys=keys, now=now)
    return lost(request_id, session, settings=settings, keys=keys, now=now)


def decline(
    request_id: str,
    session: BrowserSession,
    *,
    unmatched: bool = False,
    settings: Settings,
    clock: Clock,
    keys: KeyStore,
) -> Outcome | Answered:
    """
    Say no; nobody has to be signed in for that.

    Args:
        unmatched: said on the page that tells that nothing fits (CDS-WG3-01 9.3.1).

    Raises:
        RequestOver: no such request in this browser, or too late.
    """
    now = clock.now()
    with reading() as database:
        row = authorizations.find_request(database, request_id, session_hash=session.session_hash)
    if row is None:
        raise RequestOver("This request is not open here.")
    request = AuthorizationRequest.from_stored(row.parameters)
    error, told = ("access_denied", "the customer declined")
    if unmatched:
        error, told = ("invalid_authorization_details", "the customer has none of what was asked for")
    return end_request(Refused(row, request, error, told), session, settings=settings, keys=keys, now=now)


def _after(opened: Opened, edits: Mapping[int, SectionEdit], action: str) -> Draft:
    """The draft after a form came in and one of its buttons was pressed."""
    if action == "reset":
        return first_draft(opened.customer_id, opened.asked)
    draft = usable_draft(opened.row.draft, opened.customer_id, opened.asked)
    sections = [
        drafts.edited(section, edits[n]) if n in edits else section for n, section in enumerate(draft.sections, start=1)
    ]
    holdings = opened.holdings_for(replace(draft, sections=tuple(sections)))
    verb, *numbers = action.split("-")
    if numbers and all(number.isdecimal() for number in numbers) and 1 <= int(numbers[0]) <= len(sections):
        at = int(numbers[0]) - 1
        items = holdings.items[opened.asked[at].kind]
        if verb in ("all", "none"):
            sections[at] = drafts.every_match(sections[at], items, ticked=verb == "all")
        elif verb == "page" and len(numbers) == 2:
            sections[at] = replace(sections[at], page=int(numbers[1]))
    return enforced(replace(draft, sections=tuple(sections), checked=False), opened.asked, holdings)


def keep(row: AuthorizationRequestRow, draft: Draft, now: datetime) -> None:
    """Store what the form says so far; it is remembered for `REMEMBERED` from now."""
    with transaction() as database:
        authorizations.keep_draft(database, row.request_id, draft.to_stored(), now=now, expires=now + REMEMBERED)
