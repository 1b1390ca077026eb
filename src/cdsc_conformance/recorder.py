"""HTTP as the kit speaks it: no redirect followed unseen, no password from the user's files, everything kept."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import requests
from requests.auth import AuthBase

from cdsc_conformance.exchanges import Exchange

#: Seconds until a server that says nothing counts as unreachable.
TIMEOUT: Final = 30

#: Largest answer read.
LARGEST: Final = 50_000_000


class Unreachable(Exception):
    """No answer came."""


class _AsGiven(AuthBase):
    """Keeps requests from adding credentials of its own, from a .netrc file for one."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class Recorder:
    """Sends requests and keeps each with its answer."""

    def __init__(self, *, verify: bool | str = True) -> None:
        self.exchanges: list[Exchange] = []
        #: Values to mask wherever they appear.
        self.secrets: set[str] = set()
        self._verify = verify
        self._others: list[Recorder] = []
        self._http = requests.Session()
        self._http.auth = _AsGiven()
        self._http.headers.update({"User-Agent": "cdsc-conformance", "Accept": "application/json, */*;q=0.5"})

    def close(self) -> None:
        """Close every connection, those of every other browser too."""
        self._http.close()
        for other in self._others:
            other.close()

    def fresh(self) -> Recorder:
        """Another that keeps its exchanges in the same list and has no cookies: a second browser."""
        other = Recorder(verify=self._verify)
        other.exchanges, other.secrets = self.exchanges, self.secrets
        self._others.append(other)
        return other

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | list[tuple[str, str]] | None = None,
        json_body: object = None,
        form: Mapping[str, str] | list[tuple[str, str]] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        bearer: str | None = None,
    ) -> Exchange:
        """
        The exchange; redirects are answers like any other.

        Args:
            basic: client_id and client_secret, written as RFC 6749 2.3.1 wants them.

        Raises:
            Unreachable: no connection, no TLS, no answer in time.
        """
        given = dict(headers or {})
        if bearer is not None:
            given["Authorization"] = f"Bearer {bearer}"
        if basic is not None:
            pair = ":".join(quote(part, safe="") for part in basic)
            given["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        data: Any = body if body is not None else form
        if json_body is not None:
            data = json.dumps(json_body).encode()
            given.setdefault("Content-Type", "application/json")
        request = requests.Request(method, url, params=params, data=data, headers=given)
        try:
            prepared = self._http.prepare_request(request)
            settings = self._http.merge_environment_settings(prepared.url, {}, False, self._verify, None)
            answer = self._http.send(prepared, timeout=TIMEOUT, allow_redirects=False, **settings)
        except requests.RequestException as fault:
            raise Unreachable(f"{method} {url}: {type(fault).__name__}: {fault}") from fault
        exchange = Exchange(
            method=method,
            url=str(prepared.url),
            request_headers=dict(prepared.headers),
            request_body=_text(prepared.body),
            status=answer.status_code,
            headers=dict(answer.headers),
            body=answer.content[:LARGEST],
            seconds=answer.elapsed.total_seconds(),
            secrets=self.secrets,
        )
        self.exchanges.append(exchange)
        return exchange


def _text(body: bytes | str | None) -> str:
    return body.decode("utf-8", errors="replace") if isinstance(body, bytes) else body or ""
