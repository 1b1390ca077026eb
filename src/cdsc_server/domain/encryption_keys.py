"""Public keys that answers are encrypted to: elliptic curve P-256, for encryption only (CDS-WG3-01 7.4.6)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

#: How a key and its owner agree on a secret; a key that names another way cannot be used (RFC 7518 4.6).
ALGORITHM: Final = "ECDH-ES"

_P: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
#: 32 bytes without filling.
_COORDINATE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def key_fault(value: Any) -> str | None:
    """What is wrong with a JWK; None when answers can be encrypted to it."""
    if not isinstance(value, Mapping):
        return "must be a public key as a JWK, or null"
    if value.get("kty") != "EC" or value.get("crv") != "P-256":
        return "must be a key of type EC on the curve P-256"
    if value.get("use") != "enc":
        return "must be a key whose use is enc"
    if value.get("alg", ALGORITHM) != ALGORITHM:
        return f"must be a key for {ALGORITHM}"
    if "d" in value:
        return "must not hold the private part of a key"
    if not isinstance(value.get("kid", ""), str) or len(value.get("kid", "")) > 200:
        return "has a kid that is no string of up to 200 characters"
    x, y = (_coordinate(value.get(name)) for name in ("x", "y"))
    if x is None or y is None:
        return "needs x and y of 32 bytes each, in base64url"
    # Whoever agrees on a secret with what is no point of the curve gives a secret away.
    if x >= _P or y >= _P or (y * y - (x * x * x - 3 * x + _B)) % _P:
        return "is no point of the curve P-256"
    return None


def key_of(entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The key of the entries of a Grant, all of which have the same; None where answers stay as they are."""
    return next((entry["jwk"] for entry in entries if entry.get("jwk") is not None), None)


def _coordinate(value: Any) -> int | None:
    if not isinstance(value, str) or _COORDINATE.fullmatch(value) is None:
        return None
    try:
        return int.from_bytes(base64.urlsafe_b64decode(value + "="), "big")
    except binascii.Error:
        return None
