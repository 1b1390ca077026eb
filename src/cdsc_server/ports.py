"""
What the outside must offer, as Protocols; `app.py` hands in the real ones, tests their own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, ClassVar, Final, Protocol

from cdsc_server.domain.device_readings import Device, DeviceReading
from cdsc_server.domain.patience import Patience
from cdsc_server.domain.payments import PaymentNews
from cdsc_server.domain.tickets import Ticket, TicketNews


class Clock(Protocol):
    """Gives the time."""

    def now(self) -> datetime:
        """Now, as an aware UTC instant."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody has to wait: who, by the key that is counted, and until when."""

    key: str
    until: datetime


class Limits(Protocol):
    """
    What callers did lately, counted together by all processes.

    Nothing is let through uncounted, also while a store of counts does not answer. Keys are
    "<what>:<SHA-256 of the caller>", so that no address, name or id is kept in clear.
    """

    def count(self, key: str, *, start: datetime, end: datetime) -> int:
        """Count once in the stretch [start, end), and give the sum; of two at once each gets its own."""
        ...

    def attempt(self, limits: Mapping[str, int], *, patience: Patience, now: datetime) -> Held | None:
        """
        Count an attempt for each of these keys, or for none where one of them has to wait.

        Args:
            limits: the failures at which each key begins to wait. They are asked in this order, and nothing is kept
                of those behind one that has to wait.

        Returns:
            The first that has to wait; None when the attempt was counted. Of many at once no more are than the limit.
        """
        ...

    def forgive(self, key: str, *, counted_for: str | None = None) -> None:
        """
        Forget the failures of a key.

        Args:
            counted_for: another key that the last attempt was counted for: that one is taken back, and no wait stays.
        """
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
        sender: whom it comes from; None for the server's own address.
        sender_name: what that one is called.
    """

    mail_id: str
    recipient: str
    subject: str
    text: str
    html: str
    sender: str | None = None
    sender_name: str = ""


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


@dataclass(frozen=True)
class Answer:
    """
    What came back from a call, whatever its status.

    Args:
        body: the beginning of it.
        retry_after: that header, as it came.
    """

    status: int
    body: bytes
    retry_after: str | None = None


class CallFault(Exception):
    """A call brought no answer."""


class Call(Protocol):
    """Makes one call."""

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST the body; raises CallFault when there is no answer in time, or the address may not be called."""
        ...


class Caller(Protocol):
    """Calls addresses that Clients have named."""

    def calling(self) -> AbstractAsyncContextManager[Call]:
        """What makes calls, many at a time, as long as the block lasts."""
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


class FaultKind(StrEnum):
    """Why a device platform gave no answer; the words are also those of pages and metrics."""

    AUTH_EXPIRED = "auth_expired"
    RATE_LIMITED = "rate_limited"
    NOT_FOUND = "not_found"
    OFFLINE = "offline"
    PROTOCOL_ERROR = "protocol_error"
    BUSY = "busy"


#: Faults of which asking again at the usual pace would make more.
BACKING_OFF: Final = frozenset({FaultKind.RATE_LIMITED, FaultKind.OFFLINE})


