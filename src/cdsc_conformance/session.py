"""What the conditions share: the server's address, what it publishes, and the Clients registered on the way."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, overload
from urllib.parse import urljoin, urlsplit

from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Unmet
from cdsc_conformance.profile import Profile
from cdsc_conformance.recorder import Recorder
from cdsc_conformance.registration import MOST_PAGES, Registered, register_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from cdsc_conformance.browser import Desk
    from cdsc_conformance.customer_data import Consents
    from cdsc_conformance.direct import Direct
    from cdsc_conformance.flows import CodeClient, Flow

WELL_KNOWN: Final = "/.well-known/cds-server-metadata.json"

#: Redirects of one document after which the kit stops following.
MOST_REDIRECTS: Final = 5

T = TypeVar("T")


class Step(Generic[T]):
    """A property computed once; when it cannot be had, every later asker gets the same reason."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Step[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Step[T] | T:
        if instance is None:
            return self
        kept = instance.__dict__.setdefault("_steps", {})
        if self._name not in kept:
            try:
                kept[self._name] = self._compute(instance)
            except Unmet as fault:
                kept[self._name] = fault
        found = kept[self._name]
        if isinstance(found, Unmet):
            raise Unmet(str(found))
        result: T = found
        return result


@dataclass(frozen=True)
class Document:
    """A JSON object the server publishes, with the exchange that brought it."""

    exchange: Exchange
    body: dict[str, Any]


@dataclass(frozen=True)
class Account:
    """A test account, as the server's documentation names it."""

    username: str
    password: str


@dataclass(frozen=True)
class Registration:
    """The Client Admin of a registration that somebody made before, as the server's operator knows it."""

    client_id: str
    client_secret: str


