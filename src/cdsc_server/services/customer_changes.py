"""
What a Customer does with a Grant besides ending it: pause it, let it go on, share less, share for longer.

Each holds from the next request on; the Client is told by a Message, the Customer by a mail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.grants import FINAL, GrantStatus, Selection
from cdsc_server.domain.lessening import Less, chosen_now, days_of, fewer, shorter
from cdsc_server.domain.letters import Changed
from cdsc_server.domain.narrowing import scope_of
from cdsc_server.domain.periods import Period
from cdsc_server.errors import InvalidRequest, NotFound
from cdsc_server.languages import gettext
from cdsc_server.ports import Clock
from cdsc_server.services import changelog, grant_approvals, loading, receipts, server_grants, sharing_mails
from cdsc_server.services.consent_form import Section
from cdsc_server.services.grants import status_of
from cdsc_server.services.mails import Mailing
from cdsc_server.services.reviewed import purposes_for
from cdsc_server.services.standing import standing_sections
from cdsc_server.storage import authorizations, grants
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.holdings import read_holdings

_OVER: Final = FINAL | {GrantStatus.EXPIRED}
#: Nothing waits in these, so what a Grant lists is what it opens, or opens once it goes on.
_SETTLED: Final = frozenset(
    {
        GrantStatus.ACTIVE,
        GrantStatus.PENDING,
        GrantStatus.DELAYED,
        GrantStatus.STOPPED,
        GrantStatus.ERRORED,
        GrantStatus.SUSPENDED,
        GrantStatus.FUTURE,
    }
)


@dataclass(frozen=True)
class Lessenable:
    """One entry of a Grant that can be lessened: its words, and the days it has now."""

    n: int
    section: Section
    start: date | None
    end: date | None
    has_start: bool
    has_end: bool


@dataclass(frozen=True)
class Choices:
    """
    What a Customer may do with a Grant now.

    Args:
        pause, go_on: whether it can be paused, or a pause of the Customer's own can end.
        parts: what can be lessened; empty for nothing.
        longer: title and new periods of each part for which its Client asks for another time; empty for none.
    """

    pause: bool
    go_on: bool
    parts: Sequence[Lessenable]
    longer: Sequence[tuple[str, Sequence[Period]]]


def choices_of(grant_id: str, customer_id: str, *, catalogue: Catalogue, clock: Clock) -> Choices:
    """
    What this Customer may do with a Grant of theirs.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    now = clock.now()
    with reading() as session:
        row = grants.grant_of_customer(session, grant_id, customer_id)
        if row is None:
            raise NotFound("There is nothing at this address.")
        status = status_of(row, now=now)
        holdings = read_holdings(session, customer_id, now=now)
    parts, longer = [], []
    if _can_lessen(row, status):
        shared = loading.shared_by(row)
        details, selections = [entry for entry, _, _ in shared], [selection for _, selection, _ in shared]
        sections = standing_sections(details, selections, holdings, catalogue=catalogue, at=now)
        parts = [
            _part(place, section, details[place], catalogue) for place, section in sections.items() if section.editable
        ]
    if _asks_for_longer(row, status, catalogue):
        asked = row.authorization_details
        sections = standing_sections(asked, row.selections, holdings, catalogue=catalogue, at=now)
        longer = [(part.contents.title, part.periods) for section in sections.values() for part in section.parts]
    return Choices(
        pause=status not in _OVER | {GrantStatus.SUSPENDED},
        go_on=status is GrantStatus.SUSPENDED and row.paused,
        parts=parts,
        longer=longer,
    )


def pause(grant_id: str, customer_id: str, *, clock: Clock, mailing: Mailing) -> bool:
    """
    Let nothing be read by a Grant until its Customer, or an operator, lets it go on.

    Returns:
        False when it was suspended or over already, and stays so.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    now = clock.now()
    with transaction() as session:
        row = _locked(session, grant_id, customer_id)
        if status_of(row, now=now) in _OVER | {GrantStatus.SUSPENDED}:
            return False
        server_grants.suspend(session, row, now=now, by_customer=True)
        sharing_mails.tell_of_change(session, row, Changed.PAUSED, mailing=mailing, now=now)
        return True


def go_on(grant_id: str, customer_id: str, *, clock: Clock, mailing: Mailing) -> bool:
    """
    End a pause.

    Returns:
        False when its Customer has not paused it; what an operator suspended stays so.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    now = clock.now()
    with transaction() as session:
        row = _locked(session, grant_id, customer_id)
        if status_of(row, now=now) is not GrantStatus.SUSPENDED or not row.paused:
            return False
        server_grants.restore(session, row, now=now)
        sharing_mails.tell_of_change(session, row, Changed.WENT_ON, mailing=mailing, now=now)
        return True


def lessen(
    grant_id: str, customer_id: str, less: Mapping[int, Less], *, catalogue: Catalogue, clock: Clock, mailing: Mailing
) -> bool:
    """
    Share less than before; never more, whatever is sent.

    Args:
        less: by the place of the entry among those that were agreed to, from 0; its data may still be waited for.

    Returns:
        False when it comes to the same.

    Raises:
        NotFound: there is none, or it is somebody else's.
        InvalidRequest: it can not be lessened now, nothing would be left, or a part would end before it begins.
    """
    now = clock.now().replace(microsecond=0)
    with transaction() as session:
        row = _locked(session, grant_id, customer_id)
        if not _can_lessen(row, status_of(row, now=now)):
            raise InvalidRequest(gettext("This cannot be changed now. Nothing has been changed."))
        known = read_holdings(session, customer_id, now=now).known
        shared = loading.shared_by(row)
        kept = []
        for place, (entry, stored, late) in enumerate(shared):
            left = _left(entry, Selection.from_stored(stored), less.get(place), known, catalogue)
            if left is not None:
                kept.append((left[0], left[1].to_stored(), late))
        if not kept:
            raise InvalidRequest(gettext("Nothing would be left to share. To end it, choose Stop sharing."))
        if kept == shared:
            return False
        _store(session, row, kept, now=now)
        sharing_mails.tell_of_change(session, row, Changed.LESSENED, mailing=mailing, now=now)
        return True


