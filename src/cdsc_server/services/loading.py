"""Grants whose data comes late: pending from the beginning, opened part by part, settled at the end (CDS-WG3-01 6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.grants import GrantStatus
from cdsc_server.domain.narrowing import scope_of
from cdsc_server.services import changelog
from cdsc_server.services.server_grants import settle_parent
from cdsc_server.storage import authorizations, late_data
from cdsc_server.storage.grants import GrantRow


def wait_for(session: Session, grant: GrantRow) -> None:
    """
    Let a Grant that has just been agreed to wait where data of its Customer is late: it opens nothing yet then.

    Spec: CDS-WG3-01 6 (asynchronous loading).
    """
    if grant.status != GrantStatus.ACTIVE or grant.customer_id is None:
        return
    late = late_data.late_of(session, grant.customer_id)
    etas = [late[entry["type"]] for entry in grant.enabled_authorization_details if entry["type"] in late]
    if not etas:
        return
    pairs = zip(grant.enabled_authorization_details, grant.selections, strict=True)
    grant.loading = [{"entry": entry, "selection": selection} for entry, selection in pairs]
    grant.status, grant.eta = GrantStatus.PENDING, max(etas)
    grant.enabled_scope, grant.enabled_authorization_details, grant.selections = "", [], []


def go_on(
    session: Session, grant: GrantRow, late: Mapping[str, datetime], *, without: str | None = None, now: datetime
) -> None:
    """
    Let a locked Grant open what is there; when nothing is late any more, it is what it would have been.

    Args:
        without: a scope whose data never comes.
    """
    waiting = grant.loading or []
    there = [each for each in waiting if each["entry"]["type"] not in late and each["entry"]["type"] != without]
    left = [each for each in waiting if each["entry"]["type"] in late]
    pairs = [*zip(grant.enabled_authorization_details, grant.selections, strict=True)]
    pairs += [(each["entry"], each["selection"]) for each in there]
    pairs.sort(key=lambda pair: _place(grant, pair[0]))
    # Tokens that open a part stand beside entries that have moved; a refresh gives new ones.
    authorizations.revoke_tokens(session, now=now, grant_id=grant.grant_id, narrowed_only=True)
    grant.enabled_authorization_details = [entry for entry, _ in pairs]
    grant.enabled_scope = scope_of(grant.enabled_authorization_details)
    grant.selections = [selection for _, selection in pairs]
    grant.loading = left or None
    if without is not None:
        grant.failed_loading = True
    grant.modified = now
    _settle(grant, late)
    opens = f"It opens {grant.enabled_scope} now." if pairs else "It opens nothing now."
    _tell(session, grant, opens, now=now)
    if grant.loading is None:
        settle_parent(session, grant, now=now)


def wait_for_less(session: Session, grant: GrantRow, waiting: list[dict[str, Any]], *, now: datetime) -> None:
    """
    Let a locked Grant wait for this of what it waited for; where that is nothing, it is what it would have been.

    Args:
        waiting: entries, each with its selection.
    """
    if not grant.loading:
        return
    grant.loading = waiting or None
    _settle(grant, late_data.late_of(session, str(grant.customer_id)))
    if grant.loading is None:
        settle_parent(session, grant, now=now)


def shared_by(grant: GrantRow) -> list[tuple[dict[str, Any], dict[str, Any], bool]]:
    """What was agreed to, as it is listed: each entry with its selection, and whether its data is still waited for."""
    works = zip(grant.enabled_authorization_details, grant.selections, strict=False)
    late = [(each["entry"], each["selection"], True) for each in grant.loading or ()]
    return sorted([*((*pair, False) for pair in works), *late], key=lambda each: _place(grant, each[0]))


def _settle(grant: GrantRow, late: Mapping[str, datetime]) -> None:
    """Give a Grant the status that what is left to wait for makes it; a suspended one goes back to that later."""
    if grant.loading:
        # What is there by now may still be among it.
        etas = [late[each["entry"]["type"]] for each in grant.loading if each["entry"]["type"] in late]
        grant.eta = max(etas, default=grant.eta)
        return
    after = GrantStatus.ERRORED if grant.failed_loading else GrantStatus.ACTIVE
    if grant.status == GrantStatus.PENDING:
        grant.status, grant.eta = after, None
    elif grant.status_before == GrantStatus.PENDING:
        grant.status_before, grant.eta = after, None


def expect(session: Session, grant: GrantRow, late: Mapping[str, datetime], *, now: datetime) -> None:
    """Let a locked Grant that waits show when that probably ends."""
    etas = [late[each["entry"]["type"]] for each in grant.loading or () if each["entry"]["type"] in late]
    if etas and grant.eta != max(etas):
        grant.eta, grant.modified = max(etas), now
        _tell(session, grant, "The time when its data is expected is another now.", now=now)


def _place(grant: GrantRow, entry: dict[str, Any]) -> int:
    listed = grant.authorization_details
    return listed.index(entry) if entry in listed else len(listed)


def _tell(session: Session, grant: GrantRow, what: str, *, now: datetime) -> None:
    changelog.grant_changed(session, registration_id=grant.registration_id, grant_id=grant.grant_id, what=what, now=now)
