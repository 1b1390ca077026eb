"""Authorization requests that passed their checks, kept until the Customer decides (RFC 9126; CDS-WG1-02 8.3)."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from cdsc_server.domain.authorization_requests import AuthorizationRequest
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.errors import UntrustedRequest
from cdsc_server.languages import best
from cdsc_server.ports import Clock
from cdsc_server.settings import Settings
from cdsc_server.storage import authorizations, clients, customers
from cdsc_server.storage.db import transaction


def find_client(client_id: str) -> Any:
    """The columns of this Client Object; None when there is none."""
    return clients.look_up_client(client_id)


def begin(asked: AuthorizationRequest, *, client_id: str, session_hash: str, settings: Settings, clock: Clock) -> str:
    """Keep a request of this browser, whose pages are in the language it asks for; gives its request_id."""
    _speak(asked, session_hash)
    return _store(asked, client_id=client_id, session_hash=session_hash, seconds=settings.form_seconds, clock=clock)


def push(asked: AuthorizationRequest, request_uri: str, *, client_id: str, clock: Clock, seconds: int) -> None:
    """Keep a pushed request for `seconds`, for the first browser that brings its request_uri."""
    _store(asked, client_id=client_id, request_uri=request_uri, seconds=seconds, clock=clock)


def open_pushed(request_uri: str, *, client_id: str, session_hash: str, settings: Settings, clock: Clock) -> str:
    """
    Bind a pushed request to the browser that brings it; opening it again there is no fault.

    Returns:
        Its request_id.

    Raises:
        UntrustedRequest: unknown, another Client's, expired, decided, or open in another browser.
    """
    now = clock.now()
    with transaction() as session:
        opened = authorizations.open_pushed_request(
            session,
            secret_hash(request_uri),
            client_id=client_id,
            session_hash=session_hash,
            now=now,
            expires=now + timedelta(seconds=settings.form_seconds),
        )
    if opened is None:
        raise UntrustedRequest(
            "request_uri: it is unknown, has expired or was used already", field="request_uri", detail=client_id
        )
    request_id, parameters = opened
    _speak(AuthorizationRequest.from_stored(parameters), session_hash)
    return request_id


def _speak(asked: AuthorizationRequest, session_hash: str) -> None:
    language = best((asked.ui_locales or "").split())
    if language is not None:
        with transaction() as session:
            customers.set_language(session, session_hash, language, customer_id=None)


def _store(
    asked: AuthorizationRequest,
    *,
    client_id: str,
    seconds: int,
    clock: Clock,
    session_hash: str | None = None,
    request_uri: str | None = None,
) -> str:
    now, request_id = clock.now(), secrets.token_urlsafe(16)
    authorizations.add_request(
        {
            "request_id": request_id,
            "client_id": client_id,
            "request_uri_hash": None if request_uri is None else secret_hash(request_uri),
            "parameters": asked.to_stored(),
            "session_hash": session_hash,
            "created": now,
            "expires": now + timedelta(seconds=seconds),
        }
    )
    return request_id