class PlatformFault(Exception):
    """
    A device platform gave no answer that can be used; each kind is a class of its own.

    Args:
        words: what happened and what an operator can do. Without accounts, secrets, serial numbers, ids of stations
            and names of people.
        retry_after: how long the platform asks us to wait; None when it does not say.
    """

    kind: ClassVar[FaultKind]

    def __init__(self, words: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(words)
        self.retry_after = retry_after


class AuthExpired(PlatformFault):
    """The account is not let in, also after one new sign-in: the connector has tried that."""

    kind = FaultKind.AUTH_EXPIRED


class RateLimited(PlatformFault):
    """The platform has had enough of us for a while."""

    kind = FaultKind.RATE_LIMITED


class DeviceNotFound(PlatformFault):
    """The platform does not know the station or the device, or does not show it to this account."""

    kind = FaultKind.NOT_FOUND


class Offline(PlatformFault):
    """Nobody answers, or not in time."""

    kind = FaultKind.OFFLINE


class ProtocolError(PlatformFault):
    """An answer that means nothing to us."""

    kind = FaultKind.PROTOCOL_ERROR


class Busy(PlatformFault):
    """The device speaks with somebody else."""

    kind = FaultKind.BUSY


@dataclass(frozen=True, slots=True)
class Contact:
    """
    What a connectivity check found.

    Args:
        last_contact: when the devices were last heard of, as the platform tells; None when it does not.
        round_trip: how long the answer took; None when there was none.
        fault: None when all is well.
        reason: the words of the fault; "" without one.
    """

    last_contact: datetime | None
    round_trip: timedelta | None
    fault: FaultKind | None = None
    reason: str = ""


class DevicePlatform(Protocol):
    """
    One account or station of a device platform, or one device in a home. Used by one thread at a time.

    A session that ran out is renewed inside: one new sign-in, one more attempt, then AuthExpired.
    """

    def ping(self) -> Contact:
        """A cheap check whether it answers; raises nothing."""
        ...

    def devices(self) -> Sequence[Device]:
        """Its devices, each once; raises PlatformFault."""
        ...

    def read(self, since: datetime, until: datetime) -> Sequence[DeviceReading]:
        """
        What was measured in [since, until), in any order; of a channel at most one reading an instant.

        A platform without a history tells how things are now, which may lie after `until`. Raises PlatformFault.
        """
        ...

    def close(self) -> None:
        """End sessions and connections; harmless more than once."""
        ...


class Mode(StrEnum):
    """What is done with readings: stored, or fetched whenever somebody looks and never stored."""

    STAGE = "stage"
    PROXY = "proxy"


@dataclass(frozen=True, slots=True)
class PlatformAccess:
    """
    How to reach what stands behind one account.

    Args:
        address: URL, or host and port; each connector says which.
        account: name that signs in, or id of the station; "" where none is needed.
        secret: password, token or key; "" where none is needed.
        timezone: IANA name of the zone of the home.
        options: what else the connector asks for, by name.
    """

    address: str
    account: str = ""
    secret: str = field(default="", repr=False)
    timezone: str = "UTC"
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformKind:
    """
    What a connector says of its platform; each connector's package has one as `KIND`.

    Args:
        name: as it is written in settings and in `DeviceReading.source`.
        title: as people call it.
        modes: what it can be used for; a device that speaks with one at a time is staged only.
        every: how often asking for news is useful.
        calls_per_minute: what one account may ask for.
        history: how far back it can be asked; None when it tells only how things are now.
        open: makes one ready without asking it anything. Raises ValueError, with words for an operator, when the
            address or an option cannot be right.
    """

    name: str
    title: str
    modes: frozenset[Mode]
    every: timedelta
    calls_per_minute: int
    history: timedelta | None
    open: Callable[[PlatformAccess, Clock], DevicePlatform]


class TicketFault(Exception):
    """
    A support request could not be handed on.

    Args:
        hopeless: another attempt would end the same way.
        retry_after: how long the ticket system asks us to wait.
    """

    def __init__(self, words: str, *, hopeless: bool = False, retry_after: timedelta = timedelta()) -> None:
        super().__init__(words)
        self.hopeless = hopeless
        self.retry_after = retry_after


class TicketDesk(Protocol):
    """A system in which people answer support requests."""

    def open(self, ticket: Ticket) -> str:
        """Make a ticket and give its id; that of the one an earlier attempt made. Raises TicketFault."""
        ...

    def comment(self, ticket_id: str, ticket: Ticket) -> None:
        """Add what amends a ticket, once however often it is tried; raises TicketFault."""
        ...

    def read_news(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> TicketNews | None:
        """What a call of the system says, None for nothing; raises ForgedCallback when it is not to be believed."""
        ...


class PlaceFault(Exception):
    """A place of deliveries cannot be reached, or refuses what is asked; the words say what an operator can do."""


class DeliveryPlace(Protocol):
    """Where others leave deliveries for us, on another machine."""

    @property
    def host(self) -> str:
        """What the machine is called."""
        ...

    def fetch(self, kinds: Collection[str], into: Path, *, now: datetime) -> list[str]:
        """
        Bring what lies ready there below these directories into the same ones here, each delivery whole.

        Returns what was brought, such as `deltas/north-42.csv`; raises PlaceFault, or OSError where it cannot be
        written here.
        """
        ...


class FrontDoor(Protocol):
    """This server as others see it, at its public address."""

    def answers(self) -> bool:
        """Whether it answers that it and its database work."""
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
    caller: Caller
    limits: Limits
    #: None where no mail is sent.
    mailer: Mailer | None = None
    #: None where nothing can be paid online.
    payments: PaymentProvider | None = None
    #: The device platforms that there are connectors for, by name.
    platforms: Mapping[str, PlatformKind] = field(default_factory=dict)
    #: None where nobody looks whether this server answers.
    door: FrontDoor | None = None
    #: None where support requests are answered at the console only.
    desk: TicketDesk | None = None
    #: None where deliveries for the import folder come to this machine by themselves.
    place: DeliveryPlace | None = None
