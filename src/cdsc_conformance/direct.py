"""Clients that read without asking anybody (CDS-WG3-01 6.2): the kit is told of a registration that may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdsc_conformance.conditions.asking import details
from cdsc_conformance.customer_data import Access, Thing, entry
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Unmet
from cdsc_conformance.flows import Flow
from cdsc_conformance.people import Arrived
from cdsc_conformance.registration import ClientAdmin

if TYPE_CHECKING:
    from cdsc_conformance.session import Session


class Direct:
    """Such a registration, as its Clients use it."""

    def __init__(self, session: Session) -> None:
        if session.registration is None:
            raise Unmet("no registration for direct access was given")
        self._session = session
        self.registered = ClientAdmin(session, session.registration.client_id, session.registration.client_secret)
        self.clients = self.registered.clients()

    def holding(self, kind: str) -> list[tuple[Thing, str]]:
        """The scopes of a type that its Client Objects hold, each with the id of one that does."""
        return [
            (scope, str(client["client_id"]))
            for _, scope in self._session.scopes_of_type(kind)
            for client in self.clients
            if scope.get("id") in str(client.get("scope")).split()
        ]

    def ask(self, scope: Thing, client_id: str, values: Thing) -> Exchange:
        """The answer to a request of a token for all of a scope but for these values; None leaves a field out."""
        asked = {name: value for name, value in {**entry(scope, yes=True), **values}.items() if value is not None}
        credential = self.registered.credential_of(client_id)
        form = {"authorization_details": details(asked)}
        return self.registered.ask_token(credential, scope=str(scope["id"]), **form)

    def access(self, kind: str, **values: Any) -> Access:
        """
        What a token for a scope of this type reads.

        Raises:
            Unmet: no Client Object holds one, or none of them got a token.
        """
        said = []
        for scope, client_id in self.holding(kind):
            answer = self.ask(scope, client_id, values)
            if answer.status == 200 and "access_token" in answer.object():
                self.registered.token_from(answer)
                return Access(self._session, scope, Flow({}, Arrived(answer, {}), answer))
            said.append(f"{scope.get('id')} was answered {answer.status}")
        raise Unmet(f"no token for {kind}: {', '.join(said) or 'no Client Object of the registration holds one'}")

    def grants(self) -> list[Thing]:
        """The Grants of the registration."""
        return self.registered.listing("cds_grants_api", "grants")[1]
