"""
Proving the mail address of somebody who did not sign in, by a code (CDS-WG3-01 9.2.1.6).

Nothing that is told depends on whether anybody with this address is a Customer.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.letters import contact_letter
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.ports import Clock, Limits
from cdsc_server.services import mails
from cdsc_server.services.mails import Mailing
from cdsc_server.services.rate_limits import count_hourly
from cdsc_server.storage import contact_codes
from cdsc_server.storage.db import transaction

LIFE: Final = timedelta(minutes=15)
#: Codes that one mail address gets in an hour, whoever asks for them.
_CODES_PER_HOUR: Final = 6


def send_code(request_id: str, address: str, *, app: str, limits: Limits, clock: Clock, mailing: Mailing) -> bool:
    """
    Mail a fresh code for a request; the one before stops working.

    Args:
        app: as the Client calls itself.

    Returns:
        False when as many were mailed for this request as may be.

    Raises:
        TooManyRequests: this address got enough codes in this hour.
    """
    count_hourly("contact_code", address.lower(), limit=_CODES_PER_HOUR, limits=limits, clock=clock)
    now, code = clock.now(), f"{secrets.randbelow(10**8):08}"
    with transaction() as session:
        hashed = _hash(request_id, code)
        if not contact_codes.put_code(session, request_id, address=address, code_hash=hashed, expires=now + LIFE):
            return False
        letter = contact_letter(
            code=code,
            app=app,
            minutes=int(LIFE.total_seconds() // 60),
            link=f"{mailing.settings.base_url}/consent/{request_id}/code",
        )
        mails.post(session, letter, to=address, mailing=mailing, now=now)
    return True


def proven(session: Session, request_id: str, code: str, *, now: datetime) -> str | None:
    """The address that this code proves, which is used up with that; None when it does not."""
    return contact_codes.claim_code(session, request_id, _hash(request_id, code), now=now)


def count_failure(request_id: str) -> int:
    """Count a wrong code, in a transaction of its own so that it stays counted; gives how many tries are left."""
    with transaction() as session:
        return contact_codes.count_failure(session, request_id)


def _hash(request_id: str, code: str) -> str:
    return secret_hash(f"{request_id}:{''.join(code.split())}")
