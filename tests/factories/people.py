"""Customers with a login and something to share, and a request that waits for their decision."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.authorization_requests import AuthorizationRequest
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.details import RequestedEntry
from cdsc_server.services.passwords import hash_password
from cdsc_server.storage.authorizations import AuthorizationRequestRow
from cdsc_server.storage.clients import RegistrationRow
from cdsc_server.storage.customers import LoginRow
from tests.factories import customer_data as rows
from tests.factories.access import client_object, registration

PASSWORD = "correct horse"


@cache
def _hash(password: str) -> str:
    return hash_password(password)


def login(username: str, customer_id: str, *, at: datetime, password: str = PASSWORD) -> LoginRow:
    return LoginRow(username=username, customer_id=customer_id, password_hash=_hash(password), created=at)


def baker(session: Session, *, at: datetime, contracts: int = 3, customer_id: str = "ada", **fields: Any) -> None:
    """A Customer who has an account with shops, each with a connection and a meter; signs in as <id>@example.com."""
    session.add(rows.customer(customer_id, display_name=f"{customer_id.title()} Lindqvist", **fields))
    session.flush()
    session.add(login(f"{customer_id}@example.com", customer_id, at=at))
    session.add(rows.account("a1", customer_id, name="Lindqvist Bakeries"))
    for n in range(1, contracts + 1):
        shop = f"shop{n:04d}"
        kind = "electric" if n % 2 else "natural_gas"
        session.add(rows.contract(shop, "a1", customer_id, label=f"Shop {n:04d}", service_types=[kind, "supply"]))
        if n <= 20:
            session.add(rows.service_point(f"p{n}", customer_id))
            session.add(rows.meter(f"m{n}", customer_id))
            session.add(rows.served(f"p{n}", shop, customer_id))
            session.add(rows.installed(f"m{n}", f"p{n}", customer_id))
    session.flush()


def requester(session: Session, *, at: datetime, **fields: Any) -> None:
    """The Client Object "app" with its registration, once."""
    if session.get(RegistrationRow, "reg") is None:
        session.add(registration(at=at))
        session.flush()
        session.add(client_object(at=at, **{"client_name": "Kestrel Carbon", **fields}))
        session.flush()


def requested(catalogue: Catalogue, scope_id: str, **values: Any) -> RequestedEntry:
    """An entry with the defaults of its scope but for these values."""
    offered = catalogue.scopes[scope_id].fields
    return RequestedEntry(scope_id, {**{name: each.default for name, each in offered.items()}, **values})


def waiting(
    session: Session, entries: tuple[RequestedEntry, ...], *, session_hash: str, at: datetime, **parameters: Any
) -> str:
    """Store a request that was opened in a browser; gives its request_id."""
    plain = {
        "redirect_uri": "https://client.example/callback",
        "redirect_uri_sent": True,
        "state": "xyz",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWBuGJSstw-cM",
        "scope": " ".join(entry.scope_id for entry in entries),
        "entries": entries,
    }
    request = AuthorizationRequest(**{**plain, **parameters})
    row = AuthorizationRequestRow(
        request_id=secrets.token_urlsafe(16),
        client_id="app",
        parameters=request.to_stored(),
        session_hash=session_hash,
        created=at,
        expires=at + timedelta(minutes=10),
    )
    session.add(row)
    return row.request_id
