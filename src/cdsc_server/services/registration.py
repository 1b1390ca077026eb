"""Registration of a Client: one request, one transaction, several Client Objects (CDS-WG1-02 4)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from cdsc_server.domain import purposes
from cdsc_server.domain.catalogue import CLIENT_ADMIN, Catalogue, Scope
from cdsc_server.domain.clients import DEFAULT_REDIRECT_PATH, PlannedClient, planned_clients
from cdsc_server.domain.field_values import file_bytes, media_type
from cdsc_server.domain.submitted_fields import submitted_values, taken_fields
from cdsc_server.ports import BlobStore, Clock, KeyStore, Limits
from cdsc_server.services import requirements
from cdsc_server.services.credentials import new_credential
from cdsc_server.services.rate_limits import count_hourly
from cdsc_server.settings import Settings
from cdsc_server.storage.clients import ClientRow, RegistrationRow
from cdsc_server.storage.db import transaction

#: Optional members that a Client Object repeats as they were sent.
URIS = ("client_uri", "logo_uri", "tos_uri", "policy_uri")
#: Marks a stored value as a file; its bytes are in the BlobStore.
FILE: Final = "content_hash"


def register(
    metadata: Mapping[str, Any],
    *,
    fields: Mapping[str, Any] | None = None,
    address: str,
    catalogue: Catalogue,
    settings: Settings,
    limits: Limits,
    clock: Clock,
    keys: KeyStore,
    blobs: BlobStore,
) -> tuple[ClientRow, str]:
    """
    Make the Client Objects for a registration request, with their Credentials, and ask for what production needs.

    Args:
        metadata: a registration request of the right shape; redirect_uris in it are ignored.
        fields: the members of the request among which registration fields are looked for; others are ignored.
        address: where the request came from, for counting.

    Returns:
        The Client Admin's Client Object and its client_secret.

    Raises:
        TooManyRequests: this address registered often enough for now.
        InvalidClientMetadata: the scope is not one this Server registers, or a registration field breaks a rule.

    Spec: CDS-WG1-02 3.6, 4.1, 4.2.
    """
    count_hourly("registration", address, limit=settings.registrations_per_hour, limits=limits, clock=clock)
    planned = planned_clients(catalogue, metadata["scope"])
    scopes = [scope for plan in planned for scope in plan.scopes]
    values = kept_values(catalogue, scopes, submitted_values(catalogue, scopes, fields or {}), blobs=blobs)
    now = clock.now()
    sent = {name: value for name, value in metadata.items() if name != "scope"}
    registration = RegistrationRow(registration_id=secrets.token_hex(12), created=now, metadata_sent=sent)
    made: dict[str, tuple[ClientRow, str]] = {}
    with transaction() as session:
        session.add(registration)
        session.flush()
        rows = [
            _client_row(
                plan,
                registration,
                values_of(catalogue, plan.scopes, values),
                catalogue=catalogue,
                settings=settings,
                now=now,
            )
            for plan in planned
        ]
        session.add_all(rows)
        session.flush()
        for row in rows:
            if row.token_endpoint_auth_method is not None:
                _, secret = new_credential(session, row, now=now, keys=keys)
                made[row.scope] = row, secret
        requirements.ask(
            session, registration_id=registration.registration_id, scopes=scopes, catalogue=catalogue, now=now
        )
    return made[CLIENT_ADMIN]


def kept_values(
    catalogue: Catalogue, scopes: Iterable[Scope], values: Mapping[str, Any], *, blobs: BlobStore
) -> dict[str, Any]:
    """Values of registration fields as they are stored: files by their hash, all else as it is."""
    files = {field.field_name for field in taken_fields(catalogue, scopes).values() if field.is_file}
    return {
        name: _kept_file(value, blobs) if name in files and isinstance(value, str) else value
        for name, value in values.items()
    }


def _kept_file(value: str, blobs: BlobStore) -> dict[str, Any]:
    data = file_bytes(value)
    stored = blobs.put([data])
    return {FILE: stored.content_hash, "size": stored.size, "mime_type": media_type(data)}


def is_file(value: Any) -> bool:
    """Whether a stored value of a registration field stands for a file."""
    return isinstance(value, dict) and FILE in value


def new_purpose_id() -> str:
    """An id that no Purpose has yet."""
    return f"purpose-{secrets.token_hex(8)}"


def _purposes(catalogue: Catalogue, plan: PlannedClient, values: Mapping[str, Any]) -> dict[str, Any]:
    """The Purposes that came with a registration, for a Client Object that may name them (CDS-WG3-01 5.1)."""
    if not purposes.taking(catalogue, plan.scope):
        return {}
    fields = [each for each in taken_fields(catalogue, plan.scopes).values() if each.holds_purposes]
    sent = [purpose for each in fields for purpose in values.get(str(each.field_name)) or ()]
    return {purpose_id: dict(kept) for purpose_id, kept in purposes.submitted(sent, new_id=new_purpose_id).items()}


def values_of(catalogue: Catalogue, scopes: Iterable[Scope], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that belong to a Client Object of these scopes."""
    names = {field.field_name for field in taken_fields(catalogue, scopes).values()}
    return {name: value for name, value in values.items() if name in names}


def _client_row(
    plan: PlannedClient,
    registration: RegistrationRow,
    values: dict[str, Any],
    *,
    catalogue: Catalogue,
    settings: Settings,
    now: datetime,
) -> ClientRow:
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
        token_endpoint_auth_method=plan.auth_method,
        authorization_details_types=list(plan.authorization_details_types),
        uris={name: sent[name] for name in URIS if name in sent},
        registered_fields=values,
        purposes=_purposes(catalogue, plan, values),
        status=plan.status,
        status_options=list(plan.status_options),
        default_scope=plan.scope if asks_customers else None,
        default_redirect_uri=default_redirect_uri,
        default_authorization_details=[] if asks_customers else None,
        created=now,
        modified=now,
    )
