"""Authorization codes: issued at approval, redeemed once (RFC 6749 4.1.2)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from cdsc_server.domain.secrets import secret_hash
from cdsc_server.settings import Settings
from cdsc_server.storage.authorizations import CodeRow


def issue_code(
    session: Session,
    *,
    client_id: str,
    grant_id: str,
    redirect_uri: str,
    redirect_uri_sent: bool,
    code_challenge: str,
    now: datetime,
    settings: Settings,
) -> str:
    """
    A new code for a Grant that was approved in the same transaction; only its hash is stored.

    Args:
        redirect_uri_sent: whether the authorization request named the redirect_uri; the token request must then too.
        code_challenge: of method S256.
    """
    code = secrets.token_urlsafe(32)
    session.add(
        CodeRow(
            code_hash=secret_hash(code),
            client_id=client_id,
            grant_id=grant_id,
            redirect_uri=redirect_uri,
            redirect_uri_sent=redirect_uri_sent,
            code_challenge=code_challenge,
            created=now,
            expires=now + timedelta(seconds=settings.code_seconds),
        )
    )
    return code
