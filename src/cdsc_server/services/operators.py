"""Operator accounts: made and changed on the command line, each change with its entry in the audit trail."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from cdsc_server.domain.operators import SERVICE_ACTOR, SHORTEST_PASSWORD, Role
from cdsc_server.errors import AccessDenied, Conflict, InvalidRequest, NotFound
from cdsc_server.ports import Clock, Limits
from cdsc_server.services.audit import record
from cdsc_server.services.guessing import WrongPassword, count_attempt
from cdsc_server.services.operator_sign_in import REALM, OperatorSession
from cdsc_server.services.passwords import hash_password, password_fits
from cdsc_server.settings import Settings
from cdsc_server.storage import operators
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.keyset import Cursor, Page
from cdsc_server.storage.operators import OperatorRow, OperatorSessionRow


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
        raise InvalidRequest("an operator has a username and a name", field="username" if not name else "name")
    if not name.isprintable() or " " in name or name.startswith(SERVICE_ACTOR):
        raise InvalidRequest(f"username: no spaces, and nothing that starts with {SERVICE_ACTOR}", field="username")
    if not roles:
        raise InvalidRequest("an operator has at least one role", field="roles")
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


def page_of_operators(*, cursor: Cursor | None, size: int) -> Page[OperatorRow]:
    """A page of accounts, the newest first, disabled or not."""
    with reading() as session:
        return operators.page_of_operators(session, cursor=cursor, size=size)


def get_operator(username: str) -> OperatorRow:
    """The account, disabled or not; NotFound when there is none."""
    with reading() as session:
        return _checked(operators.find_operator(session, username.strip().lower()), username)


def change_roles(username: str, roles: Collection[Role], *, actor: str, clock: Clock) -> None:
    """
    Give an account these roles and no others; what it opens follows at its next page.

    Raises:
        NotFound: there is no such account.
        InvalidRequest: no role.
        Conflict: it is disabled, or the actor's own.
    """
    if not roles:
        raise InvalidRequest("roles: an operator has at least one", field="roles")
    now, wanted = clock.now(), sorted(set(roles))
    with transaction() as session:
        row = _found(session, username)
        _refuse_own(row, actor)
        if row.disabled is not None:
            raise Conflict(f"{row.username} is disabled")
        before, row.roles = row.roles, [role.value for role in wanted]
        if before != row.roles:
            record(
                session,
                actor=actor,
                action="operator.roles_changed",
                subject=f"operator:{row.username}",
                detail={"before": before, "roles": row.roles},
                now=now,
            )


def disable_operator(username: str, *, actor: str, clock: Clock) -> None:
    """
    Close an account for good; who is signed in with it is out at once.

    Raises:
        NotFound: there is no such account.
        Conflict: it is disabled already, or the actor's own.
    """
    now = clock.now()
    with transaction() as session:
        row = _found(session, username)
        _refuse_own(row, actor)
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


def change_own_password(
    current: OperatorSession, old: str, new: str, *, address: str, settings: Settings, limits: Limits, clock: Clock
) -> None:
    """
    Give the operator who is signed in another password; every other session of the account ends.

    Args:
        address: the network address the request came from; wrong passwords count as at the sign-in.

    Raises:
        WrongPassword: `old` is not the password.
        TooManyRequests: too many wrong ones.
        InvalidRequest: `new` is too short.
    """
    username = _username(current)
    hashed = _hashed(new)
    attempt = count_attempt(REALM, username, address=address, settings=settings, limits=limits, clock=clock)
    with reading() as session:
        row = operators.find_operator(session, username)
    if row is None or not password_fits(row.password_hash, old):
        raise WrongPassword("the password does not fit")
    with transaction() as session:
        locked = _found(session, username)
        # Somebody who set another one meanwhile, or closed the account, comes first.
        if locked.password_hash != row.password_hash or locked.disabled is not None:
            raise WrongPassword("the password does not fit")
        locked.password_hash = hashed
        operators.remove_sessions_of(session, username, but=current.session_hash)
        record(
            session,
            actor=username,
            action="operator.password_changed",
            subject=f"operator:{username}",
            now=clock.now(),
        )
    attempt.forgive(limits)


def sessions_of(username: str, *, clock: Clock) -> Sequence[OperatorSessionRow]:
    """Where an operator is signed in, the browser used last first."""
    with reading() as session:
        return operators.sessions_of(session, username, now=clock.now())


def count_sessions(*, clock: Clock) -> dict[str, int]:
    """In how many browsers each operator is signed in; who is in none is left out."""
    with reading() as session:
        return operators.count_sessions(session, now=clock.now())


def end_sessions(
    username: str, *, session_hash: str | None = None, but: str | None = None, actor: str, clock: Clock
) -> None:
    """
    Sign an operator out: of one browser, of all but one, or everywhere.

    Args:
        session_hash: of the one to end; None for all.
        but: with all: the hash of the one that stays.

    Raises:
        NotFound: there is no such account, or it is not signed in there.
    """
    with transaction() as session:
        row = _found(session, username)
        if session_hash is None:
            operators.remove_sessions_of(session, row.username, but=but)
        elif not operators.remove_session_of(session, row.username, session_hash):
            raise NotFound("this session has ended already")
        record(
            session,
            actor=actor,
            action="operator.sessions_ended",
            subject=f"operator:{row.username}",
            detail={"which": "one" if session_hash else "all others" if but else "all"},
            now=clock.now(),
        )


def _username(current: OperatorSession) -> str:
    if current.operator is None:
        raise AccessDenied("sign in first")
    return current.operator.username


def _refuse_own(row: OperatorRow, actor: str) -> None:
    # So there is always an admin left, and nobody is out by a slip of the hand.
    if row.username == actor:
        raise Conflict("This is your own account: another admin can do that")


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidRequest(f"a password has at least {SHORTEST_PASSWORD} characters", field="password")
    return hash_password(password)


def _found(session: Session, username: str) -> OperatorRow:
    return _checked(operators.find_operator(session, username.strip().lower(), lock=True), username)


def _checked(row: OperatorRow | None, username: str) -> OperatorRow:
    if row is None:
        raise NotFound(f"there is no operator {username}")
    return row
