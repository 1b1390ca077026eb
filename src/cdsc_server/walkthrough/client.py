"""The Client's side of the walk: registration, tokens and listings, by plain HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import requests

from cdsc_server.walkthrough.report import WrongAnswer

_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """A response: its status, its headers, and its JSON with exact numbers ({} when it has none)."""

    status: int
    headers: requests.structures.CaseInsensitiveDict[str]
    json: dict[str, Any]

    @property
    def told(self) -> str:
        """For a person who has to find out what went wrong."""
        return f"{self.status} {json.dumps(self.json, default=str)[:600]}"


@dataclass
class Client:
    """What the walk knows of the server and of itself, as it learns it."""

    base_url: str
    redirect_uri: str
    endpoints: dict[str, Any] = field(default_factory=dict)
    admin_id: str = ""
    admin_secret: str = ""
    admin_token: str = ""
    client_id: str = ""
    secret: str = ""
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    request_uri: str = ""
    code: str = ""
    token: dict[str, Any] = field(default_factory=dict)

    @property
    def challenge(self) -> str:
        """PKCE S256 of the verifier."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    @property
    def authorize_url(self) -> str:
        """Where the Customer's browser is sent."""
        handle = urlencode({"client_id": self.client_id, "request_uri": self.request_uri})
        return f"{self.endpoints['authorization_endpoint']}?{handle}"

    def get(self, url: str, token: str | None = None, **parameters: str) -> Answer:
        """Read, with a bearer token when there is one; a path is one of the server."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        where = url if "://" in url else f"{self.base_url}{url}"
        return _answer(requests.get(where, params=parameters, headers=headers, timeout=_SECONDS))

    def send(self, method: str, url: str, body: Any, token: str | None = None) -> Answer:
        """Send JSON, with a bearer token when there is one."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return _answer(requests.request(method, url, json=body, headers=headers, timeout=_SECONDS))

    def form(self, endpoint: str, *, admin: bool = False, **fields: str) -> Answer:
        """Send a form to an endpoint of the metadata, authenticated by client_secret_basic (RFC 6749 2.3.1)."""
        name, secret = (self.admin_id, self.admin_secret) if admin else (self.client_id, self.secret)
        pair = f"{quote(name, safe='')}:{quote(secret, safe='')}"
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        return _answer(requests.post(self.endpoints[endpoint], data=fields, headers=headers, timeout=_SECONDS))

    def download(self, url: str) -> bytes:
        """A file that anybody may read; empty when there is none."""
        response = requests.get(url, timeout=_SECONDS)
        return response.content if response.status_code == 200 else b""

    def inbox(self, key: str) -> list[dict[str, Any]]:
        """The Messages of one list: outstanding, unread or read."""
        return self.listing(self.endpoints["cds_messages_api"], key, self.admin_token, following=f"{key}_next")

    def beside(self, client_id: str, secret: str) -> Client:
        """Another Client Object of the same registration, about to ask a Customer of its own."""
        known = {name: getattr(self, name) for name in ("admin_id", "admin_secret", "admin_token")}
        return Client(self.base_url, self.redirect_uri, self.endpoints, client_id=client_id, secret=secret, **known)

    def listing(
        self, url: str, key: str, token: str, *, following: str = "next", **parameters: str
    ) -> list[dict[str, Any]]:
        """
        Every object of a listing, over all its pages.

        Args:
            following: the member that leads to the next page.

        Raises:
            WrongAnswer: a page was refused, or lacks what every page has.
        """
        found: list[dict[str, Any]] = []
        answer = self.get(url, token, **parameters)
        while True:
            if answer.status != 200 or key not in answer.json or following not in answer.json:
                raise WrongAnswer(f"{url} answers 200 with {key} and {following}", answer.told)
            found += answer.json[key]
            if answer.json[following] is None:
                return found
            answer = self.get(answer.json[following], token)


def first_line(message: dict[str, Any]) -> str:
    """What a Message is about, for one line: the beginning of its words, or its name when it has none."""
    return str(message["description"] or message["name"]).partition("\n")[0]


def instant_of(text: str) -> datetime:
    """An instant as the server writes it."""
    return datetime.fromisoformat(text)


def _answer(response: requests.Response) -> Answer:
    try:
        body = response.json(parse_float=Decimal)
    except requests.JSONDecodeError:
        body = {}
    return Answer(response.status_code, response.headers, body if isinstance(body, dict) else {"": body})
