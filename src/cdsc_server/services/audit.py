"""Writing down what operators do, in the transaction of what it tells of: neither is there without the other."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.ports import Clock
from cdsc_server.services.reviews import Decision, Noted
from cdsc_server.storage import audit
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.keyset import Cursor, Page


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
        actor: the username of an operator, or "command line".
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
    """What writes the decisions of this actor down: `noted` of a services.reviews.Desk."""

    def note(session: Session, decision: Decision) -> None:
        detail = {
            "kind": decision.kind,
            "registration": decision.registration_id,
            **({"note": decision.note} if decision.note else {}),
            **({"made": list(decision.made)} if decision.made else {}),
        }
        kind = "client" if decision.kind == "production" else "message"
        record(
            session,
            actor=actor,
            action="review.accepted" if decision.accepted else "review.rejected",
            subject=f"{kind}:{decision.id}",
            detail=detail,
            now=clock.now(),
        )

    return note


def entries(*, cursor: Cursor | None, size: int, subject: str | None = None) -> Page[AuditRow]:
    """A page of the audit trail, the newest first."""
    with reading() as session:
        return audit.list_entries(session, cursor=cursor, size=size, subject=subject)
