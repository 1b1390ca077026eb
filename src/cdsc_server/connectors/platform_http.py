"""HTTP as devices and their clouds speak it: slow, dropped, garbled. Every way to fail becomes a PlatformFault."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from cdsc_server import exact_json
from cdsc_server.connectors.checks import hushed
from cdsc_server.ports import (
    AuthExpired,
    Busy,
    Contact,
    DeviceNotFound,
    Offline,
    PlatformFault,
    ProtocolError,
    RateLimited,
)

#: Replies that take ten seconds are usual.
TIMEOUT: Final = 30.0
#: No answer of a platform that is worth reading is longer.
_MOST_BYTES: Final = 32 * 1024 * 1024
_CHUNK: Final = 65_536


class PlatformHTTP:
    """
    Asks one platform, and keeps its connection.

    Args:
        address: URL that paths are put behind.
        timeout: seconds for a whole answer.

    Raises:
        ValueError: the address is no URL of http or https.
    """

    def __init__(self, address: str, *, timeout: float = TIMEOUT) -> None:
        if not _is_web_address(address):
            raise ValueError(
                "the address is a URL such as https://platform.example/api, without a password, a query or a fragment"
            )
        hushed("urllib3.connectionpool")
        self._base = address.rstrip("/")
        self._timeout = timeout
        self._session = requests.Session()
        # A proxy or a .netrc of whoever started the worker is no part of the settings.
        self._session.trust_env = False

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        also: Collection[int] = (),
        **asked: Any,
    ) -> Any:
        """
        The JSON of an answer, with every digit.

        Args:
            also: statuses of refusals whose JSON the caller understands.
            asked: `params`, `json`, `data` or `auth`, as `requests` has them.

        Raises:
            PlatformFault: whatever went wrong, of its kind.
        """
        deadline = time.monotonic() + self._timeout
        try:
            with self._session.request(
                method,
                self._base + path,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
                **asked,
            ) as answer:
                body = _body(answer, deadline)
                if answer.status_code not in also:
                    _refuse(answer)
        except requests.Timeout as fault:
            raise Offline(f"no answer within {self._timeout:g} seconds; {_LOOK}") from fault
        # Below requests: connections that break while an answer is read, and compression that is none.
        except (requests.RequestException, HTTPError, OSError) as fault:
            raise Offline(f"the connection failed ({type(fault).__name__}); {_LOOK}") from fault
        try:
            return exact_json.loads(body)
        except ValueError as fault:
            raise ProtocolError(
                "the answer is not JSON; see whether the address is right and whether its software was changed"
            ) from fault

    def close(self) -> None:
        """Let the connection go."""
        self._session.close()


_LOOK: Final = "see whether the device and its network are on"


def timed(ask: Callable[[], datetime | None]) -> Contact:
    """
    A connectivity check.

    Args:
        ask: gives when the devices were last heard of, or raises PlatformFault.
    """
    started = time.perf_counter()
    try:
        last = ask()
    except PlatformFault as fault:
        return Contact(None, None, fault.kind, str(fault))
    return Contact(last, timedelta(seconds=time.perf_counter() - started))


def _body(answer: requests.Response, deadline: float) -> bytes:
    """The whole body; one that drips in is cut off when its time is up."""
    held = bytearray()
    # One call to the system at a time: more would wait for a whole chunk, each byte of which renews the time limit.
    while chunk := answer.raw.read1(_CHUNK, decode_content=True):
        held += chunk
        if len(held) > _MOST_BYTES:
            raise ProtocolError(f"the answer is longer than {_MOST_BYTES} bytes; ask for a shorter stretch of time")
        if time.monotonic() > deadline:
            raise requests.Timeout
    return bytes(held)


def _refuse(answer: requests.Response) -> None:
    """Raise what a status means, if it means a fault."""
    status = answer.status_code
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise AuthExpired(f"the account was refused ({status}); sign in there by hand, then give us the new password")
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise DeviceNotFound(f"it does not know what we ask for ({status}); see whether the station was removed")
    if status in (HTTPStatus.CONFLICT, HTTPStatus.LOCKED):
        raise Busy(f"it is in use by somebody else ({status}); it speaks with one program at a time")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited("too many requests; we wait as long as it asks for", retry_after=_retry_after(answer))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Offline(f"it answers that it is out of order ({status}); wait, or ask who runs it")
    if not answer.ok or answer.is_redirect:
        raise ProtocolError(f"the answer has the status {status}; see whether the address is right")


def _retry_after(answer: requests.Response) -> timedelta | None:
    """What Retry-After says, in seconds or as a date (RFC 9110 10.2.3); None where it says nothing."""
    told = answer.headers.get("Retry-After", "")
    if told.isascii() and told.isdigit():
        return timedelta(seconds=int(told[:6]))
    try:
        return max(parsedate_to_datetime(told) - datetime.now(UTC), timedelta())
    except (ValueError, TypeError):
        return None


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and named and not (parts.query or parts.fragment or "@" in parts.netloc)
