"""
Signed messages between this server and a payment provider: HMAC-SHA256 over the instant and the body.

The instant is part of what is signed, so that an old message cannot be sent again as a new one.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

TIMESTAMP_HEADER: Final = "CDSC-Timestamp"
SIGNATURE_HEADER: Final = "CDSC-Signature"

#: How far the clocks of both sides may be apart, with the way between them.
TOLERANCE: Final = timedelta(minutes=5)


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """What proves that who knows the secret said this, then; hexadecimal."""
    return hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def signed_headers(secret: bytes, body: bytes, *, now: datetime) -> dict[str, str]:
    """The headers to send with a body."""
    timestamp = str(int(now.timestamp()))
    return {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: signature(secret, timestamp, body)}


def is_genuine(secret: bytes, body: bytes, *, timestamp: str, signed: str, now: datetime) -> bool:
    """Whether the body was signed with the secret, not longer ago than TOLERANCE."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 11):
        return False
    if not is_same(signed, signature(secret, timestamp, body)):
        return False
    return abs(now - datetime.fromtimestamp(int(timestamp), UTC)) <= TOLERANCE


def is_same(given: str, right: str) -> bool:
    """Whether two signatures are equal; takes as long for a wrong one as for a right one."""
    return hmac.compare_digest(given.encode(), right.encode())
