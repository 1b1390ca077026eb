"""Changes of Grants: by their Client, at once or after a review, and by the operator who decides that (8.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.client_limits import offered_to
from cdsc_server.domain.grants import FINAL, GrantStatus
from cdsc_server.domain.letters import StoppedBy
from cdsc_server.domain.messages import MessageStatus
from cdsc_server.domain.narrowing import scope_of
from cdsc_server.domain.rescoping import Rescoped, asked_entries, rescoped
from cdsc_server.errors import Conflict, InvalidRequest
from cdsc_server.ports import Clock
from cdsc_server.services import changelog, grant_reviews, own_grants, sharing_mails
from cdsc_server.services.grants import SeenGrant, found, seen, standing_of, status_of
from cdsc_server.services.mails import Mailing
from cdsc_server.services.messages import reply
from cdsc_server.services.server_grants import settle_around, unsettle_parent
from cdsc_server.storage import authorizations, clients, grants
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.messages import MessageRow

_OVER: Final = FINAL | {GrantStatus.EXPIRED}


@dataclass(frozen=True)
class GrantChange:
    """What a Client asks to change; None leaves it as it is (CDS-WG1-02 8.7)."""

    status: GrantStatus | None = None
    scope: str | None = None
    authorization_details: Sequence[dict[str, Any]] | None = None


@dataclass(frozen=True)
class Modified:
    """
    A Grant after a modification.

    Args:
        waiting: what was sent is not applied yet, but waits for a review; the answer is 202 then.
    """

    seen: SeenGrant
    waiting: bool


def modify_grant(
    grant_id: str, change: GrantChange, *, registration_id: str, catalogue: Catalogue, clock: Clock, mailing: Mailing
) -> Modified:
    """
    Close a Grant, give part of it back, or ask for more.

    The first two hold at once. The last waits for a Customer, and where the catalogue says so for an operator first:
    then all of that change waits, and another one takes its place.

    Returns:
        The Grant as stored. When closed, nothing of it is enabled.

    Raises:
        NotFound: no such Grant in this registration.
        Conflict: it has ended in another way, or is suspended and cannot be widened.
        InvalidScope, InvalidAuthorizationDetails: the change asks for what this Client cannot have.

    Spec: CDS-WG1-02 8.7.
    """
    now = clock.now()
    with transaction() as session:
        row = found(session, grant_id, registration_id, lock=True)
        waiting = False
        if change.status is GrantStatus.CLOSED:
            _close(session, row, mailing=mailing, now=now)
        elif change.scope is not None or change.authorization_details is not None:
            waiting = _rescope(session, row, change, catalogue=catalogue, now=now)
        return Modified(seen(session, row), waiting)


def accept_change(session: Session, message: MessageRow, *, catalogue: Catalogue, now: datetime) -> None:
    """
    Let a change that waited go on as if nobody had to look at it; the caller answers its Message.

    Args:
        message: claimed, after its Grant was locked.

    Raises:
        Conflict: the Grant is suspended or over.
    """
    row = grants.lock_grant(session, str(message.related_key))
    if row is None or row.review is None:
        raise Conflict("nothing waits for review in this Grant any more")
    status = status_of(row, now=now)
    if status in _OVER | {GrantStatus.SUSPENDED}:
        hint = "restore it first, or reject this" if status is GrantStatus.SUSPENDED else "this can only be rejected"
        raise Conflict(f"the Grant is {status}: {hint}")
    asked = row.authorization_details
    grant_reviews.put_back(row)
    new = rescoped(catalogue, asked, agreed=_agreed(row), enabled=[*row.enabled_authorization_details, *_loading(row)])
    _store_scope(session, row, asked, new, status=_status_after(status_of(row, now=now), new, asked), now=now)


def reject_change(session: Session, message: MessageRow, *, reason: str, now: datetime) -> None:
    """Let the Grant of a claimed Message be what it was before its Client asked for a change, and tell why."""
    row = grants.lock_grant(session, str(message.related_key))
    if row is None or not grant_reviews.withdraw(session, row, why=reason, now=now):
        reply(session, message, status=MessageStatus.REJECTED, description=reason, now=now)
        return
    _tell_of_return(session, row, now=now)
    settle_around(session, row, now=now)


def _close(session: Session, row: GrantRow, *, mailing: Mailing, now: datetime) -> None:
    if row.status == GrantStatus.CLOSED:
        return
    if row.status in FINAL:
        raise Conflict(f"status: the Grant is {row.status} already", field="status")
    if status_of(row, now=now) != GrantStatus.EXPIRED:
        sharing_mails.tell_of_end(session, row.grant_id, by=StoppedBy.CLIENT, mailing=mailing, now=now)
    grant_reviews.withdraw(session, row, why="The Grant was closed.", now=now)
    row.status, row.enabled_scope, row.enabled_authorization_details = GrantStatus.CLOSED, "", []
    row.modified = now
    own_grants.revoke_tokens_of(session, row, now=now)
    own_grants.end_admin_grants(session, row.grant_id, now=now)
    unsettle_parent(session, row, now=now)
    changelog.grant_ended(
        session, registration_id=row.registration_id, grant_id=row.grant_id, status=GrantStatus.CLOSED, now=now
    )


def _rescope(session: Session, row: GrantRow, change: GrantChange, *, catalogue: Catalogue, now: datetime) -> bool:
    """Whether the change waits for a review."""
    status = status_of(row, now=now)
    if status in _OVER:
        raise Conflict(f"the Grant is {status}; there is nothing left to change")
    if change.scope == row.scope and not (row.authorization_details or change.authorization_details):
        return row.review is not None
    client = clients.find_client(session, row.client_id)
    asked = asked_entries(
        catalogue if client is None else offered_to(catalogue, client),
        row.authorization_details,
        words=(row.scope if change.scope is None else change.scope).split(),
        details=change.authorization_details or (),
        allowed=() if client is None else client.scope.split(),
        at=now.replace(microsecond=0),
    )
    if not asked:
        raise InvalidRequest("scope: nothing would be left; set status to closed instead", field="scope")
    if row.review is not None and asked == row.authorization_details:
        return True
    returned = grant_reviews.withdraw(session, row, why="A newer change takes its place.", now=now)
    status = status_of(row, now=now)
    new = rescoped(catalogue, asked, agreed=_agreed(row), enabled=[*row.enabled_authorization_details, *_loading(row)])
    if new.widened and status is GrantStatus.SUSPENDED:
        raise Conflict("the Grant is suspended; it can be reduced, but not widened")
    days = catalogue.review.grant_days
    if days is not None and new.widened and _is_more(catalogue, asked, row):
        grant_reviews.hold(session, row, asked, status=status, days=days, now=now)
        return True
    if returned:
        _tell_of_return(session, row, now=now)
    _store_scope(session, row, asked, new, status=_status_after(status, new, asked), now=now)
    if returned:
        settle_around(session, row, now=now)
    return False


def _loading(row: GrantRow) -> list[dict[str, Any]]:
    """What was agreed to and waits for late data."""
    return [each["entry"] for each in row.loading or ()]


def _agreed(row: GrantRow) -> Sequence[Mapping[str, Any]]:
    # What a Grant that waits for its Customer lists is what is still to be agreed to.
    waiting = standing_of(row) is GrantStatus.NEEDS_AUTHORIZATION
    return [*row.enabled_authorization_details, *_loading(row)] if waiting else row.authorization_details


def _is_more(catalogue: Catalogue, asked: Sequence[Mapping[str, Any]], row: GrantRow) -> bool:
    """Whether something is asked for that the Grant does not list yet: what it lists needs no second look."""
    return rescoped(catalogue, asked, agreed=row.authorization_details, enabled=()).widened


def _status_after(status: GrantStatus, new: Rescoped, asked: Sequence[Mapping[str, Any]]) -> GrantStatus:
    if new.widened:
        return GrantStatus.NEEDS_AUTHORIZATION
    if (
        status in (GrantStatus.NEEDS_AUTHORIZATION, GrantStatus.PARTIAL)
        and [entry for entry, _ in new.enabled] == asked
    ):
        return GrantStatus.ACTIVE
    return status


def _store_scope(
    session: Session,
    row: GrantRow,
    asked: list[dict[str, Any]],
    new: Rescoped,
    *,
    status: GrantStatus,
    now: datetime,
) -> None:
    # A Grant that has not begun opens nothing meanwhile.
    kept = [] if new.widened and status_of(row, now=now) is GrantStatus.FUTURE else new.enabled
    there = len(row.enabled_authorization_details)
    works = [(entry, place) for entry, place in kept if place < there]
    waiting = [(entry, place - there) for entry, place in kept if place >= there]
    enabled = [entry for entry, _ in works]
    if asked == row.authorization_details and enabled == row.enabled_authorization_details:
        return
    if enabled != row.enabled_authorization_details:
        # Tokens that open a part of it stand beside entries that have moved or shrunk; a refresh gives new ones.
        authorizations.revoke_tokens(session, now=now, grant_id=row.grant_id, narrowed_only=True)
    late = row.loading or []
    row.loading = [{"entry": entry, "selection": late[place]["selection"]} for entry, place in waiting] or None
    # Its Client may have given back all that it waited for.
    row.status = GrantStatus.ACTIVE if late and not row.loading and status is GrantStatus.PENDING else status
    row.scope, row.authorization_details = scope_of(asked), asked
    row.enabled_scope, row.enabled_authorization_details = scope_of(enabled), enabled
    # A Grant that no Customer gave has no selections.
    row.selections = [row.selections[place] for _, place in works] if row.selections else []
    row.modified = now
    opens = f"It opens {row.enabled_scope} now." if enabled else "It opens nothing now."
    waits = f" {row.scope} waits for a Customer to authorize it." if new.widened else ""
    changelog.grant_changed(
        session, registration_id=row.registration_id, grant_id=row.grant_id, what=opens + waits, now=now
    )


def _tell_of_return(session: Session, row: GrantRow, *, now: datetime) -> None:
    what = f"What waited for review does not hold. It is {status_of(row, now=now)} again, for {row.scope}."
    changelog.grant_changed(session, registration_id=row.registration_id, grant_id=row.grant_id, what=what, now=now)
