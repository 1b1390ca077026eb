"""Random handles that stand for something stored: what is given away is the secret, what is kept is its SHA-256."""

from __future__ import annotations

import hashlib


def secret_hash(secret: str) -> str:
    """SHA-256 of a secret, in hexadecimal. A handle of 256 random bits needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
