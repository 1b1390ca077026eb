"""Registration of a Client: one request, one transaction, several Client Objects (CDS-WG1-02 4)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cdsc_server.domain.catalogue import CLIENT_ADMIN, Catalogue
from cdsc_server.domain.clients import DEFAULT_REDIRECT_PATH, SECRET_BASIC, PlannedClient, planned_clients
from cdsc_server.ports import Clock, KeyStore
from cdsc_server.services.credentials import new_credential
from cdsc_server.services.rate_limits import count_hourly
from cdsc_server.settings import Settings
from cdsc_server.storage.clients import ClientRow, RegistrationRow
from cdsc_server.storage.db import transaction

#: Optional members that a Client Object repeats as they were sent.
URIS = ("client_uri", "logo_uri", "tos_uri", "policy_uri")


def register(
    metadata: Mapping[str, Any], *, address: str, catalogue: Catalogue, settings: Settings, clock: Clock, keys: KeyStore
) -> tuple[ClientRow, str]:
    """
    Make the Client Objects for a registration request, each with a Credential.

    Args:
        metadata: a registration request of the right shape; redirect_uris in it are ignored.
        address: where the request came from, for counting.

    Returns:
        The Client Admin's Client Object and its client_secret.

    Raises:
        TooManyRequests: this address registered often enough for now.
        InvalidClientMetadata: the scope is not one this Server registers.

    Spec: CDS-WG1-02 4.1, 4.2.
    """
    count_hourly("registration", address, limit=settings.registrations_per_hour, clock=clock)
    planned = planned_clients(catalogue, metadata["scope"])
    now = clock.now()
    sent = {name: value for name, value in metadata.items() if name != "scope"}
    registration = RegistrationRow(registration_id=secrets.token_hex(12), created=now, metadata_sent=sent)
    made: dict[str, tuple[ClientRow, str]] = {}
    with transaction() as session:
        session.add(registration)
        session.flush()
        rows = [_client_row(plan, registration, settings=settings, now=now) for plan in planned]
        session.add_all(rows)
        session.flush()
        for row in rows:
            _, secret = new_credential(session, row, now=now, keys=keys)
            made[row.scope] = row, secret
    return made[CLIENT_ADMIN]


def _client_row(plan: PlannedClient, registration: RegistrationRow, *, settings: Settings, now: datetime) -> ClientRow:
    sent = registration.metadata_sent
    client_id = secrets.token_hex(12)
    asks_customers = bool(plan.response_types)
    default_redirect_uri = settings.base_url + DEFAULT_REDIRECT_PATH if asks_customers else None
    return ClientRow(
        client_id=client_id,
        registration_id=registration.registration_id,
        scope=plan.scope,
        client_name=sent.get("client_name", client_id),
        contacts=sent.get("contacts", []),
        redirect_uris=[] if default_redirect_uri is None else [default_redirect_uri],
        response_types=list(plan.response_types),
        grant_types=list(plan.grant_types),
        token_endpoint_auth_method=SECRET_BASIC,
        authorization_details_types=list(plan.authorization_details_types),
        uris={name: sent[name] for name in URIS if name in sent},
        status=plan.status,
        status_options=list(plan.status_options),
        default_scope=plan.scope if asks_customers else None,
        default_redirect_uri=default_redirect_uri,
        default_authorization_details=[] if asks_customers else None,
        created=now,
        modified=now,
    )
