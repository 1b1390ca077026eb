"""
Decisions over HTTP: who lost the answer asks again, and finds what was decided.

The same decision a second time changes nothing and is answered as the first; another one is refused.
"""

from __future__ import annotations

from enum import StrEnum

from cdsc_server.domain.messages import MessageStatus
from cdsc_server.domain.requirements import RequirementStatus
from cdsc_server.errors import Conflict, InvalidRequest
from cdsc_server.services import reviews
from cdsc_server.services.audit import decision_on
from cdsc_server.services.reviews import Decision, Desk
from cdsc_server.storage import messages
from cdsc_server.storage import reviews as stored
from cdsc_server.storage.db import reading


class Verdict(StrEnum):
    """What may be said to what waits."""

    ACCEPT = "accept"
    REJECT = "reject"


def decide(
    message_id: str, verdict: Verdict, *, desk: Desk, note: str, override: bool, customer_id: str | None
) -> Decision:
    """
    Decide what waits, as `reviews.accept` and `reviews.reject` do.

    Returns:
        The decision; the first one when it was the same.

    Raises:
        InvalidRequest: no note to go with a rejection, or with `override`.
        NotFound: no Message that is decided here.
        Conflict: another decision was made before, or something stands against it; nothing was changed.
    """
    if override:
        needs_a_reason(note)
    if verdict is Verdict.REJECT and not note.strip():
        raise InvalidRequest("note: the Client must be told why", field="note")
    try:
        if verdict is Verdict.REJECT:
            return reviews.reject(message_id, desk=desk, reason=note)
        return reviews.accept(message_id, desk=desk, note=note, override=override, customer_id=customer_id)
    except Conflict:
        before = _made_before(message_id)
        if before is None:
            raise
        if before.accepted is not (verdict is Verdict.ACCEPT):
            was = "accepted" if before.accepted else "rejected"
            raise Conflict(f"decision: it was {was} before; nothing was changed", field="decision") from None
        return before


def needs_a_reason(note: str) -> None:
    """
    Who sets aside what production needs says why.

    Raises:
        InvalidRequest: there is no note.
    """
    if not note.strip():
        raise InvalidRequest("note: override needs a reason", field="note")


def _made_before(message_id: str) -> Decision | None:
    """What was decided, in the words of the audit trail; None when nothing was."""
    with reading() as session:
        message = messages.find_message(session, message_id)
        requirement = stored.by_message(session, message_id)
        if message is None:
            return None
        status = message.status if requirement is None else requirement.status
        if status not in _ACCEPTED and status not in _REJECTED:
            return None
        kind = message.type if requirement is None else requirement.type
        entry = decision_on(session, message_id)
        detail = {} if entry is None else entry.detail
    return Decision(
        message_id,
        kind,
        message.registration_id,
        accepted=status in _ACCEPTED,
        note=str(detail.get("note", "")),
        made=tuple(detail.get("made", ())),
    )


_ACCEPTED = frozenset({MessageStatus.COMPLETE.value, RequirementStatus.ACCEPTED.value})
_REJECTED = frozenset({MessageStatus.REJECTED.value, RequirementStatus.REJECTED.value})
