"""The yes of somebody who did not sign in: it counts once the mail address is proven (CDS-WG3-01 9.2.1.6)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.errors import InvalidRequest
from cdsc_server.ports import Clock, KeyStore, Limits
from cdsc_server.services import contact_codes as proofs
from cdsc_server.services.agreeing import agree, draw
from cdsc_server.services.consent_form import usable_draft
from cdsc_server.services.mails import Mailing
from cdsc_server.services.open_requests import (
    Answered,
    NotForYou,
    Opened,
    Outcome,
    Refused,
    end_request,
    lost,
    open_request,
    turned_away,
)
from cdsc_server.services.sessions import REMEMBERED, BrowserSession
from cdsc_server.settings import Settings
from cdsc_server.storage import authorizations, contact_codes
from cdsc_server.storage.db import reading, transaction


class WrongCode(InvalidRequest):
    """
    The code does not prove the mail address.

    Args:
        left: how many tries are left.
    """

    def __init__(self, left: int) -> None:
        super().__init__("the code does not match", field="code")
        self.left = left


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
        opened = open_request(database, request_id, session, catalogue=catalogue, settings=settings, keys=keys, now=now)
        code = contact_codes.find_code(database, request_id)
    if not isinstance(opened, Opened):
        return turned_away(opened, session, settings=settings, keys=keys, now=now)
    return None if code is None or opened.customer is not None else _proof_needed(opened, code.address)


def send_again(
    request_id: str,
    session: BrowserSession,
    *,
    catalogue: Catalogue,
    settings: Settings,
    limits: Limits,
    clock: Clock,
    keys: KeyStore,
) -> ProofNeeded | Outcome | Answered | NotForYou | None:
    """
    Mail another code to the same address; as many as that may be, and then it counts as a no.

    Raises:
        SignInNeeded, RequestOver: as `open_form`.
        TooManyRequests: this mail address got enough codes.
    """
    now = clock.now()
    with reading() as database:
        opened = open_request(database, request_id, session, catalogue=catalogue, settings=settings, keys=keys, now=now)
        code = contact_codes.find_code(database, request_id)
    if not isinstance(opened, Opened):
        return turned_away(opened, session, settings=settings, keys=keys, now=now)
    if code is None or opened.customer is not None:
        return None
    return send_code(
        opened, code.address, session, catalogue=catalogue, settings=settings, limits=limits, clock=clock, keys=keys
    )


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
        opened = open_request(database, request_id, session, catalogue=catalogue, settings=settings, keys=keys, now=now)
        if not isinstance(opened, Opened):
            return turned_away(opened, session, settings=settings, keys=keys, now=now)
        draft = usable_draft(opened.row.draft, opened.customer_id, opened.asked)
        form = draw(database, opened, replace(draft, checked=True), catalogue=catalogue, now=now)
    if form.faults or opened.customer is not None:
        return None
    with transaction() as database:
        address = proofs.proven(database, request_id, code, now=now)
        if address is not None and authorizations.claim_request(
            database, request_id, session_hash=session.session_hash, now=now, expires=now + REMEMBERED
        ):
            return agree(
                database, opened, form, contact=address, catalogue=catalogue, settings=settings, keys=keys, now=now
            )
    if address is not None:
        return lost(request_id, session, settings=settings, keys=keys, now=now)
    left = proofs.count_failure(request_id)
    if not left:
        return end_request(
            Refused(opened.row, opened.request, "access_denied", "the code was wrong too often"),
            session,
            settings=settings,
            keys=keys,
            now=now,
        )
    raise WrongCode(left)


def send_code(
    opened: Opened,
    address: str,
    session: BrowserSession,
    *,
    catalogue: Catalogue,
    settings: Settings,
    limits: Limits,
    clock: Clock,
    keys: KeyStore,
) -> ProofNeeded | Outcome | Answered:
    """Mail a code to the address a person gave; as many as that may be, and then it counts as a no."""
    mailing = Mailing(catalogue.utility, settings, keys)
    name = opened.client.client_name
    if proofs.send_code(opened.row.request_id, address, app=name, limits=limits, clock=clock, mailing=mailing):
        return _proof_needed(opened, address)
    return end_request(
        Refused(opened.row, opened.request, "access_denied", "too many codes were mailed"),
        session,
        settings=settings,
        keys=keys,
        now=clock.now(),
    )


def _proof_needed(opened: Opened, address: str) -> ProofNeeded:
    scheme = opened.request.redirect_uri.partition(":")[0]
    return ProofNeeded(opened.row.request_id, opened.client.client_name, address, scheme)
