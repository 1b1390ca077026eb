"""Registering a Client and using its admin token: what the later plans stand on (CDS-WG1-02 4, 5)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Unmet
from cdsc_conformance.recorder import Recorder

if TYPE_CHECKING:
    from cdsc_conformance.session import Session

CLIENT_ADMIN: Final = "cds_client_admin"
CLIENT_NAME: Final = "Conformance kit"
#: Pages of one listing after which the kit stops following.
MOST_PAGES: Final = 200

#: The smallest valid files: one grey dot, one empty page.
PNG: Final = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
        "3a7e9b550000000a49444154789c6368000000820081771cd3d80000000049454e44ae426082"
    )
).decode()
PDF: Final = base64.b64encode(
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
).decode()

#: The smallest Purpose, as a registration has it (CDS-WG3-01 5.1, 8.3).
PURPOSE: Final[dict[str, Any]] = {
    "id": "",
    "name": "kit-internal-plain",
    "content": "To see what the kit sees.",
    "related_uri": None,
    "related_name": None,
    "scopes_supported": [],
}


class ClientAdmin:
    """The admin Client Object of a registration, and the APIs its token opens."""

    def __init__(self, session: Session, client_id: str, client_secret: str) -> None:
        self.client_id, self.client_secret = client_id, client_secret
        self._session = session
        self._http: Recorder = session.http
        self._http.secrets.add(self.client_secret)
        self._token = ""

    @property
    def token(self) -> str:
        """
        A cds_client_admin access token, asked for once.

        Raises:
            Unmet: the token endpoint gave none.
        """
        if not self._token:
            self._token = self.new_token()
        return self._token

    def new_token(self) -> str:
        """Another such token."""
        return self.token_from(self.ask_token())

    def ask_token(self, client: tuple[str, str] | None = None, **form: str) -> Exchange:
        """The token endpoint's answer to a client_credentials request; cds_client_admin unless `form` says other."""
        asked = {"grant_type": "client_credentials", "scope": CLIENT_ADMIN, **form}
        basic = client or (self.client_id, self.client_secret)
        return self._http.send("POST", self._session.endpoint("token_endpoint"), form=asked, basic=basic)

    def token_from(self, exchange: Exchange) -> str:
        """
        The access token of an answer.

        Raises:
            Unmet: there is none.
        """
        token = exchange.object().get("access_token")
        if exchange.status != 200 or not isinstance(token, str):
            raise Unmet(f"the token endpoint answered {exchange.status} without an access token")
        self._http.secrets.add(token)
        return token

    def call(self, method: str, url: str, **options: Any) -> Exchange:
        """A request with the admin token."""
        return self._http.send(method, url, bearer=self.token, **options)

    def listing(self, api: str, member: str, **filters: str) -> tuple[list[Exchange], list[dict[str, Any]]]:
        """
        Every page of a listing and all that it lists.

        Args:
            api: member of the authorization server metadata that holds the address.
            member: name of the array.

        Raises:
            Unmet: no address, or an answer that is no listing.
        """
        pages = [self.call("GET", self._session.endpoint(api), params=filters or None)]
        listed = list(self._listed(pages[-1], member))
        while isinstance(url := pages[-1].object().get("next"), str) and len(pages) < MOST_PAGES:
            pages.append(self.call("GET", url))
            listed += self._listed(pages[-1], member)
        return pages, listed

    def clients(self) -> list[dict[str, Any]]:
        """Its Client Objects."""
        return self.listing("cds_clients_api", "clients")[1]

    def credentials(self, client_id: str = "") -> list[dict[str, Any]]:
        """Its Credentials, of one Client Object or of all."""
        listed = self.listing("cds_credentials_api", "credentials")[1]
        return [each for each in listed if client_id in ("", each.get("client_id"))]

    def credential_of(self, client_id: str) -> tuple[str, str]:
        """
        client_id and a live client_secret of one of its Client Objects.

        Raises:
            Unmet: it has none.
        """
        for each in self.credentials(client_id):
            if each.get("client_secret") and each.get("client_secret_expires_at") == 0:
                self._http.secrets.add(str(each["client_secret"]))
                return client_id, str(each["client_secret"])
        raise Unmet(f"Client Object {client_id} has no live Credential")

    def client_with(self, **wanted: str) -> dict[str, Any]:
        """
        Its first Client Object whose array members hold these values: `grant_types="authorization_code"`.

        Raises:
            Unmet: none does.
        """
        for client in self.clients():
            if all(value in (client.get(member) or []) for member, value in wanted.items()):
                return client
        raise Unmet(f"the registration has no Client Object with {wanted}")

    def _listed(self, page: Exchange, member: str) -> Iterable[dict[str, Any]]:
        listed = page.object().get(member)
        if page.status != 200 or not isinstance(listed, list):
            raise Unmet(f"{page.url} answered {page.status} without {member}")
        return [each for each in listed if isinstance(each, dict)]


class Registered(ClientAdmin):
    """A registration that the kit made."""

    def __init__(self, session: Session, exchange: Exchange) -> None:
        self.exchange = exchange
        self.body: dict[str, Any] = exchange.object()
        super().__init__(session, str(self.body.get("client_id")), str(self.body.get("client_secret")))


def register_for(session: Session, **members: object) -> Registered:
    """
    Register at the server; see `request_body` for what is sent.

    Raises:
        Unmet: the answer is no registration.
    """
    exchange = send(session, request_body(session, **members))
    if exchange.status not in (200, 201) or "client_id" not in exchange.object():
        raise Unmet(f"registration was answered {exchange.status}: {exchange.text[:200]}")
    return Registered(session, exchange)


def send(session: Session, body: object) -> Exchange:
    """The registration endpoint's answer to a body."""
    return session.http.send("POST", session.endpoint("registration_endpoint"), json_body=body)


def request_body(session: Session, **members: object) -> dict[str, object]:
    """
    A registration of every scope, with a value for every field they need.

    Steps that need a person stand before production; what can be used before them is the server's to say (CDS-WG1-02
    4.2, 5.2).
    """
    scopes = [scope for _, scope in session.scopes]
    fields = dict(session.registration_fields)
    needed = {name for scope in scopes for name in scope.get("registration_requirements") or []}
    values = {
        str(field.get("field_name")): valid_value(field)
        for name in sorted(needed)
        if (field := fields.get(f"registration field {name}", {})).get("type") == "registration_field"
    }
    ids = [str(scope.get("id")) for scope in scopes]
    scope = " ".join(dict.fromkeys([CLIENT_ADMIN, *ids]))
    return {"scope": scope, "client_name": CLIENT_NAME, **values, **members}


def valid_value(field: Mapping[str, Any]) -> object:
    """A value that fits the format of a registration field (CDS-WG1-02 3.7)."""
    kind = str(field.get("format")).removesuffix("_or_null")
    choices = [choice["id"] for choice in field.get("choices") or [] if isinstance(choice, dict) and "id" in choice]
    values: dict[str, object] = {
        "string": "Conformance"[: int(field.get("max_length") or 11)],
        "string_list": ["Conformance"],
        "url": "https://kit.example/",
        "email": "kit@kit.example",
        "boolean": True,
        "image": PNG,
        "pdf": PDF,
        "choice": choices[0] if choices else None,
        "choice_list": choices[:1] or None,
        "purposes": [PURPOSE],
    }
    return values.get(kind)
