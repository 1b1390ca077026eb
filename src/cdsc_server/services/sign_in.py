"""Signing in with name and password; services/guessing slows down who guesses."""

from __future__ import annotations

import secrets

from cdsc_server.ports import Clock, Limits
from cdsc_server.services import sessions
from cdsc_server.services.guessing import WrongPassword, count_attempt
from cdsc_server.services.passwords import password_fits
from cdsc_server.services.sessions import BrowserSession
from cdsc_server.settings import Settings
from cdsc_server.storage import authorizations, customers
from cdsc_server.storage.db import reading, transaction

__all__ = ["WrongPassword", "sign_in"]


def sign_in(
    current: BrowserSession,
    username: str,
    password: str,
    *,
    address: str,
    settings: Settings,
    limits: Limits,
    clock: Clock,
) -> tuple[str, BrowserSession]:
    """
    Sign a person in.

    The session gets a new secret, so that a secret somebody planted in this browser opens nothing; requests that wait
    for a decision in this browser move along.

    Args:
        username: upper and lower case, and blanks around it, make no difference.
        address: the network address the request came from.

    Returns:
        The secret for the cookie, and the session that replaces the current one.

    Raises:
        WrongPassword: they do not fit.
        TooManyRequests: too many failures for this name or from this address.
    """
    name = username.strip().lower()
    attempt = count_attempt("name", name, address=address, settings=settings, limits=limits, clock=clock)
    with reading() as session:
        login = customers.find_login(session, name)
        customer = None if login is None else customers.find_customer(session, login.customer_id)
    if not password_fits(None if login is None else login.password_hash, password) or login is None:
        raise WrongPassword("name and password do not fit")
    now, secret = clock.now(), secrets.token_urlsafe(32)
    language = current.language or (customer.language if customer is not None else None)
    row = sessions.new_row(secret, customer_id=login.customer_id, now=now, settings=settings, language=language)
    with transaction() as session:
        customers.remove_session(session, current.session_hash)
        customers.add_session(session, row)
        authorizations.move_requests(session, current.session_hash, row.session_hash)
    attempt.forgive(limits)
    return secret, BrowserSession(row.session_hash, row.customer_id, row.form_secret, row.signed_in, language=language)
