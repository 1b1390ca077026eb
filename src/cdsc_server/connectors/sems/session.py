"""What the dialects of the portal have in common: requests, sessions, and the regional hosts that they are sent to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from cdsc_server import exact_json
from cdsc_server.domain.device_readings import Device, DeviceReading
from cdsc_server.ports import ProtocolError

#: Hosts of the maker, to which a sign-in may send us.
_MAKERS: Final = (".semsportal.com", ".goodwe.com")


@dataclass(frozen=True)
class Request:
    """One question; `path` is below the address of the portal for signing in, and of the region after that."""

    method: str
    path: str
    body: Mapping[str, Any] | None
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Session:
    """
    What a sign-in opened.

    Args:
        data: as the portal gave it; goes back to it as a whole.
        base: address of the region; "" before there is one.
    """

    data: Mapping[str, Any] = field(repr=False)
    base: str = ""

    @property
    def token(self) -> Mapping[str, str]:
        """The header that carries it."""
        return {"token": exact_json.dumps(dict(self.data)).decode()}


class Shown(Protocol):
    """A station as the portal shows it."""

    def devices(self) -> Sequence[Device]:
        """The station and what it is made of."""
        ...

    def readings(self) -> Iterator[DeviceReading]:
        """What is known of it now."""
        ...

    def last_contact(self) -> datetime | None:
        """When the portal last heard of it; None when it does not say."""
        ...


class Dialect(Protocol):
    """How one generation of the portal is spoken with; makes no call."""

    def sign_in(self, account: str, secret: str, now: datetime) -> Request:
        """The request that signs in."""
        ...

    def session(self, answer: Mapping[str, Any], address: str) -> Session:
        """What its answer opened; raises AuthExpired, or ProtocolError for a region that is not the maker's."""
        ...

    def station(self, session: Session, station: str, now: datetime) -> Request:
        """The request for a station."""
        ...

    def shown(self, answer: Mapping[str, Any], station: str, zone: str, now: datetime) -> Shown:
        """What its answer says; raises DeviceNotFound when that is nothing."""
        ...


def base_of(api: Any, address: str) -> str:
    """
    The address of the region that a sign-in names, without a slash at its end.

    Raises:
        ProtocolError: it is neither the maker's nor where we signed in; a session goes nowhere else.
    """
    parts, ours = urlsplit(str(api or "")), urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != ours.scheme or not (host == ours.hostname or host.endswith(_MAKERS)):
        raise ProtocolError("the portal sends us to a host that is not its maker's; see whether the address is right")
    return str(api).rstrip("/")
