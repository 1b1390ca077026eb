"""Passwords: Argon2id with 19 MiB, two passes and one lane, which is the least that OWASP's password advice accepts."""

from __future__ import annotations

from functools import cache
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)


def hash_password(password: str) -> str:
    """What the database keeps of a password; another text each time."""
    return str(_HASHER.hash(password))


def password_fits(stored: str | None, password: str) -> bool:
    """
    Whether the password is the one that was hashed.

    Args:
        stored: None when the name is unknown; that takes as long as a wrong password, so that nobody learns names.
    """
    try:
        return bool(_HASHER.verify(_nobodys() if stored is None else stored, password)) and stored is not None
    except VerificationError:
        return False


@cache
def _nobodys() -> str:
    return hash_password("the password of nobody")
