"""
What the outside must offer, as Protocols; `app.py` hands in the real ones, tests their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import BinaryIO, Protocol

from cdsc_server.domain.payments import PaymentNews


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
class Mail:
    """
    A mail ready to go.

    Args:
        mail_id: unique; the same at every attempt, so that a mail that comes twice can be told.
        text, html: the same words twice.
    """

    mail_id: str
    recipient: str
    subject: str
    text: str
    html: str


class MailFault(Exception):
    """
    A mail could not be handed on.

    Args:
        hopeless: another attempt would end the same way, because the address or the mail itself was refused.
    """

    def __init__(self, words: str, *, hopeless: bool = False) -> None:
        super().__init__(words)
        self.hopeless = hopeless


class Mailer(Protocol):
    """Hands mails to a server that delivers them."""

    def send(self, mail: Mail) -> None:
        """Return when the mail was taken over; raises MailFault when it was not."""
        ...


class ForgedCallback(Exception):
    """A callback is not from the payment provider, was changed on the way, or is old."""


class PaymentProvider(Protocol):
    """Takes money for us on pages of its own, and calls back."""

    def checkout_url(self, payment_id: str, amount: Decimal, currency: str, return_url: str) -> str:
        """Where to pay; may be asked for again and again until the payment is done. Makes no call."""
        ...

    def read_callback(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> PaymentNews:
        """What a callback says; raises ForgedCallback when it is not to be believed."""
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
    #: None where no mail is sent.
    mailer: Mailer | None = None
    #: None where nothing can be paid online.
    payments: PaymentProvider | None = None