def share_longer(grant_id: str, customer_id: str, *, catalogue: Catalogue, clock: Clock, mailing: Mailing) -> bool:
    """
    Say yes to the other time that the Client of a Grant asks for; all else stays as it is.

    Returns:
        False when it asks for nothing, or for more than that.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    now = clock.now().replace(microsecond=0)
    with transaction() as session:
        row = _locked(session, grant_id, customer_id)
        if not _asks_for_longer(row, status_of(row, now=now), catalogue):
            return False
        selections = [Selection.from_stored(stored) for stored in row.selections]
        details = row.authorization_details
        grant_approvals.approved(session, row, details, selections, customer_id=customer_id, state=None, now=now)
        holdings = read_holdings(session, customer_id, now=now)
        client = session.get_one(ClientRow, row.client_id)
        purposes = purposes_for(client, catalogue)
        sections = standing_sections(details, row.selections, holdings, catalogue=catalogue, at=now, purposes=purposes)
        receipts.add_receipt(
            session,
            row,
            receipts.frozen(client, [(section, section.ticked) for section in sections.values()], catalogue=catalogue),
            prefix=catalogue.utility.receipt_prefix,
            keys=mailing.keys,
            now=now,
        )
        session.flush()
        sharing_mails.tell_of_receipt(session, row, mailing=mailing, now=now)
        return True


def _locked(session: Session, grant_id: str, customer_id: str) -> GrantRow:
    row = grants.lock_grant(session, grant_id)
    if row is None or row.customer_id != customer_id:
        raise NotFound("There is nothing at this address.")
    return row


def _can_lessen(row: GrantRow, status: GrantStatus) -> bool:
    listed = [entry for entry, _, _ in loading.shared_by(row)]
    return status in _SETTLED and row.review is None and listed == row.authorization_details != []


def _asks_for_longer(row: GrantRow, status: GrantStatus, catalogue: Catalogue) -> bool:
    """Whether a Grant waits for its Customer, and for nothing but other days."""
    asked, works = row.authorization_details, row.enabled_authorization_details
    waits = status is GrantStatus.NEEDS_AUTHORIZATION and row.review is None
    if not waits or not len(asked) == len(works) == len(row.selections) > 0:
        return False
    pairs = zip(asked, works, strict=True)
    return all(_but_for_days(each, catalogue) == _but_for_days(other, catalogue) for each, other in pairs)


def _but_for_days(entry: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    scope = catalogue.scope(entry["type"])
    fields = {} if scope is None else scope.fields
    return {name: value for name, value in entry.items() if name not in fields or fields[name].field.kind != "duration"}


def _part(place: int, section: Section, entry: Mapping[str, Any], catalogue: Catalogue) -> Lessenable:
    start, end = days_of(entry, zone=catalogue.utility.timezone)
    periods = [period for part in section.parts for period in part.periods]
    windowed = any(period.past or period.first for period in periods)
    return Lessenable(place, section, start, end, has_start=windowed, has_end=bool(periods))


def _left(
    entry: Mapping[str, Any],
    selection: Selection,
    less: Less | None,
    known: Mapping[str, frozenset[str]],
    catalogue: Catalogue,
) -> tuple[dict[str, Any], Selection] | None:
    """What is left of an entry and its selection; None for nothing."""
    if less is None or selection.kind not in known or entry.get("allow_scope_modifications") is False:
        return dict(entry), selection
    if less.left_out:
        return None
    kept = fewer(selection, less, known[selection.kind])
    if not kept.ids and not kept.include_future:
        return None
    zone = catalogue.utility.timezone
    short = shorter(catalogue, entry, less, zone=zone)
    start, end = days_of(short, zone=zone)
    if start is not None and end is not None and end < start:
        raise InvalidRequest(gettext("The last day lies before the first. Nothing has been changed."))
    same = kept.ids == chosen_now(selection, known[selection.kind]) and kept.include_future == selection.include_future
    return short, selection if same else kept


def _store(
    session: Session, row: GrantRow, kept: Sequence[tuple[dict[str, Any], dict[str, Any], bool]], *, now: datetime
) -> None:
    """Keep entries with their selections, and whether their data is still waited for."""
    # Tokens that open a part of it stand beside entries that have moved or shrunk; a refresh gives new ones.
    authorizations.revoke_tokens(session, now=now, grant_id=row.grant_id, narrowed_only=True)
    details = [entry for entry, _, _ in kept]
    row.scope, row.authorization_details, row.modified = scope_of(details), details, now
    row.enabled_authorization_details = [entry for entry, _, late in kept if not late]
    row.enabled_scope = scope_of(row.enabled_authorization_details)
    row.selections = [selection for _, selection, late in kept if not late]
    waiting = [{"entry": entry, "selection": selection} for entry, selection, late in kept if late]
    loading.wait_for_less(session, row, waiting, now=now)
    what = f"Its Customer shares less. It opens {row.enabled_scope or 'nothing yet'}."
    changelog.grant_changed(session, registration_id=row.registration_id, grant_id=row.grant_id, what=what, now=now)
