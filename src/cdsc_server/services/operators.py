"""Operator accounts: made and changed on the command line, each change with its entry in the audit trail."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from cdsc_server.domain.operators import SHORTEST_PASSWORD, Role
from cdsc_server.errors import Conflict, InvalidRequest, NotFound
from cdsc_server.ports import Clock
from cdsc_server.services.audit import record
from cdsc_server.services.passwords import hash_password
from cdsc_server.storage import operators
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.operators import OperatorRow


def add_operator(
    username: str, *, display_name: str, roles: Collection[Role], password: str, actor: str, clock: Clock
) -> None:
    """
    Make an account.

    Raises:
        InvalidRequest: no name, no role, or a password that is too short.
        Conflict: the name is taken; names are never given to somebody else, because the audit trail holds them.
    """
    name = username.strip().lower()
    if not name or not display_name.strip():
        raise InvalidRequest("an operator has a username and a name")
    if not roles:
        raise InvalidRequest("an operator has at least one role")
    hashed, now = _hashed(password), clock.now()
    with transaction() as session:
        if operators.find_operator(session, name) is not None:
            raise Conflict(f"there is an operator {name} already")
        session.add(
            OperatorRow(
                username=name,
                display_name=display_name.strip(),
                roles=sorted(roles),
                password_hash=hashed,
                created=now,
            )
        )
        record(
            session,
            actor=actor,
            action="operator.added",
            subject=f"operator:{name}",
            detail={"roles": sorted(roles)},
            now=now,
        )


def list_operators() -> Sequence[OperatorRow]:
    """Every account, disabled or not."""
    with reading() as session:
        return operators.list_operators(session)


def disable_operator(username: str, *, actor: str, clock: Clock) -> None:
    """
    Close an account for good; who is signed in with it is out at once.

    Raises:
        NotFound: there is no such account.
        Conflict: it is disabled already.
    """
    now = clock.now()
    with transaction() as session:
        row = _found(session, username)
        if row.disabled is not None:
            raise Conflict(f"{row.username} is disabled already")
        row.disabled = now
        operators.remove_sessions_of(session, row.username)
        record(session, actor=actor, action="operator.disabled", subject=f"operator:{row.username}", now=now)


def change_password(username: str, password: str, *, actor: str, clock: Clock) -> None:
    """
    Give an account another password; who is signed in with it is out at once.

    Raises:
        NotFound: there is no such account.
        InvalidRequest: it is too short.
    """
    hashed, now = _hashed(password), clock.now()
    with transaction() as session:
        row = _found(session, username)
        row.password_hash = hashed
        operators.remove_sessions_of(session, row.username)
        record(session, actor=actor, action="operator.password_changed", subject=f"operator:{row.username}", now=now)


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidRequest(f"a password has at least {SHORTEST_PASSWORD} characters")
    return hash_password(password)


def _found(session: Session, username: str) -> OperatorRow:
    row = operators.find_operator(session, username.strip().lower(), lock=True)
    if row is None:
        raise NotFound(f"there is no operator {username}")
    return row
