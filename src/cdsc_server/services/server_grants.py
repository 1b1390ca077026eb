"""
Grants as the Server itself makes and changes them (CDS-WG1-02 3.3.2, 8.2).

A Grant may be a part of another, which then waits until all its parts are there; or take the place of others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.grants import FINAL, SHUT, SUFFICIENT, GrantStatus
from cdsc_server.domain.letters import StoppedBy
from cdsc_server.errors import Conflict, InvalidRequest, NotFound
from cdsc_server.ports import Clock
from cdsc_server.services import changelog, grant_reviews, own_grants, sharing_mails
from cdsc_server.services.grants import standing_of, status_of
from cdsc_server.services.mails import Mailing
from cdsc_server.storage import authorizations, grants
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow

#: Statuses the Server gives to a Grant that lives; the others come from the Client, a Customer, a form or time.
SETTABLE: Final = frozenset(
    {
        GrantStatus.ACTIVE,
        GrantStatus.PENDING,
        GrantStatus.DELAYED,
        GrantStatus.STOPPED,
        GrantStatus.SUSPENDED,
        GrantStatus.DISABLED,
        GrantStatus.ERRORED,
    }
)
#: Those it may leave for one of them.
_CHANGEABLE: Final = SETTABLE - FINAL


def add_grant(session: Session, grant: GrantRow, *, replaces: Collection[str] = (), now: datetime) -> None:
    """
    Store a Grant that the Server made, and tell its Client.

    Args:
        grant: new; with `parent_id` it is a part of that Grant.
        replaces: ids of Grants of the same registration whose place it takes; they show it, and stay as they are else.

    Raises:
        NotFound: no such Grant to replace or to be a part of in this registration.
    """
    around = [*replaces] if grant.parent_id is None else [*replaces, grant.parent_id]
    for grant_id in around:
        other = grants.find_grant(session, grant_id, registration_id=grant.registration_id, lock=True)
        if other is None:
            raise NotFound(f"no Grant of this registration has the grant_id {grant_id}")
        other.modified = now
    session.add(grant)
    session.flush()
    grants.add_replacements(session, grant.grant_id, replaces)
    changelog.grant_added(
        session,
        registration_id=grant.registration_id,
        grant_id=grant.grant_id,
        scope=grant.scope,
        waits=grant.status == GrantStatus.NEEDS_AUTHORIZATION,
        now=now,
    )


def set_status(
    grant_id: str,
    status: GrantStatus,
    *,
    eta: datetime | None = None,
    reason: str = "",
    mailing: Mailing | None = None,
    clock: Clock,
) -> None:
    """
    Give a Grant another status, by decision of the Server; what it opens follows at the next request.

    A suspended Grant keeps what it opened for the day it is active again; a disabled one has lost it for good.

    Args:
        eta: for pending, about when that ends.
        reason: of an end, for the Customer.

    Raises:
        NotFound: there is no such Grant.
        InvalidRequest: not a status that the Server gives.
        Conflict: it has ended, or waits for somebody else.

    Spec: CDS-WG1-02 8.2.
    """
    with transaction() as session:
        grant = grants.lock_grant(session, grant_id)
        if grant is None:
            raise NotFound("no Grant has this grant_id")
        change_status(session, grant, status, eta=eta, now=clock.now())
        if status is GrantStatus.DISABLED and mailing is not None:
            sharing_mails.tell_of_end(
                session, grant_id, by=StoppedBy.SERVER, reason=reason, mailing=mailing, now=clock.now()
            )


def change_status(
    session: Session, grant: GrantRow, status: GrantStatus, *, eta: datetime | None = None, now: datetime
) -> None:
    """As `set_status`, of a Grant that is locked; for other use cases."""
    before = status_of(grant, now=now)
    if status not in SETTABLE:
        raise InvalidRequest(f"status: this server does not set {status}", field="status")
    if status is GrantStatus.SUSPENDED:
        suspend(session, grant, now=now)
        return
    # Of a suspended Grant what counts is where it would go back to.
    leaves = GrantStatus(grant.status_before or before) if before is GrantStatus.SUSPENDED else before
    if leaves not in _CHANGEABLE and not (status is GrantStatus.DISABLED and before not in _OVER):
        raise Conflict(f"status: the Grant is {before}", field="status")
    if status is GrantStatus.DISABLED:
        grant_reviews.withdraw(session, grant, why="The Grant was disabled.", now=now)
    elif grant.review is not None:
        raise Conflict("status: a change of the Grant waits for review; decide that first", field="status")
    if status is GrantStatus.ACTIVE and grant.loading:
        raise Conflict("status: the Grant waits for late data; say that it is there (cdsc late)", field="status")
    grant.status, grant.eta = status, eta if status is GrantStatus.PENDING else None
    grant.status_before, grant.modified = None, now
    if status is GrantStatus.DISABLED:
        grant.enabled_scope, grant.enabled_authorization_details = "", []
        own_grants.revoke_tokens_of(session, grant, now=now)
        own_grants.end_admin_grants(session, grant.grant_id, now=now)
        authorizations.void_codes(session, grant.grant_id, now=now)
        unsettle_parent(session, grant, now=now)
    if status in SHUT:
        changelog.grant_ended(
            session, registration_id=grant.registration_id, grant_id=grant.grant_id, status=status, now=now
        )
    else:
        changelog.grant_changed(
            session,
            registration_id=grant.registration_id,
            grant_id=grant.grant_id,
            what=f"It was {before} and is {status} now.",
            now=now,
        )
        settle_parent(session, grant, now=now)
    settle_parent(session, grant, now=now)


def suspend(session: Session, grant: GrantRow, *, now: datetime, by_customer: bool = False) -> None:
    """
    Hold a locked Grant, from whatever it is, and tell its Client; it keeps what it opened.

    Args:
        by_customer: a pause of its Customer; the Server may still suspend what is paused, and then holds it alone.

    Raises:
        Conflict: it has ended, or is suspended already.

    Spec: CDS-WG1-02 8.2.
    """
    before = status_of(grant, now=now)
    if before in _OVER or (before is GrantStatus.SUSPENDED and not grant.paused):
        raise Conflict(f"status: the Grant is {before}", field="status")
    if before is not GrantStatus.SUSPENDED:
        grant.status, grant.status_before = GrantStatus.SUSPENDED, before
    grant.paused, grant.modified = by_customer, now
    changelog.grant_ended(
        session,
        registration_id=grant.registration_id,
        grant_id=grant.grant_id,
        status=GrantStatus.SUSPENDED,
        why="Its Customer paused it." if by_customer else None,
        now=now,
    )


def restore(session: Session, grant: GrantRow, *, now: datetime) -> None:
    """
    Let a locked Grant that is suspended be what it was, as far as time and its Client have not moved it since.

    Raises:
        Conflict: it is not suspended.

    Spec: CDS-WG1-02 8.2.
    """
    if status_of(grant, now=now) is not GrantStatus.SUSPENDED:
        raise Conflict(f"status: the Grant is {status_of(grant, now=now)}", field="status")
    grant.status, grant.status_before, grant.modified = standing_of(grant), None, now
    grant.paused = False
    what = f"It was suspended and is {status_of(grant, now=now)} again."
    changelog.grant_changed(session, registration_id=grant.registration_id, grant_id=grant.grant_id, what=what, now=now)
    settle_around(session, grant, now=now)


def settle_around(session: Session, grant: GrantRow, *, now: datetime) -> None:
    """Let a locked Grant that is again what it was go on, where its parts or those beside it got there meanwhile."""
    session.flush()
    _settle(session, grant, now=now)
    settle_parent(session, grant, now=now)


def settle_parent(session: Session, part: GrantRow, *, now: datetime) -> None:
    """
    Let the Grant that waits for this part and its others go on, once all of them are what they must be.

    The rule for every scope: each part is active, pending, delayed or stopped (CDS-WG1-02 8.2, needs_sub_grants).
    """
    if part.parent_id is None:
        return
    session.flush()
    parent = grants.lock_grant(session, part.parent_id)
    if parent is not None:
        _settle(session, parent, now=now)


def unsettle_parent(session: Session, part: GrantRow, *, now: datetime) -> None:
    """
    With a part that has ended, let the Grant that it was a part of open nothing until it is settled again.

    What is left of it may be enough: the work that settles Grants for groups knows (services/group_grants).
    """
    parent = None if part.parent_id is None else grants.lock_grant(session, part.parent_id)
    if parent is None or status_of(parent, now=now) is not GrantStatus.ACTIVE or parent.customer_id is not None:
        return
    parent.status, parent.modified = GrantStatus.NEEDS_SUB_GRANTS, now
    parent.enabled_scope, parent.enabled_authorization_details = "", []
    changelog.grant_changed(
        session,
        registration_id=parent.registration_id,
        grant_id=parent.grant_id,
        what="One of its sub-Grants has ended. It opens nothing until another takes its place.",
        now=now,
    )


def _settle(session: Session, parent: GrantRow, *, now: datetime) -> None:
    if status_of(parent, now=now) is not GrantStatus.NEEDS_SUB_GRANTS:
        return
    # Read after the lock: of two parts that get there at once, the second to come sees both.
    every: Sequence[GrantRow] = grants.parts_of(session, parent.grant_id)
    around = grants.relatives_of(session, [each.grant_id for each in every])
    parts = [each for each in every if not around[each.grant_id].replaced_by]
    if not parts or any(_counted(each, now=now) not in SUFFICIENT for each in parts):
        return
    parent.status, parent.modified = GrantStatus.ACTIVE, now
    parent.enabled_scope = parent.scope
    parent.enabled_authorization_details = parent.authorization_details
    changelog.grant_changed(
        session,
        registration_id=parent.registration_id,
        grant_id=parent.grant_id,
        what=f"All its sub-Grants are there. It is active and opens {parent.enabled_scope}.",
        now=now,
    )


def _counted(part: GrantRow, *, now: datetime) -> GrantStatus:
    """What a part is for its parent: while a change of it waits for review, what it was before."""
    status = status_of(part, now=now)
    return GrantStatus(part.review["status"]) if part.review and status is GrantStatus.PENDING else status


_OVER: Final = FINAL | {GrantStatus.EXPIRED}
