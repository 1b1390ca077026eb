"""Grant admin tokens for a Grant that a person agreed to (CDS-WG1-02 3.3.2)."""

from __future__ import annotations

from typing import Any

from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.asking import details
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Findings, Unmet, judge
from cdsc_conformance.session import Session


class _Admin:
    """The grant admin Client Object of the registration with an agreement."""

    def __init__(self, session: Session) -> None:
        self.code_client, self.grant = session.code_client, session.code_client.grant(session.agreed)
        described = {str(scope.get("id")): scope for _, scope in session.scopes}
        named = {described.get(word, {}).get("grant_admin_scope") for word in str(self.grant["scope"]).split()}
        if len(named) != 1 or None in named:
            raise Unmet("no grant admin scope reaches the Grant")
        self.scope = str(named.pop())
        clients = self.code_client.registered.clients()
        found = [each for each in clients if self.scope in str(each.get("scope")).split()]
        if not found:
            raise Unmet("the registration has no grant admin Client Object")
        self.credential = self.code_client.registered.credential_of(str(found[0]["client_id"]))
        self.client_id = str(found[0]["client_id"])

    def ask(self, scope: str = "", **changes: Any) -> Exchange:
        """The answer to a request for a token of the Grant."""
        entry = {
            "type": self.scope,
            "client_id": self.grant["client_id"],
            "grant_id": self.grant["grant_id"],
            **changes,
        }
        return self.code_client.registered.ask_token(
            self.credential, scope=scope or self.scope, authorization_details=details(entry)
        )


@condition("WG1-02-3.3.2-36", "WG1-02-3.3.2-18")
def opens(session: Session) -> Findings:
    """A sound request is answered with a token that is about this Grant."""
    admin = _Admin(session)
    answer = admin.ask()
    given = answer.status == 200 and isinstance(answer.object().get("access_token"), str)
    yield judge("WG1-02-3.3.2-36", given, f"it was answered {answer.status}", answer)
    entries = answer.object().get("authorization_details") or []
    about = given and [each.get("grant_id") for each in entries] == [admin.grant["grant_id"]]
    yield judge("WG1-02-3.3.2-18", about, f"the token is about {entries}, not the entry asked with", answer)


@condition("WG1-02-3.3.2-32")
def owner(session: Session) -> Findings:
    """The Grant must belong to the Client Object that the entry names."""
    admin = _Admin(session)
    answer = admin.ask(client_id=admin.client_id)
    yield judge("WG1-02-3.3.2-32", answer.status == 400, f"another client_id was answered {answer.status}", answer)


@condition("WG1-02-3.3.2-33")
def ended(session: Session) -> Findings:
    """A Grant that opens nothing yields no token."""
    admin = _Admin(session)
    code_client = session.code_client
    other = code_client.grant(code_client.flow(state="kit-to-close"))
    closed = code_client.patch(other, {"status": "closed"})
    answer = admin.ask(grant_id=other["grant_id"])
    yield judge("WG1-02-3.3.2-33", answer.status == 400, f"it was answered {answer.status}", closed, answer)
