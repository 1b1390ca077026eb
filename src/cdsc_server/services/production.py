"""The way of a Client Object from the sandbox to production (CDS-WG1-02 3.6, 4.2)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue, Scope
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.errors import Conflict, NotFound
from cdsc_server.ports import KeyStore
from cdsc_server.services import changelog, requirements
from cdsc_server.services.credentials import new_credential
from cdsc_server.storage import clients, reviews
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.messages import MessageRow


@dataclass(frozen=True)
class ProductionCase:
    """
    How far a Client Object is on its way to production.

    Args:
        possible: whether it is an enabled one of the sandbox.
        made: its equivalent in production.
        request: of its Client, which waits.
        unmet: what it needs and is not accepted, with where each stands.
    """

    possible: bool
    made: ClientRow | None
    request: MessageRow | None
    unmet: Mapping[str, str]


def production_case(client_id: str, *, catalogue: Catalogue) -> ProductionCase:
    """
    How far a Client Object is on its way to production.

    Raises:
        NotFound: no such Client Object.
    """
    with reading() as session:
        sandbox = clients.find_client(session, client_id)
        if sandbox is None:
            raise NotFound("no Client Object has this client_id")
        if ClientStatus.SANDBOX not in sandbox.status_options:
            return ProductionCase(possible=False, made=None, request=None, unmet={})
        return ProductionCase(
            possible=sandbox.status != ClientStatus.DISABLED,
            made=reviews.production_like(session, sandbox),
            request=reviews.pending_production(session, sandbox.registration_id, client_id),
            unmet=requirements.unmet(
                session, sandbox.registration_id, catalogue.scopes_of(sandbox.scope.split()), catalogue
            ),
        )


def add_production(
    session: Session,
    sandbox: ClientRow,
    *,
    override: bool,
    why: str,
    catalogue: Catalogue,
    keys: KeyStore,
    now: datetime,
) -> ClientRow:
    """
    A Client Object for production beside the one in the sandbox, which stays.

    It has the limits of that one: it is to be its equivalent, and what an operator has narrowed stays narrow.

    Args:
        override: although not everything it needs is accepted; the rest is waived.
        why: read by the Client in what is waived; empty for our own words.

    Raises:
        Conflict: it is not one of the sandbox, it has its equivalent, or something it needs is not accepted.

    Spec: CDS-WG1-02 4.2, 6.9.
    """
    if ClientStatus.SANDBOX not in sandbox.status_options or sandbox.status == ClientStatus.DISABLED:
        raise Conflict("it is not an enabled Client Object of the sandbox")
    clients.lock_registration(session, sandbox.registration_id)
    there = reviews.production_like(session, sandbox)
    if there is not None:
        raise Conflict(f"there is a production Client Object for the same scopes: {there.client_id}")
    scopes = catalogue.scopes_of(sandbox.scope.split())
    see_met(session, sandbox, scopes, catalogue, override=override, why=why, now=now)
    client_id = secrets.token_hex(12)
    made = ClientRow(
        client_id=client_id,
        registration_id=sandbox.registration_id,
        scope=sandbox.scope,
        client_name=client_id if sandbox.client_name == sandbox.client_id else sandbox.client_name,
        contacts=list(sandbox.contacts),
        redirect_uris=list(sandbox.redirect_uris),
        response_types=list(sandbox.response_types),
        grant_types=list(sandbox.grant_types),
        token_endpoint_auth_method=sandbox.token_endpoint_auth_method,
        authorization_details_types=list(sandbox.authorization_details_types),
        uris=dict(sandbox.uris),
        registered_fields=dict(sandbox.registered_fields),
        limits=dict(sandbox.limits),
        status=ClientStatus.PRODUCTION,
        status_options=[ClientStatus.PRODUCTION, ClientStatus.DISABLED],
        default_scope=sandbox.default_scope,
        default_redirect_uri=sandbox.default_redirect_uri,
        default_authorization_details=sandbox.default_authorization_details,
        created=now,
        modified=now,
    )
    session.add(made)
    session.flush()
    credential, _ = new_credential(session, made, now=now, keys=keys)
    session.flush()
    changelog.client_added(session, made, now=now)
    changelog.credential_added(session, credential, now=now)
    return made


def see_met(
    session: Session,
    client: ClientRow,
    scopes: Sequence[Scope],
    catalogue: Catalogue,
    *,
    override: bool,
    why: str,
    now: datetime,
) -> None:
    """
    Refuse while something that production needs is owed; with `override` that is waived instead.

    Raises:
        Conflict: something is owed.
    """
    if override:
        reason = why.strip() or "An operator decided so."
        requirements.waive_unmet(session, client.registration_id, scopes, catalogue, reason=reason, now=now)
        return
    unmet = requirements.unmet(session, client.registration_id, scopes, catalogue)
    if unmet:
        names = ", ".join(f"{name} ({status})" for name, status in unmet.items())
        raise Conflict(f"not everything is accepted yet: {names}")
