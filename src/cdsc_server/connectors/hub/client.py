"""Asks a hub: signs in, turns pages, and understands codes that come with the status 200."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from requests.auth import HTTPBasicAuth

from cdsc_server.connectors.hub.mapping import CodeMeaning, HubMapping, Listing
from cdsc_server.connectors.hub.paths import found
from cdsc_server.connectors.platform_http import PlatformHTTP
from cdsc_server.connectors.signed_in import signed_in
from cdsc_server.ports import AuthExpired, Busy, DeviceNotFound, Offline, PlatformFault, ProtocolError, RateLimited

_MOST_PAGES: Final = 1000
_MEANINGS: Final[Mapping[CodeMeaning, tuple[type[PlatformFault], str]]] = {
    "auth_expired": (AuthExpired, "see whether account and secret are right"),
    "rate_limited": (RateLimited, "we ask again later"),
    "not_found": (DeviceNotFound, "see whether the device was removed there"),
    "busy": (Busy, "we ask again later"),
    "offline": (Offline, "it is out of order; wait, or ask who runs it"),
}


class HubClient:
    """
    One account of a hub.

    Args:
        address: of the hub, below which all paths of the mapping are.
    """

    def __init__(self, mapping: HubMapping, address: str, *, account: str, secret: str, timeout: float) -> None:
        self._mapping = mapping
        self._http = PlatformHTTP(address, timeout=timeout)
        self._address = address.rstrip("/")
        self._account = account
        self._secret = secret
        self._token = "" if mapping.auth.kind == "client_credentials" else secret

    def items(self, listing: Listing, **placed: str) -> Iterator[Any]:
        """
        The members of a list, from all its pages.

        Args:
            placed: what stands for `{device}`, `{since}` and `{until}`.

        Raises:
            PlatformFault: of its kind.
        """
        path = _filled(listing.path, {name: quote(value, safe="") for name, value in placed.items()})
        query: dict[str, str] | None = {name: _filled(value, placed) for name, value in listing.query.items()}
        turned: set[str] = set()
        for _ in range(_MOST_PAGES):
            page = self._page(path, query)
            items = found(page, listing.items)
            if not isinstance(items, list):
                raise ProtocolError(
                    f"there is no list at {listing.items or 'the top'}; see whether its mapping is right"
                )
            yield from items
            following = found(page, self._mapping.paging.next) if self._mapping.paging else None
            if following in (None, ""):
                return
            if str(following) in turned:
                raise ProtocolError("a list begins again at its end; see whether paging in its mapping is right")
            turned.add(str(following))
            path, query = self._following(str(following), path, query)
        raise ProtocolError(f"a list has more than {_MOST_PAGES} pages; see whether paging in its mapping is right")

    def close(self) -> None:
        """Let the connection go."""
        self._http.close()

    def _following(self, following: str, path: str, query: dict[str, str] | None) -> tuple[str, dict[str, str] | None]:
        """Path and query of the next page. An address must be the hub's: it gets the token."""
        parameter = self._mapping.paging.parameter if self._mapping.paging else ""
        if parameter:
            return path, {**(query or {}), parameter: following}
        if following.startswith(f"{self._address}/"):
            return following.removeprefix(self._address), None
        parts = urlsplit(following)
        if parts.scheme or parts.netloc or not following.startswith("/"):
            raise ProtocolError("the next page is at another address than the hub; see whether its address is right")
        below = urlsplit(self._address).path
        return following.removeprefix(below), None

    def _page(self, path: str, query: Mapping[str, str] | None) -> Any:
        def ask() -> Any:
            if not self._token and self._mapping.auth.kind != "none":
                raise AuthExpired("there is no token; see whether a secret was given")
            headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
            return self._judged(self._http.ask("GET", path, headers=headers, params=query))

        if self._mapping.auth.kind == "client_credentials":
            return signed_in(ask, sign_in=self._sign_in)
        return ask()

    def _judged(self, answer: Any) -> Any:
        """The answer, unless its own code says that it is none."""
        mapping = self._mapping
        if not mapping.code:
            return answer
        code = str(found(answer, mapping.code))
        if code in mapping.fine_codes:
            return answer
        if code in mapping.codes:
            fault, advice = _MEANINGS[mapping.codes[code]]
            raise fault(f"it answers with the code {code}; {advice}")
        raise ProtocolError(f"it answers with the code {code[:20]}, which its mapping does not know; ask who runs it")

    def _sign_in(self) -> None:
        """RFC 6749 4.4; a refusal has the status 400 or 401."""
        auth = self._mapping.auth
        asked = {"grant_type": "client_credentials", **({"scope": auth.scope} if auth.scope else {})}
        answer = self._http.ask(
            "POST", auth.token_path, data=asked, auth=HTTPBasicAuth(self._account, self._secret), also=(400,)
        )
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            raise AuthExpired("the hub gives no token; see whether account and secret are right")
        self._token = token


def _filled(text: str, placed: Mapping[str, str]) -> str:
    for name, value in placed.items():
        text = text.replace(f"{{{name}}}", value)
    return text
