"""Operators suspend a Client Object, and let it go on (CDS-WG1-02 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.clients import ClientStatus
from cdsc_server.errors import Conflict, InvalidRequest, NotFound
from cdsc_server.ports import Clock
from cdsc_server.services import changelog
from cdsc_server.services.audit import record
from cdsc_server.services.client_changes import shut_down
from cdsc_server.storage import clients
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import transaction

_ACTIONS: Final[Mapping[bool, str]] = {True: "client.suspended", False: "client.restored"}


def suspend_client(client_id: str, reason: str, *, actor: str, clock: Clock) -> None:
    """
    Disable a Client Object until an operator restores it: its Client cannot.

    Its Credentials end and its tokens are revoked at once, and nothing is read by its Grants, which stay as they are.
    The Client is told by Messages; Customers are not mailed.

    Raises:
        InvalidRequest: no reason.
        NotFound: there is no such Client Object.
        Conflict: it is disabled already, or the Client Admin of its registration, which cannot be.

    Spec: CDS-WG1-02 5.1, 5.2, 7.1.
    """
    _switch(client_id, reason, hold=True, actor=actor, clock=clock)


def restore_client(client_id: str, reason: str, *, actor: str, clock: Clock) -> None:
    """
    Let a suspended Client Object be what it was, sandbox or production; its Client makes a new Credential.

    Raises:
        InvalidRequest: no reason.
        NotFound: there is no such Client Object.
        Conflict: no operator has suspended it.
    """
    _switch(client_id, reason, hold=False, actor=actor, clock=clock)


def _switch(client_id: str, reason: str, *, hold: bool, actor: str, clock: Clock) -> None:
    if not reason.strip():
        raise InvalidRequest("Reason: write why", field="reason")
    now = clock.now()
    with transaction() as session:
        row = clients.find_client(session, client_id, lock=True)
        if row is None:
            raise NotFound("no Client Object has this client_id")
        before = row.status
        if hold:
            _hold(session, row, now=now)
        else:
            _release(row)
        row.modified = now
        changelog.client_changed(session, row, members=["cds_status"], now=now)
        record(
            session,
            actor=actor,
            action=_ACTIONS[hold],
            subject=f"client:{client_id}",
            detail={
                "reason": reason.strip(),
                "before": before,
                "after": row.status,
                "registration": row.registration_id,
            },
            now=now,
        )


def _hold(session: Session, row: ClientRow, *, now: datetime) -> None:
    if ClientStatus.DISABLED not in row.status_options:
        raise Conflict("The Client Admin of a registration cannot be disabled: nothing was changed")
    if row.status == ClientStatus.DISABLED:
        raise Conflict("The Client Object is disabled already: nothing was changed")
    shut_down(session, row, now=now)
    row.status, row.held = ClientStatus.DISABLED, now


def _release(row: ClientRow) -> None:
    if row.held is None:
        raise Conflict("No operator has suspended this Client Object: nothing was changed")
    row.held = None
    row.status = next(status for status in row.status_options if status != ClientStatus.DISABLED)
