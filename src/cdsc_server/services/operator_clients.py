"""Registrations and Client Objects as operators look them up, whoever they belong to."""

from __future__ import annotations

from sqlalchemy.orm import Session

from cdsc_server.errors import NotFound
from cdsc_server.storage import clients, console
from cdsc_server.storage.clients import ClientRow, RegistrationRow
from cdsc_server.storage.db import reading


def get_client(client_id: str) -> ClientRow:
    """The Client Object; NotFound when there is none."""
    with reading() as session:
        row = clients.find_client(session, client_id)
    if row is None:
        raise NotFound("no Client Object has this client_id")
    return row


def check_registration(registration_id: str) -> None:
    """
    See that there is such a registration, before what it holds is listed.

    Raises:
        NotFound: there is none.
    """
    with reading() as session:
        found_registration(session, registration_id)


def found_registration(session: Session, registration_id: str) -> RegistrationRow:
    """The registration; NotFound when there is none. For other use cases."""
    row = console.find_registration(session, registration_id)
    if row is None:
        raise NotFound("no registration has this id")
    return row
