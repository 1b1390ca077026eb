"""
A small Client of a CDS server: find the addresses, register once, ask, redeem, read.

Everything it knows about the server comes from the server's own metadata; the only thing to configure is its address.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

_SECONDS = 30


class CDSError(Exception):
    """The server refused or did not answer; the text says what happened and what to do."""


class AccessEnded(CDSError):
    """The customer stopped sharing, or what they agreed to has run out."""


@dataclass(frozen=True)
class Registration:
    """What registering gave us; `client_secret` opens customers' data, so keep it like a password."""

    server: str
    redirect_uri: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Asked:
    """A request that was pushed: where to send the browser, and what to remember until it comes back."""

    url: str
    state: str
    code_verifier: str


def discover(server: str) -> dict[str, Any]:
    """The authorization server metadata, with the CDS server metadata under "cds"."""
    cds = _get_json(f"{server}/.well-known/cds-server-metadata.json")
    return {**_get_json(cds["oauth_metadata"]), "cds": cds}


def register(server: str, *, name: str, site: str, redirect_uri: str, scope: str, contact: str) -> Registration:
    """
    Register once: an admin Client Object to look after the others, and a sandbox one that asks customers.

    The redirect URI is set on the sandbox object afterwards, because a CDS server ignores it at registration.
    """
    endpoints = discover(server)
    wanted = {
        "client_name": name,
        "client_uri": site,
        "contacts": [contact],
        "scope": f"cds_client_admin {scope}",
    }
    answer = requests.post(endpoints["registration_endpoint"], json=wanted, timeout=_SECONDS)
    admin = _checked(answer, "register", "check the scopes in SCOPE against cds_scope_descriptions of the server")
    with OAuth2Session(admin["client_id"], admin["client_secret"], scope="cds_client_admin") as session:
        session.fetch_token(endpoints["token_endpoint"], grant_type="client_credentials")
        clients = _checked(session.get(endpoints["cds_clients_api"], timeout=_SECONDS), "list our Client Objects")
        client = _that_asks(clients["clients"], scope)
        change = {**client, "redirect_uris": [redirect_uri], "cds_default_redirect_uri": redirect_uri}
        answer = session.put(client["cds_client_uri"], json=change, timeout=_SECONDS)
        _checked(answer, "set our redirect URI", f"see whether the server takes {redirect_uri}")
        answer = session.get(endpoints["cds_credentials_api"], params={"client_ids": client["client_id"]})
        credentials = _checked(answer, "read the credentials")["credentials"]
    return Registration(server, redirect_uri, client["client_id"], credentials[0]["client_secret"])


