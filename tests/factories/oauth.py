"""A registered Client that can ask for tokens, and approvals it holds codes for."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.grants import Selection
from cdsc_server.ports import Clock
from cdsc_server.services.codes import issue_code
from cdsc_server.settings import Settings
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from tests.factories.access import entry

#: Where the Clients of these tests want their answers.
CALLBACK = "https://client.example/callback"

#: Any challenge that is well formed; nobody holds its verifier.
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWBuGJSstw-cM"

ALL_SCOPES = "cds_client_admin account_list supply_details distribution_details usage_data generation_mix"


@dataclass(frozen=True)
class Authentication:
    """One Client Object and a live secret of it."""

    client_id: str
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        """HTTP Basic, as the token endpoint wants it."""
        return {"Authorization": "Basic " + base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()}


@dataclass(frozen=True)
class Approval:
    """A code that a Customer's approval gave, with what redeems it."""

    code: str
    verifier: str
    grant_id: str
    redirect_uri: str = CALLBACK

    @property
    def form(self) -> dict[str, str]:
        """The token request that redeems it."""
        return {
            "grant_type": "authorization_code",
            "code": self.code,
            "code_verifier": self.verifier,
            "redirect_uri": self.redirect_uri,
        }


@dataclass(frozen=True)
class Party:
    """A registration: its Client Objects by what they are for, and a live admin token."""

    http: FlaskClient
    admin: Authentication
    grant_admin: Authentication
    app: Authentication
    registration: dict[str, Any]
    bearer: dict[str, str] = field(default_factory=dict)

    def token(self, form: dict[str, str], *, by: Authentication | None = None) -> TestResponse:
        """A token request of the Client Object that asks Customers, or of another."""
        return self.http.post("/oauth/token", data=form, headers=(by or self.app).headers)

    def access(self, approval: Approval) -> dict[str, Any]:
        """What redeeming the code of an approval answers."""
        answer = self.token(approval.form)
        assert answer.status_code == 200, answer.json
        return dict(answer.json)

    def introspect(self, token: str, *, by: Authentication | None = None) -> dict[str, Any]:
        """What introspection says of a token."""
        answer = self.http.post("/oauth/introspect", data={"token": token}, headers=(by or self.app).headers)
        assert answer.status_code == 200, answer.json
        return dict(answer.json)

    def asking(self, **changes: str | None) -> dict[str, str]:
        """Parameters of a sound authorization request; None takes one out."""
        sound: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.app.client_id,
            "redirect_uri": CALLBACK,
            "scope": "usage_data",
            "state": "xyz",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**sound, **changes}.items() if value is not None}


def register(http: FlaskClient, scope: str = ALL_SCOPES, **metadata: Any) -> Party:
    """Register, find the Client Objects and their secrets, and give the one that asks Customers its callback."""
    answer = http.post("/oauth/register", json={"scope": scope, "client_name": "Bright Bills", **metadata})
    assert answer.status_code == 201, answer.json
    admin = Authentication(answer.json["client_id"], answer.json["client_secret"])
    token = http.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=admin.headers)
    bearer = {"Authorization": f"Bearer {token.json['access_token']}"}
    credentials = http.get("/credentials", headers=bearer).json["credentials"]
    secret_of = {each["client_id"]: each["client_secret"] for each in credentials}
    clients = http.get("/clients", headers=bearer).json["clients"]

    def authentication(fits: Any) -> Authentication:
        client_id = next((each["client_id"] for each in clients if fits(each)), "")
        return Authentication(client_id, secret_of.get(client_id, ""))

    app = authentication(lambda each: each["response_types"])
    if app.client_id:
        own = next(each for each in clients if each["client_id"] == app.client_id)
        body = {**own, "redirect_uris": [CALLBACK], "cds_default_redirect_uri": CALLBACK}
        changed = http.put(f"/clients/{app.client_id}", json=body, headers=bearer)
        assert changed.status_code == 200, changed.json
    grant_admin = authentication(lambda each: each["scope"] == "cds_grant_admin")
    return Party(http, admin, grant_admin, app, dict(answer.json), bearer)


def approve(
    app: Flask,
    client_id: str,
    *,
    catalogue: Catalogue,
    clock: Clock,
    settings: Settings,
    scopes: tuple[str, ...] = ("usage_data",),
    redirect_uri_sent: bool = True,
    **fields: Any,
) -> Approval:
    """
    What an approval leaves behind: a Grant over Ada's contracts, and a code for it.

    Args:
        fields: columns of the Grant that differ.
    """
    now, verifier, grant_id = clock.now(), secrets.token_urlsafe(48), f"grant-{secrets.token_hex(4)}"
    selection = Selection("service_contract_selection", frozenset({"contract-1"}))
    entries = [
        entry(
            catalogue,
            scope,
            selection,
            at=now,
            **({"include_contract_numbers": True} if scope != "account_list" else {}),
        )
        for scope in scopes
    ]
    with app.app_context(), transaction() as session:
        if session.get(CustomerRow, "ada") is None:
            session.add(CustomerRow(customer_id="ada", display_name="Ada", is_test=True, created=now))
            session.flush()
        details, scope = [each for each, _ in entries], " ".join(scopes)
        plain = {
            "grant_id": grant_id,
            "registration_id": _registration_of(session, client_id),
            "client_id": client_id,
            "customer_id": "ada",
            "status": "active",
            "scope": scope,
            "authorization_details": details,
            "enabled_scope": scope,
            "enabled_authorization_details": details,
            "selections": [each for _, each in entries],
            "states": ["xyz"],
            "receipt_confirmations": ["DGE-7K4M-29QX"],
            "created": now,
            "modified": now,
        }
        session.add(GrantRow(**{**plain, **fields}))
        session.flush()
        code = issue_code(
            session,
            client_id=client_id,
            grant_id=grant_id,
            redirect_uri=CALLBACK,
            redirect_uri_sent=redirect_uri_sent,
            code_challenge=create_s256_code_challenge(verifier),
            now=now,
            settings=settings,
        )
    return Approval(code, verifier, grant_id)


def _registration_of(session: Any, client_id: str) -> str:
    return str(session.get_one(ClientRow, client_id).registration_id)