class Session:
    """One run against one server."""

    def __init__(
        self,
        base_url: str,
        *,
        account: Account | None = None,
        verify: bool | str = True,
        scenarios: Collection[str] = (),
        browser: Browser | None = None,
        profile: Profile | None = None,
        registration: Registration | None = None,
    ) -> None:
        """
        Args:
            base_url: where the server is; the well-known document is looked for at its host.
            account: somebody the kit may sign in as; without one the rows that need a person are skipped.
            verify: whether to check certificates, or a file of authorities to trust.
            scenarios: those of CDS-WG3-01 4 that the server claims.
            browser: a Chromium; without one the rows that need one are skipped.
            profile: where the parts of the server's pages stand, when they stand elsewhere than on ours.
            registration: one with Clients that may read directly; without it the rows about these are skipped.
        """
        self.base_url = base_url.rstrip("/")
        self.account = account
        self.scenarios = frozenset(scenarios)
        self.browser = browser
        self.profile = profile or Profile()
        self.registration = registration
        self.own_certificates = isinstance(verify, str)
        self.http = Recorder(verify=verify)
        #: Where the exchanges of the condition under way begin.
        self.mark = 0
        if account is not None:
            self.http.secrets.add(account.password)

    @property
    def loopback(self) -> bool:
        """Whether the server is on this machine, where nobody expects HTTPS."""
        return urlsplit(self.base_url).hostname in ("127.0.0.1", "localhost", "::1")

    @Step
    def well_known(self) -> Exchange:
        """The answer at the well-known address, redirects followed (CDS-WG1-01 3.1, 5)."""
        return self.fetch(urljoin(self.base_url, WELL_KNOWN))

    @Step
    def server_metadata(self) -> Document:
        """CDS server metadata."""
        return _document(self.well_known, "CDS server metadata")

    @Step
    def coverage(self) -> list[Document]:
        """Every page of the coverage listing, the first page first."""
        url = self.endpoint_of_coverage()
        pages = [_document(self.fetch(url), "the coverage listing")]
        while isinstance(following := pages[-1].body.get("next"), str) and len(pages) < MOST_PAGES:
            pages.append(_document(self.fetch(urljoin(url, following)), "a page of the coverage listing"))
        return pages

    @Step
    def coverage_entries(self) -> list[tuple[str, dict[str, Any]]]:
        """Every coverage entry with words that point at it."""
        listed = [entry for page in self.coverage for entry in _array(page.body, "coverage_entries")]
        return [(f"coverage entry {entry.get('id', number)}", entry) for number, entry in enumerate(listed, 1)]

    @Step
    def authorization_server(self) -> Document:
        """Authorization server metadata."""
        url = self.server_metadata.body.get("oauth_metadata")
        if not isinstance(url, str):
            raise Unmet("the server metadata has no oauth_metadata")
        return _document(self.fetch(url), "the authorization server metadata")

    @Step
    def scopes(self) -> list[tuple[str, dict[str, Any]]]:
        """Every scope description with words that point at it."""
        return _mapped(self.authorization_server.body, "cds_scope_descriptions", "scope")

    @Step
    def registration_fields(self) -> list[tuple[str, dict[str, Any]]]:
        """Every registration field with words that point at it."""
        return _mapped(self.authorization_server.body, "cds_registration_fields", "registration field")

    @Step
    def detail_fields(self) -> list[tuple[str, dict[str, Any]]]:
        """Every authorization details field of every scope with words that point at it."""
        return [
            (f"{where}, field {field.get('id')}", field)
            for where, scope in self.scopes
            for field in _array(scope, "authorization_details_fields_supported")
        ]

    @Step
    def choices(self) -> list[tuple[str, dict[str, Any]]]:
        """Every Choice of every field with words that point at it."""
        return [
            (f"{where}, choice {choice.get('id')}", choice)
            for where, field in [*self.registration_fields, *self.detail_fields]
            for choice in _array(field, "choices")
        ]

    @Step
    def registered(self) -> Registered:
        """A registration of every scope; conditions only read from it."""
        return self.register()

    @Step
    def changing(self) -> Registered:
        """A second registration, whose objects conditions may change."""
        return self.register()

    @Step
    def code_client(self) -> CodeClient:
        """A Client Object with a redirect URI of the kit's, for flows with a person."""
        from cdsc_conformance.flows import CodeClient, account  # they stand on this module

        account(self)
        return CodeClient(self, self.register())

    @Step
    def agreed(self) -> Flow:
        """One agreement that conditions only read from."""
        return self.code_client.flow(state="kit-agreed")

    @Step
    def consents(self) -> Consents:
        """Agreements to every scope of Customer Data that conditions only read from."""
        from cdsc_conformance.customer_data import Consents  # it stands on this module

        return Consents(self)

    @Step
    def desk(self) -> Desk:
        """The test account's person at a browser."""
        from cdsc_conformance.browser import Desk  # it stands on this module

        return Desk(self)

    @Step
    def direct(self) -> Direct:
        """The registration whose Clients read without asking anybody."""
        from cdsc_conformance.direct import Direct  # it stands on this module

        return Direct(self)

    def register(self, **members: object) -> Registered:
        """
        A registration of its own, for conditions that change things.

        Raises:
            Unmet: the server refused.
        """
        return register_for(self, **members)

    def endpoint(self, member: str) -> str:
        """
        An address the authorization server metadata names.

        Raises:
            Unmet: it names none.
        """
        url = self.authorization_server.body.get(member)
        if not isinstance(url, str):
            raise Unmet(f"the authorization server metadata has no {member}")
        return url

    def endpoint_of_coverage(self) -> str:
        """
        The address of the coverage listing.

        Raises:
            Unmet: the server metadata names none.
        """
        url = self.server_metadata.body.get("coverage")
        if not isinstance(url, str):
            raise Unmet("the server metadata names no coverage listing")
        return url

    def scopes_of_type(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """The scope descriptions of one type."""
        return [(where, scope) for where, scope in self.scopes if scope.get("type") == kind]

    def consent_scopes(self) -> list[tuple[str, dict[str, Any]]]:
        """The scope descriptions that people are asked about: the authorization code grant."""
        return [
            (where, scope)
            for where, scope in self.scopes
            if "authorization_code" in (scope.get("grant_types_supported") or [])
            and "code" in (scope.get("response_types_supported") or [])
        ]

    def fetch(self, url: str, **options: Any) -> Exchange:
        """GET with redirects followed; the last answer counts."""
        exchange = self.http.send("GET", url, **options)
        for _ in range(MOST_REDIRECTS):
            if exchange.status not in (301, 302, 303, 307, 308) or not exchange.header("Location"):
                break
            exchange = self.http.send("GET", urljoin(exchange.url, exchange.header("Location")), **options)
        return exchange


def _document(exchange: Exchange, name: str) -> Document:
    if exchange.status != 200 or not isinstance(exchange.json(), dict):
        raise Unmet(f"{name} could not be read at {exchange.url}")
    return Document(exchange, exchange.object())


def _mapped(body: dict[str, Any], member: str, noun: str) -> list[tuple[str, dict[str, Any]]]:
    table = body.get(member)
    if not isinstance(table, dict):
        raise Unmet(f"the authorization server metadata has no {member}")
    return [(f"{noun} {key}", value) for key, value in table.items() if isinstance(value, dict)]


def _array(body: dict[str, Any], member: str) -> list[dict[str, Any]]:
    value = body.get(member)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
