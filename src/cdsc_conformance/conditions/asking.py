"""Authorization requests as the conditions send them: plain and pushed."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Unmet
from cdsc_conformance.registration import Registered
from cdsc_conformance.session import Session


def verifier() -> str:
    """A PKCE code_verifier (RFC 7636 4.1)."""
    return secrets.token_urlsafe(48)


def challenge(code_verifier: str) -> str:
    """Its S256 challenge."""
    return urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()


def parameters(session: Session, client: Mapping[str, Any], **changes: Any) -> dict[str, str]:
    """
    A sound authorization request of a Client Object for one of its scopes.

    Args:
        changes: other values; None leaves the parameter out.
    """
    sound: dict[str, Any] = {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": (client.get("redirect_uris") or [None])[0],
        "state": "kit-state",
        "code_challenge": challenge(verifier()),
        "code_challenge_method": "S256",
        **asked_for(session, client),
    }
    merged = {**sound, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def asked_for(session: Session, client: Mapping[str, Any]) -> dict[str, str]:
    """The scope to ask for, as a word when that is enough, else as authorization_details with every required field."""
    scope = free_scope(session, client)
    if scope is not None:
        return {"scope": str(scope["id"])}
    raise Unmet("every scope of the Client Object has required fields")


def free_scope(session: Session, client: Mapping[str, Any]) -> dict[str, Any] | None:
    """A scope of the Client Object that needs no authorization_details; those with a period to limit come first."""
    held = [
        scope
        for _, scope in session.consent_scopes()
        if scope.get("id") in str(client.get("scope")).split()
        and not any(each.get("is_required") for each in fields(scope))
    ]
    held.sort(key=lambda scope: not any("relative" in str(each.get("format")) for each in fields(scope)))
    return held[0] if held else None


def fields(scope: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The authorization details fields of a scope."""
    value = scope.get("authorization_details_fields_supported")
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def details(*entries: Mapping[str, Any]) -> str:
    """authorization_details as a parameter."""
    return json.dumps(entries)


def push(
    session: Session, registered: Registered, client: Mapping[str, Any], authorization: str = "", **changes: Any
) -> Exchange:
    """
    The answer to a pushed authorization request (RFC 9126).

    Args:
        authorization: the Authorization header to use again; by default a live Credential is looked up.
    """
    url = session.endpoint("pushed_authorization_request_endpoint")
    form = parameters(session, client, **changes)
    if authorization:
        return session.http.send("POST", url, form=form, headers={"Authorization": authorization})
    return session.http.send("POST", url, form=form, basic=registered.credential_of(str(client["client_id"])))


def authorize(session: Session, asked: Mapping[str, str]) -> Exchange:
    """The first answer of the authorization endpoint to a browser that nobody knows yet."""
    browser = session.http.fresh()
    try:
        return browser.send("GET", session.endpoint("authorization_endpoint"), params=asked)
    finally:
        browser.close()