class Client:
    """Talks to the server as a registered Client."""

    def __init__(self, registration: Registration) -> None:
        self.registration = registration
        self.endpoints = discover(registration.server)

    @property
    def timezone(self) -> str:
        """IANA zone in which the server counts days."""
        return str(self.endpoints["cds_timezone"])

    def ask(self, details: list[dict[str, Any]]) -> Asked:
        """
        Push what we ask for (RFC 9126) and give the address to send the customer's browser to.

        Args:
            details: `authorization_details`, one entry for each kind of data.
        """
        known = self.registration
        verifier = generate_token(64)
        with OAuth2Session(known.client_id, redirect_uri=known.redirect_uri, code_challenge_method="S256") as session:
            url, state = session.create_authorization_url(
                self.endpoints["authorization_endpoint"],
                code_verifier=verifier,
                authorization_details=json.dumps(details),
            )
        # Authlib has written the whole request into the address; what we send the browser with is only a handle to it.
        answer = requests.post(
            self.endpoints["pushed_authorization_request_endpoint"],
            data=dict(parse_qsl(urlsplit(url).query)),
            auth=(known.client_id, known.client_secret),
            timeout=_SECONDS,
        )
        pushed = _checked(answer, "push our request", "if the client is unknown, delete the state file and start again")
        handle = urlencode({"client_id": known.client_id, "request_uri": pushed["request_uri"]})
        return Asked(f"{self.endpoints['authorization_endpoint']}?{handle}", state, verifier)

    def redeem(self, arrived: dict[str, str], *, state: str, code_verifier: str) -> dict[str, Any]:
        """
        The token for what came back in the browser's address.

        Raises:
            AccessEnded: the customer said no.
            CDSError: the answer is not one to our question, or the server would not take the code.
        """
        if arrived.get("state") != state:
            raise CDSError("This answer belongs to another question. Connect again from the start page.")
        # RFC 9207: another server must not be able to pass its code off as this server's.
        if arrived.get("iss") != self.endpoints["issuer"]:
            raise CDSError("This answer comes from another server than the one we asked.")
        if "error" in arrived:
            if arrived["error"] == "access_denied":
                raise AccessEnded("You chose not to share your data. Nothing was read.")
            raise CDSError(arrived.get("error_description") or arrived["error"])
        with self._session() as session:
            try:
                return dict(
                    session.fetch_token(
                        self.endpoints["token_endpoint"], code=arrived["code"], code_verifier=code_verifier
                    )
                )
            except OAuthError as refusal:
                raise CDSError(f"The server would not take the code: {refusal.description}") from refusal

    def read(
        self, token: dict[str, Any], path: str, key: str, keep: Callable[[dict[str, Any]], None], **filters: str
    ) -> Iterator[dict[str, Any]]:
        """
        Every object of a listing, page after page; numbers are Decimals with the digits the server sent.

        Args:
            path: such as /usage_data.
            key: the member of the answer that holds the objects.
            keep: called with the new token when the old one had to be refreshed.

        Raises:
            AccessEnded: neither the token nor a fresh one opens anything any more.
        """
        url: str | None = f"{self.registration.server}{path}?{urlencode(filters)}"
        with self._session(token) as session:
            while url:
                page = self._page(session, url, keep)
                yield from page[key]
                url = page["next"]

    def _page(self, session: OAuth2Session, url: str, keep: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        for last_try in (False, True):
            answer = session.get(url, timeout=_SECONDS, withhold_token=False)
            if answer.status_code != 401:
                return _checked(answer, "read your data")
            if last_try:
                break
            try:
                keep(dict(session.refresh_token(self.endpoints["token_endpoint"])))
            except OAuthError:
                break
        raise AccessEnded("You have stopped sharing with us, or the time you chose is over.")

    def _session(self, token: dict[str, Any] | None = None) -> OAuth2Session:
        known = self.registration
        return OAuth2Session(
            known.client_id,
            known.client_secret,
            redirect_uri=known.redirect_uri,
            token=token,
        )


def to_stored(registration: Registration) -> dict[str, str]:
    """Plain JSON for the state file."""
    return asdict(registration)


def _that_asks(clients: list[dict[str, Any]], scope: str) -> dict[str, Any]:
    for client in clients:
        if "code" in client["response_types"] and set(scope.split()) <= set(client["scope"].split()):
            return client
    raise CDSError(f"The server made no Client Object that may ask customers for {scope}.")


def _get_json(url: str) -> dict[str, Any]:
    try:
        return _checked(requests.get(url, timeout=_SECONDS), "find out what the server offers")
    except requests.ConnectionError:
        raise CDSError(f"Nothing answers at {url}. Is the server running? Start it with: make demo") from None


def _checked(answer: requests.Response, what: str, advice: str = "") -> dict[str, Any]:
    """The JSON of a good answer, every number exact; a refusal becomes an error in the server's own words."""
    if answer.ok:
        return dict(answer.json(parse_float=Decimal))
    try:
        told = answer.json()
        reason = told.get("error_description") or told.get("detail") or told.get("error") or answer.reason
    except requests.JSONDecodeError:
        reason = answer.reason
    raise CDSError(
        f"We could not {what}: {reason} ({answer.status_code})." + (f" What to do: {advice}." if advice else "")
    )
