"""Writing down what operators do, in the transaction of what it tells of: neither is there without the other."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.ports import Clock
from cdsc_server.services.own_access import OwnAccess
from cdsc_server.services.reviews import Asked, Decision, Noted
from cdsc_server.storage import audit
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.keyset import Cursor, Page

_DECISIONS: Final = ("review.accepted", "review.rejected")


#: Who acts where nobody has signed in.
COMMAND_LINE: Final = "command line"
#: Who acts where a Customer ends what an operator has decided.
CUSTOMER: Final = "customer"


def record(
    session: Session,
    *,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """
    Add an entry to the audit trail.

    Args:
        session: of the change it tells of.
        actor: the username of an operator, `COMMAND_LINE` or `CUSTOMER`.
        action: what was done, as "<kind>.<past tense>".
        subject: to what, as "<kind>:<id>".
        detail: reasons and ids; never a secret.
    """
    session.add(
        AuditRow(
            entry_id=secrets.token_hex(12), at=now, actor=actor, action=action, subject=subject, detail=detail or {}
        )
    )


def noting(actor: str, clock: Clock) -> Noted:
    """What writes down what this actor does: `noted` of a services.reviews.Desk."""

    def note(session: Session, done: Decision | Asked) -> None:
        if isinstance(done, Asked):
            action, kind = "review.asked_again" if done.again else "message.sent", "message"
            detail: dict[str, Any] = {"sent": done.sent, "text": done.text}
        else:
            action = _DECISIONS[not done.accepted]
            kind = "client" if done.kind == "production" else "message"
            detail = {"kind": done.kind, "note": done.note, "made": list(done.made)}
        told = {name: value for name, value in detail.items() if value}
        record(
            session,
            actor=actor,
            action=action,
            subject=f"{kind}:{done.id}",
            detail={**told, "registration": done.registration_id},
            now=clock.now(),
        )
        if isinstance(done, Decision):
            record_own_access(session, done.access, permitted=done.accepted, actor=actor, now=clock.now())

    return note


def record_own_access(
    session: Session, access: Sequence[OwnAccess], *, permitted: bool, actor: str, now: datetime
) -> None:
    """
    Add what Client Objects may read because they are the Customer, or no longer, to the audit trail.

    Args:
        actor: as `record`; or `CUSTOMER`.
    """
    for each in access:
        record(
            session,
            actor=actor,
            action="client.permitted" if permitted else "client.forbidden",
            subject=f"client:{each.client_id}",
            detail={"customer": each.customer_id, "account": None, "step": each.field_id},
            now=now,
        )


def entries(
    *, cursor: Cursor | None, size: int, subject: str | None = None, actor: str | None = None
) -> Page[AuditRow]:
    """A page of the audit trail, the newest first; of one subject or one actor where it is given."""
    with reading() as session:
        return audit.list_entries(session, cursor=cursor, size=size, subject=subject, actor=actor)


def decision_on(session: Session, message_id: str) -> AuditRow | None:
    """The entry that tells how a Message was decided; None when no operator decided it."""
    return audit.latest_entry(session, f"message:{message_id}", actions=_DECISIONS)
