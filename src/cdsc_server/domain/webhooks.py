"""
Webhooks: what Clients are told by calls to an address of theirs, how each call is signed, and where it may go.

The signature is that of Standard Webhooks: HMAC-SHA256 over id, timestamp and body.
An event holds ids and times and never data of a Customer: what it is about has to be fetched with a token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias
from urllib.parse import urlsplit

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


class EventKind(StrEnum):
    """What an event tells."""

    #: Asks whether the address belongs to the Client; sent whatever the webhook asks for.
    VERIFICATION = "webhook.verification"
    GRANT_ADDED = "grant.added"
    GRANT_CHANGED = "grant.changed"
    GRANT_SUSPENDED = "grant.suspended"
    GRANT_REVOKED = "grant.revoked"
    GRANT_CLOSED = "grant.closed"
    GRANT_EXPIRED = "grant.expired"
    GRANT_DISABLED = "grant.disabled"
    DATA_ARRIVED = "data.arrived"
    MESSAGE_ADDED = "message.added"


#: What a webhook may ask for.
OFFERED: Final = tuple(kind for kind in EventKind if kind is not EventKind.VERIFICATION)


class WebhookStatus(StrEnum):
    """Where a webhook stands."""

    #: Has not shown yet that it is the Client's; its events wait.
    PENDING = "pending"
    ACTIVE = "active"
    #: Gets no events, and those of that time are not kept.
    DISABLED = "disabled"


SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the beginning of one
_VERSION: Final = "v1"
_LONGEST_URL: Final = 2000
#: 64:ff9b::/96 stands for IPv4 behind a translator (RFC 6052).
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")


def new_secret(random: bytes) -> str:
    """The secret of a webhook as its Client keeps it; made of 24 to 64 random bytes."""
    return SECRET_PREFIX + base64.b64encode(random).decode()


def signature(secrets: Iterable[str], *, event_id: str, timestamp: int, body: bytes) -> str:
    """
    The value of webhook-signature: one signature for each secret, separated by spaces.

    Args:
        secrets: those that are valid now, as `new_secret` makes them.
        timestamp: of the attempt, in seconds since the epoch.
    """
    signed = f"{event_id}.{timestamp}.".encode() + body
    return " ".join(f"{_VERSION},{_mac(secret, signed)}" for secret in secrets)


def _mac(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def read_networks(text: str) -> tuple[Network, ...]:
    """
    Networks as an operator writes them, separated by spaces.

    Raises:
        ValueError: one is none, such as 10.0.0.1/8 with bits beside its length.
    """
    return tuple(ip_network(each) for each in text.split())


def url_fault(url: str, *, allowed: Sequence[Network], local: bool) -> str | None:
    """
    What keeps an address from being called; None for nothing that can be seen before its name is looked up.

    Args:
        allowed: networks besides the public ones.
        local: whether http on this machine itself will do, as in a demonstration.
    """
    if len(url) > _LONGEST_URL or not url.isascii() or any(each <= " " for each in url):
        return f"must be an address of at most {_LONGEST_URL} visible ASCII characters"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not an address"
    if not parts.hostname or port == 0:
        return "names no host"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "must hold neither a user name nor a fragment"
    on_this_machine = parts.hostname in ("127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and local and on_this_machine):
        return "must start with https://"
    literal = _literal(parts.hostname)
    if literal is not None and not may_call(literal, allowed=allowed, local=local):
        return "must lie in a public network"
    return None


def may_call(address: Address, *, allowed: Sequence[Network], local: bool) -> bool:
    """Whether a call may go to this address: a public one, an allowed one, or this machine where `local`."""
    meant = _meant(address)
    if any(meant in network for network in allowed if network.version == meant.version):
        return True
    if meant.is_loopback:
        return local
    return meant.is_global and not meant.is_multicast and not meant.is_reserved


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _meant(address: Address) -> Address:
    """The address that packets to this one end at, as far as it says so itself."""
    if isinstance(address, IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None:
            inside = address.teredo[1]
        if address in _TRANSLATED:
            inside = IPv4Address(int(address) & 0xFFFFFFFF)
        return inside or address
    return address


def is_over(failing_since: datetime | None, *, days: int, now: datetime) -> bool:
    """Whether a webhook has failed for so many days without one success between."""
    return failing_since is not None and (now - failing_since).days >= days
