"""A Client with a Grant over a Customer, and a live access token for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.details import RequestedEntry
from cdsc_server.domain.grants import Selection, granted_details
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.storage.authorizations import TokenRow
from cdsc_server.storage.clients import ClientRow, RegistrationRow
from cdsc_server.storage.grants import GrantRow, ReceiptRow


def registration(registration_id: str = "reg", *, at: datetime) -> RegistrationRow:
    return RegistrationRow(registration_id=registration_id, created=at, metadata_sent={})


def client_object(client_id: str = "app", registration_id: str = "reg", *, at: datetime, **fields: Any) -> ClientRow:
    plain: dict[str, Any] = {
        "client_id": client_id,
        "registration_id": registration_id,
        "scope": "account_list supply_details distribution_details usage_data generation_mix",
        "client_name": "Bright Bills",
        "contacts": [],
        "redirect_uris": ["https://client.example/callback"],
        "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_basic",
        "authorization_details_types": [],
        "uris": {},
        "status": "sandbox",
        "status_options": [],
        "default_scope": None,
        "default_redirect_uri": None,
        "default_authorization_details": None,
        "created": at,
        "modified": at,
    }
    return ClientRow(**{**plain, **fields})


def entry(
    catalogue: Catalogue, scope_id: str, selection: Selection, *, at: datetime, **values: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """An entry approved at `at`, with its selection: include fields false, defaults of the scope, then `values`."""
    offered = catalogue.scopes[scope_id].fields
    plain = {name: False if field.field.format == "boolean" else field.default for name, field in offered.items()}
    requested = RequestedEntry(scope_id, {**plain, **values})
    return granted_details(catalogue, requested, at=at), selection.to_stored()


def grant(
    session: Session,
    entries: Sequence[tuple[dict[str, Any], dict[str, Any]]],
    *,
    at: datetime,
    token: str = "token",
    customer_id: str = "ada",
    **fields: Any,
) -> str:
    """Store a Grant with these entries, its Client when there is none, and the token; gives the token's text."""
    if session.get(RegistrationRow, "reg") is None:
        session.add(registration(at=at))
        session.flush()
        session.add(client_object(at=at))
        session.flush()
    details = [each for each, _ in entries]
    scope = " ".join(dict.fromkeys(each["type"] for each in details))
    plain: dict[str, Any] = {
        "grant_id": f"grant-{token}",
        "registration_id": "reg",
        "client_id": "app",
        "customer_id": customer_id,
        "status": "active",
        "scope": scope,
        "authorization_details": details,
        "enabled_scope": scope,
        "enabled_authorization_details": details,
        "selections": [selection for _, selection in entries],
        "states": [],
        "receipt_confirmations": [],
        "created": at,
        "modified": at,
    }
    session.add(GrantRow(**{**plain, **fields}))
    session.flush()
    add_token(session, f"grant-{token}", scope, at=at, token=token, expires=at + timedelta(hours=1))
    return token


def add_token(
    session: Session, grant_id: str, scope: str, *, at: datetime, token: str = "token", expires: datetime | None = None
) -> None:
    """Store a live access token of the Client of `grant`; without `expires` it lives as long as its Grant."""
    session.add(
        TokenRow(
            token_hash=secret_hash(token),
            kind="access",
            client_id="app",
            registration_id="reg",
            grant_id=grant_id,
            scope=scope,
            issued=at,
            expires=expires,
        )
    )


def unidentified_grant(
    session: Session, client: ClientRow, numbers: Sequence[str], *, at: datetime, name: str = "stated"
) -> str:
    """Store a Grant with its receipt that somebody agreed to without signing in; gives its id."""
    entry = {"type": "usage_data"}
    row = GrantRow(
        grant_id=f"grant-{name}",
        registration_id=client.registration_id,
        client_id=client.client_id,
        status="pending",
        scope="usage_data",
        authorization_details=[entry],
        enabled_scope="",
        enabled_authorization_details=[],
        selections=[],
        states=[],
        receipt_confirmations=[f"DGE-{name.upper()}"],
        created=at,
        modified=at,
        eta=at + timedelta(days=3),
    )
    session.add(row)
    session.flush()
    kind = "service_contract_selection"
    stated = {"scope_id": "usage_data", "kind": kind, "numbers": list(numbers), "future": False}
    session.add(
        ReceiptRow(
            path_hash=name,
            path_sealed=name.encode(),
            confirmation=f"DGE-{name.upper()}",
            grant_id=row.grant_id,
            customer_id=None,
            form={"client_name": client.client_name, "sections": []},
            stated={"contact": "somebody@mail.example", "selections": [stated]},
            created=at,
        )
    )
    return row.grant_id
