"""
What the outside must offer, as Protocols; `app.py` hands in the real ones, tests their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO, Protocol


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


@dataclass(frozen=True)
class StoredBlob:
    """
    What a BlobStore keeps.

    Args:
        content_hash: SHA-256 of the bytes, as hex.
        size: how many they are.
    """

    content_hash: str
    size: int


class BlobStore(Protocol):
    """Keeps files apart from the database, each found by the hash of its content."""

    def put(self, chunks: Iterable[bytes]) -> StoredBlob:
        """Store the bytes; they survive a crash when this returns. Storing the same again is no fault."""
        ...

    def open(self, content_hash: str) -> BinaryIO:
        """The bytes from their start, seekable, to be closed by the caller; raises KeyError when there are none."""
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
    blobs: BlobStore
