"""JSON over HTTP for connectors: within a time, of a bounded size, without redirects, and every fault of a kind."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from cdsc_server import exact_json
from cdsc_server.connectors.checks import hushed
from cdsc_server.ports import AuthExpired, DeviceNotFound, Offline, PlatformFault, ProtocolError, RateLimited

_LARGEST: Final = 16 << 20
_PIECE: Final = 1 << 16


def web_address(address: str) -> str:
    """
    The address of a platform, without a slash at its end.

    Raises:
        ValueError: no http or https address, or one with a password, a query or a fragment.
    """
    try:
        parts = urlsplit(address)
        named = parts.hostname and parts.port != 0
    except ValueError:
        parts, named = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not named or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("the address looks like https://HOST, without a password, a query or a fragment")
    return address.rstrip("/")


class Service:
    """
    What answers at one address.

    Args:
        name: how it is called at the start of a sentence, such as "The plug".
        base: as `web_address` gives it.
        within: seconds for a whole answer.
    """

    def __init__(self, name: str, base: str, *, within: float) -> None:
        hushed("urllib3.connectionpool")
        self._name = name
        self._base = base
        self._within = within
        self._session = requests.Session()

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: AuthBase | None = None,
        also: Collection[int] = (),
        base: str | None = None,
    ) -> Any:
        """
        The JSON of an answer, with every digit of its numbers.

        Args:
            path: begins with a slash.
            body: sent as JSON, `form` as a form.
            auth: signs the request.
            also: statuses besides 200 whose JSON the caller understands.
            base: instead of the usual one.

        Raises:
            Offline: nobody answers, not in time, or the platform says that it is out of order.
            RateLimited: status 429.
            AuthExpired: status 401 or 403.
            DeviceNotFound: status 404.
            ProtocolError: another status, or no JSON.
        """
        deadline = time.monotonic() + self._within
        sent = None if body is None else exact_json.dumps(body)
        known = {"Accept": "application/json", **({"Content-Type": "application/json"} if sent is not None else {})}
        try:
            with self._session.request(
                method,
                (base or self._base) + path,
                params=query,
                data=form if sent is None else sent,
                headers={**known, **(headers or {})},
                # With none at all, requests would send what it finds in a .netrc file.
                auth=auth or _unsigned,
                timeout=self._within,
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.status_code != 200 and answer.status_code not in also:
                    raise self._fault(answer)
                content = self._content(answer, deadline)
        except requests.RequestException as fault:
            raise self._offline() from fault
        try:
            return exact_json.loads(content)
        except ValueError as fault:
            raise ProtocolError(
                f"{self._name} answers with something that is not JSON, such as a page about maintenance or a sign-in. "
                "Check the address."
            ) from fault

    def close(self) -> None:
        """End its connections."""
        self._session.close()

    def _content(self, answer: requests.Response, deadline: float) -> bytes:
        content = bytearray()
        try:
            # One call to the system at a time: whoever sends a byte now and then must not hold us forever.
            while piece := answer.raw.read1(_PIECE, decode_content=True):
                content += piece
                if time.monotonic() > deadline:
                    raise self._offline()
                if len(content) > _LARGEST:
                    raise ProtocolError(f"{self._name} sends more than {_LARGEST >> 20} MB. Check the address.")
        # What reading meets below requests: broken connections, and compression that is none.
        except (OSError, HTTPError) as fault:
            raise self._offline() from fault
        return bytes(content)

    def _offline(self) -> Offline:
        return Offline(
            f"{self._name} does not answer within {self._within:g} seconds. "
            "Check that it is on, and the network between."
        )

    def _fault(self, answer: requests.Response) -> PlatformFault:
        status = answer.status_code
        if status in (401, 403):
            return AuthExpired(f"{self._name} does not let us in (HTTP {status}). Check account and secret.")
        if status == 404:
            return DeviceNotFound(f"{self._name} knows nothing at this address (HTTP 404). Check the address.")
        if status == 429:
            wait = retry_after(answer.headers.get("Retry-After"), datetime.now(UTC))
            return RateLimited(f"{self._name} asks us to slow down (HTTP 429). Nothing to do.", retry_after=wait)
        if status >= 500:
            return Offline(f"{self._name} says that it is out of order (HTTP {status}). It will be asked again.")
        if 300 <= status < 400:
            return ProtocolError(f"{self._name} sends us elsewhere (HTTP {status}). Check the address.")
        return ProtocolError(f"{self._name} refuses what we ask (HTTP {status}). Check address and options.")


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """How long the header Retry-After asks us to wait; None when it says nothing that we understand (RFC 9110)."""
    if value is None:
        return None
    if value.isascii() and value.isdigit() and len(value) < 7:
        return timedelta(seconds=int(value))
    try:
        return max(parsedate_to_datetime(value) - now, timedelta())
    except (TypeError, ValueError):
        return None


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
