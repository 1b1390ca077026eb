"""
The Customer decides: look at the form, change it, say yes or no (CDS-WG3-01 9.1, 9.2).

A request belongs to the browser that opened it, and is decided once: whoever comes second gets the first answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain import drafts
from cdsc_server.domain.authorization_requests import AuthorizationRequest
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.choosing import Holdings
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.drafts import Draft, SectionEdit
from cdsc_server.domain.purposes import purposes_of
from cdsc_server.domain.stated import stated_holdings
from cdsc_server.errors import InvalidRequest, NotFound, Problem
from cdsc_server.ports import Clock, KeyStore
from cdsc_server.services import contact_codes as proofs
from cdsc_server.services import grant_approvals, identifying, last_bill, receipts, sharing_mails
from cdsc_server.services.agreements import agreed_to, new_grant, stated_by
from cdsc_server.services.codes import issue_code
from cdsc_server.services.consent_form import Asked, Form, asked_of, build_form, enforced, first_draft, usable_draft
from cdsc_server.services.examples import Examples, find_examples
from cdsc_server.services.mails import Mailing
from cdsc_server.services.receipts import looked_at
from cdsc_server.services.sessions import REMEMBERED, BrowserSession
from cdsc_server.settings import Settings
from cdsc_server.storage import authorizations, clients, contact_codes, customers
from cdsc_server.storage.authorizations import AuthorizationRequestRow
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.holdings import read_holdings

_SEALED_FOR: Final = "outcome"

#: Error and words of a cds_grant_id that does not hold before sign-in, and after it (CDS-WG1-02 8.3).
_WAITS_NO_MORE: Final = ("cds_grant_id_invalid_value", "cds_grant_id: that Grant does not wait for a customer any more")
_WAITS_FOR_ANOTHER: Final = ("cds_grant_id_invalid_user", "cds_grant_id: that Grant does not wait for this customer")


class SignInNeeded(Problem):
    """Nobody is signed in, or the request wants the person to sign in again."""

    status = 401
    code = "login_required"


class WrongCode(InvalidRequest):
    """
    The code does not prove the mail address.

    Args:
        left: how many tries are left.
    """

    def __init__(self, left: int) -> None:
        super().__init__("the code does not match", field="code")
        self.left = left


class RequestOver(NotFound):
    """This browser has no such request that is still open."""


@dataclass(frozen=True)
class Answered:
    """
    The request was decided before.

    Args:
        location: where the browser was sent, while that is still of use; a code is not sent a second time later on.
        agreed: whether the answer was yes.
    """

    location: str | None
    agreed: bool


@dataclass(frozen=True)
class NotForYou:
    """The Client and the Customer are not of one kind: one of the two is there for tests only."""

    client_name: str
    client_is_test: bool


@dataclass(frozen=True)
class Outcome:
    """Where the browser goes now."""

    location: str


@dataclass(frozen=True)
class ProofNeeded:
    """
    Nobody is signed in: a code was mailed, and the approval waits for it (9.2.1.6).

    Args:
        address: where it was sent.
    """

    request_id: str
    client_name: str
    address: str
    scheme: str


@dataclass(frozen=True)
class _Refused:
    """A request whose cds_grant_id does not hold, before or after sign-in (CDS-WG1-02 8.3)."""

    row: AuthorizationRequestRow
    request: AuthorizationRequest
    error: str
    told: str


@dataclass(frozen=True)
class _Opened:
    """Everything read before a form can be shown or decided."""

    row: AuthorizationRequestRow
    request: AuthorizationRequest
    client: ClientRow
    #: None where somebody decides without signing in.
    customer: CustomerRow | None
    holdings: Holdings
    asked: tuple[Asked, ...]

    @property
    def customer_id(self) -> str:
        """Whose draft it is; empty for somebody who did not sign in."""
        return "" if self.customer is None else self.customer.customer_id

    def holdings_for(self, draft: Draft) -> Holdings:
        """What can be ticked: all the Customer has, or every number that somebody unknown was asked for or wrote."""
        if self.customer is not None:
            return self.holdings
        pairs = list(zip(self.asked, draft.sections, strict=True))
        return stated_holdings(
            [(each.kind, each.ticked.ids) for each, _ in pairs] + [(each.kind, kept.added) for each, kept in pairs]
        )


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
        opened = _open(database, request_id, session, catalogue=catalogue, settings=settings, keys=keys, now=now)
        if not isinstance(opened, _Opened):
            return _turned_away(opened, session, settings=settings, keys=keys, now=now)
        draft = usable_draft(opened.row.draft, opened.customer_id, opened.asked)
        kept = enforced(draft, opened.asked, opened.holdings_for(draft))
        form = _form(database, opened, kept, catalogue=catalogue, now=now)
    if opened.row.expires - now < timedelta(seconds=settings.form_seconds):
        _keep(opened.row, draft, now)
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
        opened = _open(database, request_id, session, catalogue=catalogue, settings=settings, keys=keys, now=now)
    if isinstance(opened, _Opened):
        draft = _after(opened, edits, action)
        _keep(opened.row, replace(draft, contact=contact), now)


def approve(
    request_id: str,
    session: BrowserSession,
    edits: Mapping[int, SectionEdit],
    *,
    contact: str = "",
    catalogue: Catalogue,
    settings: Settings,
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
        opened = _open(database, request_id, session, catalogue=catalogue, settings=settings, keys=keys, now=now)
        if not isinstance(opened, _Opened):
            return _turned_away(opened, session, settings=settings, keys=keys, now=now)
        draft = replace(_after(opened, edits, "update"), checked=True, contact=contact)
        form = _form(database, opened, draft, catalogue=catalogue, now=now)
    if form.faults or opened.customer is None:
        _keep(opened.row, draft, now)
    if form.faults:
        return None
    if opened.customer is None:
        return _send_code(opened, contact, session, catalogue=catalogue, settings=settings, clock=clock, keys=keys)
    with transaction() as database:
        if authorizations.claim_request(
            database, request_id, session_hash=session.session_hash, now=now, expires=now + REMEMBERED
        ):
            return _grant(database, opened, form, catalogue=catalogue, settings=settings, keys=keys, now=now)
    return _lost(request_id, session, settings=settings, keys=keys, now=now)


def proof_needed(
    request_id: str, session: BrowserSession, *, catalogue: Catalogue, settings: Settings, clock: Clock, keys: KeyStore
) -> ProofNeeded | Outcome | Answered | NotForYou | None:
    """
    What the page for the code shows; None when no code was mailed, so that the form comes first.

    Raises:
        SignInNeeded, RequestOver: as `open_form`.
    """
    now = clock.now()
    with reading() as database:
        opened = _open(database, request_id, session, catalogue=catalogue, settings=settings, keys=keys, now=now)
        code = contact_codes.find_code(database, request_id)
    if not isinstance(opened, _Opened):
        return _turned_away(opened, session, settings=settings, keys=keys, now=now)
    return None if code is None or opened.customer is not None else _proof_needed(opened, code.address)


def send_again(
    request_id: str, session: BrowserSession, *, catalogue: Catalogue, settings: Settings, clock: Clock, keys: KeyStore
) -> ProofNeeded | Outcome | Answered | NotForYou | None:
    """
    Mail another code to the same address; as many as that may be, and then it counts as a no.

    Raises:
        SignInNeeded, RequestOver: as `open_form`.
        TooManyRequests: this mail address got enough codes.
    """
    now = clock.now()
    with reading() as database:
        opened = _open(database, request_id, session, catalogue=catalogue, settings=settings, keys=keys, now=now)
        code = contact_codes.find_code(database, request_id)
    if not isinstance(opened, _Opened):
        return _turned_away(opened, session, settings=settings, keys=keys, now=now)
    if code is None or opened.customer is not None:
        return None
    return _send_code(opened, code.address, session, catalogue=catalogue, settings=settings, clock=clock, keys=keys)


def prove(
    request_id: str,
    session: BrowserSession,
    code: str,
    *,
    catalogue: Catalogue,
    settings: Settings,
    clock: Clock,
    keys: KeyStore,
) -> Outcome | Answered | NotForYou | None:
    """
    Prove the mail address, which completes the approval given before: nobody is asked again (9.2.1.6).

    Code and request are used up in one transaction. Too many wrong codes count as a no.

    Returns:
        Where to go; None when the form has to be filled in first.

    Raises:
        WrongCode: it does not match, is too old, or was used.
        SignInNeeded, RequestOver: as `open_form`.
    """
    now = clock.now().replace(microsecond=0)
    with reading() as database:
        opened = _open(database, request_id, session, catalogue=catalogue, settings=settings, keys=keys, now=now)
        if not isinstance(opened, _Opened):
            return _turned_away(opened, session, settings=settings, keys=keys, now=now)
        draft = usable_draft(opened.row.draft, opened.customer_id, opened.asked)
        form = _form(database, opened, replace(draft, checked=True), catalogue=catalogue, now=now)
    if form.faults or opened.customer is not None:
        return None
    with transaction() as database:
        address = proofs.proven(database, request_id, code, now=now)
        if address is not None and authorizations.claim_request(
            database, request_id, session_hash=session.session_hash, now=now, expires=now + REMEMBERED
        ):
            return _grant(
                database, opened, form, contact=address, catalogue=catalogue, settings=settings, keys=keys, now=now
            )
    if address is not None:
        return _lost(request_id, session, settings=settings, keys=keys, now=now)
    left = proofs.count_failure(request_id)
    if not left:
        return _end(_no(opened, "the code was wrong too often"), session, settings=settings, keys=keys, now=now)
    raise WrongCode(left)


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
    return _end(_Refused(row, request, error, told), session, settings=settings, keys=keys, now=now)


def _send_code(
    opened: _Opened,
    address: str,
    session: BrowserSession,
    *,
    catalogue: Catalogue,
    settings: Settings,
    clock: Clock,
    keys: KeyStore,
) -> ProofNeeded | Outcome | Answered:
    mailing = Mailing(catalogue.utility, settings, keys)
    name = opened.client.client_name
    if proofs.send_code(opened.row.request_id, address, app=name, clock=clock, mailing=mailing):
        return _proof_needed(opened, address)
    return _end(_no(opened, "too many codes were mailed"), session, settings=settings, keys=keys, now=clock.now())


def _proof_needed(opened: _Opened, address: str) -> ProofNeeded:
    scheme = opened.request.redirect_uri.partition(":")[0]
    return ProofNeeded(opened.row.request_id, opened.client.client_name, address, scheme)


def _no(opened: _Opened, why: str) -> _Refused:
    return _Refused(opened.row, opened.request, "access_denied", why)


def _turned_away(
    opened: _Refused | Answered | NotForYou,
    session: BrowserSession,
    *,
    settings: Settings,
    keys: KeyStore,
    now: datetime,
) -> Outcome | Answered | NotForYou:
    """Where a request leads that cannot be decided any more; a refused one is over with that."""
    if isinstance(opened, _Refused):
        return _end(opened, session, settings=settings, keys=keys, now=now)
    return opened


def _end(
    refused: _Refused, session: BrowserSession, *, settings: Settings, keys: KeyStore, now: datetime
) -> Outcome | Answered:
    request_id = refused.row.request_id
    with transaction() as database:
        if authorizations.claim_request(
            database, request_id, session_hash=session.session_hash, now=now, expires=now + REMEMBERED
        ):
            return _refuse(database, refused, settings=settings, keys=keys)
    return _lost(request_id, session, settings=settings, keys=keys, now=now)


def _refuse(database: Session, refused: _Refused, *, settings: Settings, keys: KeyStore) -> Outcome:
    location = refused.request.error_location(refused.error, refused.told, settings.base_url)
    sealed = keys.seal(location, context=_SEALED_FOR + refused.row.request_id)
    authorizations.settle_request(database, refused.row.request_id, grant_id=None, outcome_sealed=sealed)
    return Outcome(location)


def _open(
    database: Session,
    request_id: str,
    session: BrowserSession,
    *,
    catalogue: Catalogue,
    settings: Settings,
    keys: KeyStore,
    now: datetime,
) -> _Opened | _Refused | Answered | NotForYou:
    row = authorizations.find_request(database, request_id, session_hash=session.session_hash)
    if row is None:
        raise RequestOver("This request is not open here.")
    request = AuthorizationRequest.from_stored(row.parameters)
    judged = row.decided is None and row.expires > now and request.cds_grant_id is not None
    if judged and not grant_approvals.awaits(database, request, row, now=now):
        return _Refused(row, request, *_WAITS_NO_MORE)
    again = request.prompt == "login" and (session.signed_in is None or session.signed_in < row.created)
    unsigned = session.customer_id is None and not session.was_away and _without_sign_in(request, catalogue, settings)
    if (session.customer_id is None and not unsigned) or (again and row.decided is None):
        raise SignInNeeded("sign in first")
    if row.decided is not None:
        return _answered(row, settings=settings, keys=keys, now=now)
    client = clients.find_client(database, row.client_id)
    if row.expires <= now or client is None or client.status == ClientStatus.DISABLED:
        raise RequestOver("This request is not open any more.")
    purposes = purposes_of(catalogue, client.scope, client.purposes)
    if session.customer_id is None:
        return _Opened(row, request, client, None, Holdings({}), asked_of(catalogue, request, None, purposes))
    customer = customers.find_customer(database, session.customer_id)
    if customer is None:
        raise RequestOver("This request is not open any more.")
    # CDS-WG1-02 5.1: a Client in the sandbox meets made-up Customers only, and others never meet those.
    client_is_test = client.status == ClientStatus.SANDBOX
    if judged and not (
        client_is_test == customer.is_test
        and grant_approvals.awaits_customer(database, request, row, customer.customer_id, now=now)
    ):
        return _Refused(row, request, *_WAITS_FOR_ANOTHER)
    if client_is_test != customer.is_test:
        return NotForYou(client.client_name, client_is_test)
    holdings = read_holdings(database, customer.customer_id, now=now)
    asked = asked_of(catalogue, request, holdings, purposes)
    asked = grant_approvals.with_earlier_ticks(database, request, asked, holdings)
    asked = last_bill.beginning_with_it(
        database, asked, customer_id=customer.customer_id, zone=catalogue.utility.timezone, now=now
    )
    return _Opened(row, request, client, customer, holdings, asked)


def _without_sign_in(request: AuthorizationRequest, catalogue: Catalogue, settings: Settings) -> bool:
    """Whether every scope of the request may be agreed to without signing in, and codes can be mailed (9.1.1)."""
    scopes = [catalogue.scope(entry.scope_id) for entry in request.entries]
    open_to_all = all(scope is not None and scope.without_sign_in for scope in scopes)
    return open_to_all and request.cds_grant_id is None and bool(settings.mail_url)


def _form(database: Session, opened: _Opened, draft: Draft, *, catalogue: Catalogue, now: datetime) -> Form:
    zone, examples = catalogue.utility.timezone, Examples()
    if opened.customer is not None:
        names = {item.id: item.title for item in opened.holdings.items["service_contract_selection"]}
        examples = find_examples(database, opened.customer_id, names, now=now, zone=zone)
    return build_form(
        opened.row.request_id,
        opened.request,
        opened.asked,
        draft,
        opened.holdings_for(draft),
        examples=examples,
        client_name=opened.client.client_name,
        client_uri=looked_at(opened.client, catalogue),
        customer_name="" if opened.customer is None else opened.customer.display_name,
        catalogue=catalogue,
        now=now,
    )


def _after(opened: _Opened, edits: Mapping[int, SectionEdit], action: str) -> Draft:
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


def _keep(row: AuthorizationRequestRow, draft: Draft, now: datetime) -> None:
    with transaction() as database:
        authorizations.keep_draft(database, row.request_id, draft.to_stored(), now=now, expires=now + REMEMBERED)


def _grant(
    database: Session,
    opened: _Opened,
    form: Form,
    *,
    contact: str | None = None,
    catalogue: Catalogue,
    settings: Settings,
    keys: KeyStore,
    now: datetime,
) -> Outcome:
    """
    Make the Grant, or update the one that waits, with its receipt and a code (CDS-WG1-02 8.3).

    Args:
        contact: the proven mail address of somebody who did not sign in.
    """
    details, selections = agreed_to(form, opened.asked, opened.holdings, catalogue=catalogue, now=now)
    state, stated = opened.request.state, None
    if contact is not None:
        grant = new_grant(opened.client, None, details, (), state=state, now=now)
        named = stated_by(form)
        is_test = opened.client.status == ClientStatus.SANDBOX
        stated = {"contact": contact, "selections": [each.to_stored() for each in named]}
        identifying.settle(database, grant, contact, named, is_test=is_test, days=catalogue.review.grant_days, now=now)
        database.add(grant)
        database.flush()
    elif opened.request.cds_grant_id is None:
        grant = new_grant(opened.client, opened.customer_id, details, selections, state=state, now=now)
        database.add(grant)
        database.flush()
    else:
        customer_id = opened.customer_id
        waiting = grant_approvals.locked(database, opened.request, opened.row, customer_id, now=now)
        if waiting is None:
            return _refuse(
                database, _Refused(opened.row, opened.request, *_WAITS_NO_MORE), settings=settings, keys=keys
            )
        grant = waiting
        grant_approvals.approved(database, grant, details, selections, customer_id=customer_id, state=state, now=now)
    receipts.add_receipt(
        database,
        grant,
        receipts.frozen(opened.client, form.kept, catalogue=catalogue),
        stated=stated,
        prefix=catalogue.utility.receipt_prefix,
        keys=keys,
        now=now,
    )
    sharing_mails.tell_of_receipt(database, grant, mailing=Mailing(catalogue.utility, settings, keys), now=now)
    code = issue_code(
        database,
        client_id=opened.client.client_id,
        grant_id=grant.grant_id,
        redirect_uri=opened.request.redirect_uri,
        redirect_uri_sent=opened.request.redirect_uri_sent,
        code_challenge=opened.request.code_challenge,
        now=now,
        settings=settings,
    )
    location = opened.request.success_location(code, settings.base_url)
    sealed = keys.seal(location, context=_SEALED_FOR + opened.row.request_id)
    authorizations.settle_request(database, opened.row.request_id, grant_id=grant.grant_id, outcome_sealed=sealed)
    return Outcome(location)


def _lost(request_id: str, session: BrowserSession, *, settings: Settings, keys: KeyStore, now: datetime) -> Answered:
    """The answer that was first, for who came second."""
    with reading() as database:
        row = authorizations.find_request(database, request_id, session_hash=session.session_hash)
    if row is None:
        raise RequestOver("This request is not open any more.")
    return _answered(row, settings=settings, keys=keys, now=now)


def _answered(row: AuthorizationRequestRow, *, settings: Settings, keys: KeyStore, now: datetime) -> Answered:
    if row.decided is None:
        raise RequestOver("This request is not open any more.")
    fresh = now < row.decided + timedelta(seconds=settings.code_seconds)
    sealed = row.outcome_sealed
    # A code that comes twice makes the Client's tokens end (RFC 6749 4.1.2), so an old one is not sent again.
    location = keys.open(sealed, context=_SEALED_FOR + row.request_id) if sealed is not None and fresh else None
    return Answered(location, agreed=row.grant_id is not None)
