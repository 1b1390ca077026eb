"""Whole authorization code flows: a Client with a redirect URI of its own, a person who agrees, tokens."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cdsc_conformance.conditions.asking import challenge, parameters, verifier
from cdsc_conformance.conditions.clients import UPDATABLE
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Unmet
from cdsc_conformance.people import Arrived, Person
from cdsc_conformance.registration import Registered

if TYPE_CHECKING:
    from cdsc_conformance.session import Account, Session

CALLBACK: Final = "https://kit.example/callback"


@dataclass(frozen=True)
class Flow:
    """One agreement: how it was asked for, what came back, and the token answer."""

    asked: dict[str, str]
    arrived: Arrived
    tokens: Exchange

    @property
    def access_token(self) -> str:
        """The access token."""
        return str(self.tokens.object()["access_token"])

    @property
    def grant_ids(self) -> list[str]:
        """cds_grant_ids of the token answer; empty when absent."""
        found = self.tokens.object().get("cds_grant_ids")
        return [str(each) for each in found] if isinstance(found, list) else []


def account(session: Session) -> Account:
    """
    The test account.

    Raises:
        Unmet: the kit was given none.
    """
    if session.account is None:
        raise Unmet("no test account was given")
    return session.account


class CodeClient:
    """A Client Object that asks people, with a redirect URI of the kit's."""

    def __init__(self, session: Session, registered: Registered) -> None:
        self.session, self.registered = session, registered
        client = registered.client_with(response_types="code")
        self.receipt_uri = str(client.get("cds_default_redirect_uri"))
        body = {name: client[name] for name in ("client_id", *UPDATABLE) if name in client}
        body["redirect_uris"] = [*client.get("redirect_uris", []), CALLBACK]
        answer = registered.call("PUT", str(client["cds_client_uri"]), json_body=body)
        if answer.status != 200:
            raise Unmet(f"a redirect URI of the kit's was answered {answer.status}")
        self.client: dict[str, Any] = answer.object()
        self.credential = registered.credential_of(str(client["client_id"]))

    def ask(self, code_verifier: str, **changes: Any) -> dict[str, str]:
        """The parameters of a request that comes back to the kit."""
        changes = {"code_challenge": challenge(code_verifier), "redirect_uri": CALLBACK, **changes}
        return parameters(self.session, self.client, **changes)

    def flow(self, person: Person | None = None, **changes: Any) -> Flow:
        """
        Ask, let the person agree, redeem the code.

        Args:
            person: somebody who may be signed in already; by default a browser that nobody knows.

        Raises:
            Unmet: one of the three did not work.
        """
        code_verifier = verifier()
        asked = self.ask(code_verifier, **changes)
        with nullcontext(person) if person else Person(self.session.http, account(self.session)) as browser:
            arrived = browser.answer(self.session.endpoint("authorization_endpoint"), asked, CALLBACK)
        if "code" not in arrived.parameters:
            raise Unmet(f"the person agreed and the Client got {arrived.parameters.get('error')}")
        tokens = self.redeem(arrived.parameters["code"], code_verifier)
        if tokens.status != 200 or "access_token" not in tokens.object():
            raise Unmet(f"the code was answered {tokens.status}")
        return Flow(asked, arrived, tokens)

    def redeem(self, code: str, code_verifier: str) -> Exchange:
        """The token endpoint's answer to a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": code_verifier,
        }
        return self.token(form)

    def token(self, form: dict[str, str]) -> Exchange:
        """The token endpoint's answer to a form of this Client Object."""
        answer = self.session.http.send(
            "POST", self.session.endpoint("token_endpoint"), form=form, basic=self.credential
        )
        for name in ("access_token", "refresh_token"):
            if isinstance(answer.object().get(name), str):
                self.session.http.secrets.add(answer.object()[name])
        return answer

    def grants(self, **filters: str) -> list[dict[str, Any]]:
        """The Grants of the registration."""
        return self.registered.listing("cds_grants_api", "grants", **filters)[1]

    def grant(self, flow: Flow) -> dict[str, Any]:
        """
        The Grant of an agreement, by the id that the token answer names, else by its state.

        Raises:
            Unmet: the listing has none.
        """
        named = [grant for grant in self.grants() if grant.get("grant_id") in flow.grant_ids]
        return named[0] if named else self.grant_by_state(flow)

    def grant_by_state(self, flow: Flow) -> dict[str, Any]:
        """
        The Grant with the state of a request.

        Raises:
            Unmet: the listing has none.
        """
        state = flow.asked["state"]
        found = [grant for grant in self.grants() if state in (grant.get("states") or [])]
        if not found:
            raise Unmet("the Grants listing has no Grant with the state of the request")
        return found[0]

    def active(self, token: str) -> bool:
        """Whether a token of this Client Object still opens anything."""
        url = self.session.endpoint("introspection_endpoint")
        answer = self.session.http.send("POST", url, form={"token": token}, basic=self.credential)
        return answer.object().get("active") is True

    def patch(self, grant: dict[str, Any], body: object) -> Exchange:
        """The answer to a PATCH of a Grant."""
        return self.registered.call("PATCH", str(grant["uri"]), json_body=body)
