"""Remove what has ended, a batch at a time, so that no table grows without end and no request waits for long."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, CursorResult, delete, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from cdsc_server.domain.grants import FINAL, GrantStatus
from cdsc_server.storage.authorizations import AuthorizationRequestRow, CodeRow, TokenRow
from cdsc_server.storage.contact_codes import ContactCodeRow
from cdsc_server.storage.customers import SessionRow
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.limits import LoginFailureRow
from cdsc_server.storage.provisioned import ProvisioningUploadRow
from cdsc_server.storage.service_accounts import OperatorTokenRow
from cdsc_server.storage.tickets import TicketNewsRow

#: What ends by itself: its key, and the instant it ended at.
_ENDING: Final[tuple[tuple[InstrumentedAttribute[Any], InstrumentedAttribute[Any]], ...]] = (
    (AuthorizationRequestRow.request_id, AuthorizationRequestRow.expires),
    (ContactCodeRow.request_id, ContactCodeRow.expires),
    (CodeRow.code_hash, CodeRow.expires),
    (TokenRow.token_hash, TokenRow.expires),
    (OperatorTokenRow.token_hash, OperatorTokenRow.expires),
    (ProvisioningUploadRow.upload_id, ProvisioningUploadRow.expires),
    (SessionRow.session_hash, SessionRow.expires),
    (LoginFailureRow.key, LoginFailureRow.last_failure),
    (TicketNewsRow.news_id, TicketNewsRow.received),
)


def remove_ended(session: Session, *, before: datetime, limit: int) -> int:
    """
    Delete short-lived rows that ended before an instant.

    Args:
        before: ended rows younger than this stay: a code must be recognised when it comes a second time.
        limit: at most so many rows of each table.

    Returns:
        How many rows went.
    """
    return sum(_remove(session, key, ended < before, limit) for key, ended in _ENDING)


def _remove(session: Session, key: InstrumentedAttribute[Any], which: ColumnElement[bool], limit: int) -> int:
    doomed = select(key).where(which).limit(limit).scalar_subquery()
    result = session.execute(delete(key.class_).where(key.in_(doomed)).execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount


def begin_grants(session: Session, *, now: datetime) -> list[str]:
    """Mark Grants of the future whose time has come as active; gives their ids. Access does not wait for this."""
    begun = session.execute(
        update(GrantRow)
        .where(
            GrantRow.status == GrantStatus.FUTURE,
            or_(GrantRow.not_before.is_(None), GrantRow.not_before <= now),
            or_(GrantRow.expires.is_(None), GrantRow.expires > now),
        )
        .values(status=GrantStatus.ACTIVE, modified=now)
        .returning(GrantRow.grant_id)
        .execution_options(synchronize_session=False)
    )
    return list(begun.scalars())


def expire_grants(session: Session, *, now: datetime) -> list[tuple[str, str]]:
    """
    Mark Grants whose end has passed as expired, so that listings and their order show it (CDS-WG1-02 8.2).

    Access does not wait for this: it is judged by the clock at every request.

    Returns:
        grant_id and registration_id of each Grant that expired.
    """
    over = (GrantRow.expires <= now) & GrantRow.status.not_in(FINAL | {GrantStatus.EXPIRED})
    ended = {"status": GrantStatus.EXPIRED, "enabled_scope": "", "enabled_authorization_details": [], "modified": now}
    expired = session.execute(
        update(GrantRow)
        .where(over)
        .values(ended)
        .returning(GrantRow.grant_id, GrantRow.registration_id)
        .execution_options(synchronize_session=False)
    )
    return [(grant_id, registration_id) for grant_id, registration_id in expired]
