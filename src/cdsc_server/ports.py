"""
What the outside must offer, as Protocols; `app.py` hands in the real ones, tests their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Gives the time."""

    def now(self) -> datetime:
        """Now, as an aware UTC instant."""
        ...


class KeyStore(Protocol):
    """Seals what must be readable again, but not from the database alone: client secrets, one-time redirects."""

    def seal(self, plain: str, *, context: str) -> bytes:
        """Encrypted and authenticated; opens again only with the same `context`."""
        ...

    def open(self, sealed: bytes, *, context: str) -> str:
        """The text that was sealed; raises ValueError when the key or context differs or the bytes were changed."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Now, as an aware UTC instant."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class Ports:
    """Everything a use case may need from outside; travels as keyword arguments, never as a global."""

    clock: Clock
    keys: KeyStore
