"""
Clients that fail to authenticate have to wait, longer with each failure (CDS-WG1-02 11.3).

Whoever succeeds pays nothing for it: no question to anything shared, only a look at what this process remembers.
"""

from __future__ import annotations

from urllib.parse import unquote_plus

from flask import Blueprint, Response, current_app, request

from cdsc_server.errors import InvalidClient, TooManyRequests
from cdsc_server.services.guessing import ClientGuesses
from cdsc_server.web import problems

EXTENSION = "cdsc_client_guesses"


def watch(blueprint: Blueprint) -> None:
    """Let the endpoints of a blueprint, all of which authenticate Clients, count failures."""
    blueprint.before_request(_refuse_held)
    blueprint.after_request(_forget)
    blueprint.register_error_handler(InvalidClient, _count)


def _guesses() -> ClientGuesses:
    guesses: ClientGuesses = current_app.extensions[EXTENSION]
    return guesses


def _claimed() -> str:
    """The client_id of the Basic header, proven or not; empty when there is none."""
    return unquote_plus((request.authorization and request.authorization.username) or "")


def _refuse_held() -> None:
    guesses = _guesses()
    if not guesses.none_seen and (client_id := _claimed()):
        guesses.refuse_held(client_id, request.remote_addr or "")


def _forget(response: Response) -> Response:
    guesses = _guesses()
    if response.status_code < 300 and not guesses.none_seen and (client_id := _claimed()):
        guesses.succeeded(client_id, request.remote_addr or "")
    return response


def _count(refusal: InvalidClient) -> Response:
    client_id = _claimed()
    try:
        # Without a client_id there is nothing to guess at.
        if client_id:
            _guesses().failed(client_id, request.remote_addr or "")
    except TooManyRequests as too_many:
        return problems.answer(too_many)
    return problems.answer(refusal)
