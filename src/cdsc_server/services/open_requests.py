"""
Requests that wait in a browser: who may decide them, and where they lead once they are decided (CDS-WG3-01 9.1).

A request belongs to the browser that opened it, and is decided once: whoever comes second gets the first answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.authorization_requests import AuthorizationRequest
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.choosing import Holdings
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.drafts import Draft
from cdsc_server.domain.stated import stated_holdings
from cdsc_server.errors import NotFound, Problem
from cdsc_server.ports import KeyStore
from cdsc_server.services import grant_approvals, last_bill
from cdsc_server.services.consent_form import Asked, asked_of
from cdsc_server.services.reviewed import purposes_for
from cdsc_server.services.sessions import REMEMBERED, BrowserSession
from cdsc_server.settings import Settings
from cdsc_server.storage import authorizations, clients, customers
from cdsc_server.storage.authorizations import AuthorizationRequestRow
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.holdings import read_holdings

#: What the address a browser was sent to is sealed for.
SEALED_FOR: Final = "outcome"

#: Error and words of a cds_grant_id that does not hold before sign-in, and after it (CDS-WG1-02 8.3).
WAITS_NO_MORE: Final = ("cds_grant_id_invalid_value", "cds_grant_id: that Grant does not wait for a customer any more")
_WAITS_FOR_ANOTHER: Final = ("cds_grant_id_invalid_user", "cds_grant_id: that Grant does not wait for this customer")


class SignInNeeded(Problem):
    """Nobody is signed in, or the request wants the person to sign in again."""

    status = 401
    code = "login_required"


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
class Refused:
    """A request whose cds_grant_id does not hold, before or after sign-in (CDS-WG1-02 8.3)."""

    row: AuthorizationRequestRow
    request: AuthorizationRequest
    error: str
    told: str


@dataclass(frozen=True)
class Opened:
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


def open_request(
    database: Session,
    request_id: str,
    session: BrowserSession,
    *,
    catalogue: Catalogue,
    settings: Settings,
    keys: KeyStore,
    now: datetime,
) -> Opened | Refused | Answered | NotForYou:
    """
    A request of this browser with everything that it takes to draw or decide its form.

    Raises:
        SignInNeeded: first the person has to sign in.
        RequestOver: no such request in this browser, or too late.
    """
    row = authorizations.find_request(database, request_id, session_hash=session.session_hash)
    if row is None:
        raise RequestOver("This request is not open here.")
    request = AuthorizationRequest.from_stored(row.parameters)
    judged = row.decided is None and row.expires > now and request.cds_grant_id is not None
    if judged and not grant_approvals.awaits(database, request, row, now=now):
        return Refused(row, request, *WAITS_NO_MORE)
    again = request.prompt == "login" and (session.signed_in is None or session.signed_in < row.created)
    unsigned = session.customer_id is None and not session.was_away and _without_sign_in(request, catalogue, settings)
    if (session.customer_id is None and not unsigned) or (again and row.decided is None):
        raise SignInNeeded("sign in first")
    if row.decided is not None:
        return _answered(row, settings=settings, keys=keys, now=now)
    client = clients.find_client(database, row.client_id)
    if row.expires <= now or client is None or client.status == ClientStatus.DISABLED:
        raise RequestOver("This request is not open any more.")
    purposes = purposes_for(client, catalogue)
    if session.customer_id is None:
        return Opened(row, request, client, None, Holdings({}), asked_of(catalogue, request, None, purposes))
    customer = customers.find_customer(database, session.customer_id)
    if customer is None:
        raise RequestOver("This request is not open any more.")
    # CDS-WG1-02 5.1: a Client in the sandbox meets made-up Customers only, and others never meet those.
    client_is_test = client.status == ClientStatus.SANDBOX
    if judged and not (
        client_is_test == customer.is_test
        and grant_approvals.awaits_customer(database, request, row, customer.customer_id, now=now)
    ):
        return Refused(row, request, *_WAITS_FOR_ANOTHER)
    if client_is_test != customer.is_test:
        return NotForYou(client.client_name, client_is_test)
    holdings = read_holdings(database, customer.customer_id, now=now)
    asked = asked_of(catalogue, request, holdings, purposes)
    asked = grant_approvals.with_earlier_ticks(database, request, asked, holdings)
    asked = last_bill.beginning_with_it(
        database, asked, customer_id=customer.customer_id, zone=catalogue.utility.timezone, now=now
    )
    return Opened(row, request, client, customer, holdings, asked)


def _without_sign_in(request: AuthorizationRequest, catalogue: Catalogue, settings: Settings) -> bool:
    """Whether every scope of the request may be agreed to without signing in, and codes can be mailed (9.1.1)."""
    scopes = [catalogue.scope(entry.scope_id) for entry in request.entries]
    open_to_all = all(scope is not None and scope.without_sign_in for scope in scopes)
    return open_to_all and request.cds_grant_id is None and bool(settings.mail_url)


def turned_away(
    opened: Refused | Answered | NotForYou,
    session: BrowserSession,
    *,
    settings: Settings,
    keys: KeyStore,
    now: datetime,
) -> Outcome | Answered | NotForYou:
    """Where a request leads that cannot be decided any more; a refused one is over with that."""
    if isinstance(opened, Refused):
        return end_request(opened, session, settings=settings, keys=keys, now=now)
    return opened


def end_request(
    refused: Refused, session: BrowserSession, *, settings: Settings, keys: KeyStore, now: datetime
) -> Outcome | Answered:
    """Decide a request by a refusal, which its Client is told; who comes too late gets the first answer."""
    request_id = refused.row.request_id
    with transaction() as database:
        if authorizations.claim_request(
            database, request_id, session_hash=session.session_hash, now=now, expires=now + REMEMBERED
        ):
            return refuse(database, refused, settings=settings, keys=keys)
    return lost(request_id, session, settings=settings, keys=keys, now=now)


def refuse(database: Session, refused: Refused, *, settings: Settings, keys: KeyStore) -> Outcome:
    """Keep a refusal as the answer of a request that this transaction has claimed."""
    location = refused.request.error_location(refused.error, refused.told, settings.base_url)
    sealed = keys.seal(location, context=SEALED_FOR + refused.row.request_id)
    authorizations.settle_request(database, refused.row.request_id, grant_id=None, outcome_sealed=sealed)
    return Outcome(location)


def lost(request_id: str, session: BrowserSession, *, settings: Settings, keys: KeyStore, now: datetime) -> Answered:
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
    location = keys.open(sealed, context=SEALED_FOR + row.request_id) if sealed is not None and fresh else None
    return Answered(location, agreed=row.grant_id is not None)
