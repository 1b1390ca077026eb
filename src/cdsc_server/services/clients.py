"""Client Objects: who authenticates as one, and the Clients API (CDS-WG1-02 5)."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.purposes import purposes_of
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.errors import InvalidClient, NotFound
from cdsc_server.ports import Clock
from cdsc_server.services.registration import is_file
from cdsc_server.storage import clients
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.keyset import Cursor, Page

_NOBODY: Final = secret_hash("")


@dataclass(frozen=True)
class AuthenticatedClient:
    """
    A Client Object that proved who it is, with the Credential it did so by.

    Args:
        modified: of the Client Object as it was then; another value in the database means that this is out of date.
    """

    client_id: str
    registration_id: str
    credential_id: str
    scope: str
    grant_types: tuple[str, ...]
    modified: datetime
    secret_hash: str = field(repr=False)

    @property
    def proof(self) -> dict[str, Any]:
        """What a statement needs to see that this still holds: see `storage.clients.still_proven`."""
        return {
            "proven_client_id": self.client_id,
            "proven_credential_id": self.credential_id,
            "proven_modified": self.modified,
        }


class OutOfDate(Exception):
    """A Client Object that was recognised has changed or ended since; authenticate it again."""


#: Proofs of this process, by client_id and secret's hash. Whoever takes one from here has its own statement judge
#: whether it still holds, so that nothing needs to be told to other processes when a Client Object changes.
_proofs: OrderedDict[tuple[str, str], AuthenticatedClient] = OrderedDict()
_MOST_PROOFS: Final = 4096


def recognise(client_id: str, secret: str, *, clock: Clock) -> AuthenticatedClient:
    """
    As `authenticate`, but possibly out of date: for callers whose statement takes `proof`, and who then ask again.

    Raises:
        InvalidClient: as `authenticate`.
    """
    known = _proofs.get((client_id, secret_hash(secret)))
    return authenticate(client_id, secret, clock=clock) if known is None else known


def authenticate_again(client: AuthenticatedClient, *, clock: Clock) -> AuthenticatedClient:
    """
    The Client Object as it is now, after a proof of it was found out of date.

    Raises:
        InvalidClient: it cannot authenticate any more.
    """
    _proofs.pop((client.client_id, client.secret_hash), None)
    return _authenticated(client.client_id, client.secret_hash, clock=clock)


def authenticate(client_id: str, secret: str, *, clock: Clock) -> AuthenticatedClient:
    """
    The Client Object whose client_id and live secret these are; any of its live Credentials will do.

    Raises:
        InvalidClient: unknown, wrong, expired or disabled; which of them is for the log only.

    Spec: RFC 6749 2.3.1; CDS-WG1-02 7.6.
    """
    return _authenticated(client_id, secret_hash(secret), clock=clock)


def _authenticated(client_id: str, presented: str, *, clock: Clock) -> AuthenticatedClient:
    now = clock.now()
    rows = clients.find_with_credentials(client_id)
    # Every Credential is compared, and an unknown client too, so that the time taken tells nothing.
    fitting = [row for row in rows if hmac.compare_digest(row.secret_hash or _NOBODY, presented)]
    if not rows:
        hmac.compare_digest(_NOBODY, presented)
    live = [row for row in fitting if row.credential_id and (row.expires is None or row.expires > now)]
    if not live or live[0].status == ClientStatus.DISABLED:
        reason = "disabled" if live else "expired secret" if fitting else "wrong secret" if rows else "unknown client"
        raise InvalidClient("client authentication failed", detail=f"{client_id}: {reason}")
    row = live[0]
    proven = AuthenticatedClient(
        client_id=row.client_id,
        registration_id=row.registration_id,
        credential_id=row.credential_id,
        scope=row.scope,
        grant_types=tuple(row.grant_types),
        modified=row.modified,
        secret_hash=presented,
    )
    _proofs[client_id, presented] = proven
    while len(_proofs) > _MOST_PROOFS:
        _proofs.popitem(last=False)
    return proven


def get_client(client_id: str, *, registration_id: str) -> ClientRow:
    """The Client Object; NotFound when there is none in this registration (CDS-WG1-02 5.4)."""
    with reading() as session:
        return _found(session, client_id, registration_id)


def list_clients(
    registration_id: str,
    *,
    client_ids: Collection[str] | None,
    statuses: Collection[str] | None,
    cursor: Cursor | None,
    size: int,
) -> Page[Row[Any]]:
    """Client Objects of the registration that pass both filters, last modified first (CDS-WG1-02 5.3)."""
    with reading() as session:
        return clients.list_clients(
            session, registration_id, client_ids=client_ids, statuses=statuses, cursor=cursor, size=size
        )


def _found(session: Session, client_id: str, registration_id: str) -> ClientRow:
    row = clients.find_client(session, client_id, registration_id=registration_id)
    if row is None:
        raise NotFound("no Client Object has this client_id")
    return row


def to_wire(row: ClientRow | Row[Any], *, catalogue: Catalogue, base_url: str) -> dict[str, Any]:
    """The Client Object as the API shows it; never with a secret (CDS-WG1-02 5.1)."""
    defaults = {
        "cds_default_scope": row.default_scope,
        "cds_default_redirect_uri": row.default_redirect_uri,
        "cds_default_authorization_details": row.default_authorization_details,
    }
    purposes = purposes_of(catalogue, row.scope, row.purposes)
    # Only a Client Object with limits or Purposes of its own has metadata of its own (CDS-WG1-02 5.1).
    own = f"{base_url}/clients/{row.client_id}/cds-server-metadata.json"
    return {
        "client_id": row.client_id,
        "client_id_issued_at": int(row.created.timestamp()),
        "scope": row.scope,
        "redirect_uris": row.redirect_uris,
        "token_endpoint_auth_method": row.token_endpoint_auth_method,
        "grant_types": row.grant_types,
        "response_types": row.response_types,
        "client_name": row.client_name,
        "contacts": row.contacts,
        "authorization_details_types": row.authorization_details_types,
        **row.uris,
        # Files are large, and nobody asks for them here: docs/how-to/integrate/registration.md says so.
        **{name: value for name, value in row.registered_fields.items() if not is_file(value)},
        "cds_created": row.created,
        "cds_modified": row.modified,
        "cds_client_uri": f"{base_url}/clients/{row.client_id}",
        "cds_status": row.status,
        "cds_status_options": row.status_options,
        "cds_server_metadata": own
        if row.limits or row.purposes
        else f"{base_url}/.well-known/cds-server-metadata.json",
        **(defaults if row.response_types else {}),
        **({"cds_purposes": {each.id: each.to_wire() for each in purposes.values()}} if purposes else {}),
    }
