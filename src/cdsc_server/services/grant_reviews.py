"""
Changes of Grants that wait for an operator: held, and taken back (CDS-WG1-02 8.7).

Such a Grant is pending. It lists what is asked for and opens what it opened; its row keeps what it was before, for the
day the change is rejected, or the Grant ends, or its Client asks for something else.
Whoever needs both holds the Grant before its Message, so that no two wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.grants import FINAL, GrantStatus
from cdsc_server.domain.messages import MessageStatus, MessageType, RelatedTo, RelatedType
from cdsc_server.domain.narrowing import scope_of
from cdsc_server.services import changelog
from cdsc_server.services.messages import add_message, reply
from cdsc_server.storage import grants, messages
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.messages import MessageRow

#: What a Client asks to change, and its Message tells of.
_ASKED: Final = ("scope", "authorization_details")
#: What a Grant that lives gets back beside these; one that has ended is what its end made of it.
_STOOD: Final = ("enabled_scope", "enabled_authorization_details", "selections")


def hold(
    session: Session,
    row: GrantRow,
    asked: list[dict[str, Any]],
    *,
    status: GrantStatus,
    days: int,
    now: datetime,
) -> None:
    """
    Let a locked Grant wait as pending for an operator, and ask for the decision by a Message.

    Args:
        asked: the authorization_details it is to list.
        status: as it is at `now`; one that has not begun opens nothing meanwhile.
        days: after so many an operator has probably decided.
    """
    wanted = {"scope": scope_of(asked), "authorization_details": asked}
    updates = [
        {"field": name, "previous_value": getattr(row, name), "new_value": wanted[name]}
        for name in _ASKED
        if wanted[name] != getattr(row, name)
    ]
    message = add_message(
        session,
        registration_id=row.registration_id,
        type=MessageType.FIELD_CHANGES,
        status=MessageStatus.PENDING,
        name="Changes of a Grant wait for review",
        description=f"We look first at what is asked for by Grant {row.grant_id}. Until then it opens what it opened.",
        related=RelatedTo(RelatedType.GRANT, row.grant_id),
        updates_requested=updates,
        now=now,
    )
    eta = None if row.eta is None else row.eta.isoformat()
    row.review = {
        "message_id": message.message_id,
        "status": row.status,
        "eta": eta,
        **{name: getattr(row, name) for name in (*_ASKED, *_STOOD)},
    }
    row.status, row.eta, row.modified = GrantStatus.PENDING, now + timedelta(days=days), now
    row.scope, row.authorization_details = scope_of(asked), asked
    if status is GrantStatus.FUTURE:
        row.enabled_scope, row.enabled_authorization_details, row.selections = "", [], []
    changelog.grant_changed(
        session,
        registration_id=row.registration_id,
        grant_id=row.grant_id,
        what=f"It was {status} and is pending now. {row.scope} waits for a review by this server.",
        now=now,
    )


def put_back(row: GrantRow) -> str | None:
    """Let a locked Grant be what it was before the change that waits; gives the id of its Message, if one waits."""
    before = row.review
    if before is None:
        return None
    row.review = None
    _restore(row, before, _ASKED)
    if row.status in FINAL or row.status == GrantStatus.EXPIRED:
        return str(before["message_id"])
    _restore(row, before, _STOOD)
    if row.status == GrantStatus.SUSPENDED:
        row.status_before = before["status"]
    else:
        row.status = before["status"]
    row.eta = None if before["eta"] is None else datetime.fromisoformat(before["eta"])
    return str(before["message_id"])


def withdraw(session: Session, row: GrantRow, *, why: str, now: datetime) -> bool:
    """
    Decide a change that waits because something else has: it is rejected, and the Grant is what it was before.

    Args:
        row: locked. One that has ended stays so.
        why: the Client reads it.

    Returns:
        Whether a change waited.
    """
    message_id = put_back(row)
    if message_id is None:
        return False
    row.modified = now
    message = messages.find_message(session, message_id)
    if message is not None:
        reply(session, message, status=MessageStatus.REJECTED, description=why, now=now)
    return True


def withdraw_ended(session: Session, grant_ids: Sequence[str], *, why: str, now: datetime) -> None:
    """As `withdraw`, of those of these Grants that have a change waiting; they have ended in this transaction."""
    for row in grants.in_review(session, grant_ids):
        withdraw(session, row, why=why, now=now)


def is_about_grant(message: MessageRow) -> bool:
    """Whether this Message asks for the decision on a change of a Grant."""
    return message.type == MessageType.FIELD_CHANGES and message.related_type == RelatedType.GRANT


def hold_grant_of(session: Session, message_id: str) -> None:
    """Hold the Grant that a Message asks to change, if it does, before the Message is claimed."""
    message = messages.find_message(session, message_id)
    if message is not None and is_about_grant(message):
        grants.lock_grant(session, str(message.related_key))


def _restore(row: GrantRow, before: Mapping[str, Any], names: Sequence[str]) -> None:
    for name in names:
        setattr(row, name, before[name])
