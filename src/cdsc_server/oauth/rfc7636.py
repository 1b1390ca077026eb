"""Proof key for code exchange: S256 for every Client Object, nothing else (RFC 7636, CDS-WG1-02 3.4)."""

from __future__ import annotations

import hmac
import re
from typing import Any, Final

from authlib.oauth2.rfc7636 import CodeChallenge, create_s256_code_challenge

from cdsc_server.errors import InvalidGrant, InvalidRequest

METHOD: Final = "S256"

#: SHA-256 in base64url without padding has 43 characters.
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def checked_challenge(challenge: str | None, method: str | None) -> str:
    """
    The code_challenge of an authorization request.

    Raises:
        InvalidRequest: missing, plain (which is what a missing method means), or malformed.
    """
    if challenge is None:
        raise InvalidRequest("code_challenge: PKCE is required", field="code_challenge")
    if method != METHOD:
        raise InvalidRequest(f"code_challenge_method: it must be {METHOD}", field="code_challenge_method")
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequest("code_challenge: it is not a SHA-256 in base64url", field="code_challenge")
    return challenge


class RequiredS256(CodeChallenge):
    """Authlib's extension of the code grant, hardened: its own would take plain, and ask public Clients only."""

    SUPPORTED_CODE_CHALLENGE_METHOD = [METHOD]  # noqa: RUF012  (Authlib's name and form)

    def validate_code_verifier(self, grant: Any, result: Any) -> None:  # noqa: ARG002
        """
        Refuse a token request whose verifier is not the one of the authorization request.

        Raises:
            InvalidGrant: missing, malformed or wrong; the three are not told apart.
        """
        verifier = grant.request.form.get("code_verifier", "")
        challenge = grant.request.authorization_code.code_challenge
        fits = _VERIFIER.fullmatch(verifier) and hmac.compare_digest(create_s256_code_challenge(verifier), challenge)
        if not fits:
            raise InvalidGrant("code_verifier: it is missing or wrong", field="code_verifier")
