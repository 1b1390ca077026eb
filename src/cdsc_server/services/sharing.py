"""
Who has my data: every Grant of a Customer, and how to end one.

Ending takes effect in one transaction: the Grant, its tokens and its codes; the very next request is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.grants import SHUT, GrantStatus, status_at
from cdsc_server.domain.letters import StoppedBy
from cdsc_server.domain.periods import Period, periods_of
from cdsc_server.domain.reading_log import ReadingLog, begin_of_log, reading_log
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.domain.wording import counted, title_of
from cdsc_server.errors import NotFound
from cdsc_server.languages import listed
from cdsc_server.ports import Clock, KeyStore
from cdsc_server.services import changelog, grant_reviews, loading, own_access, own_grants, sharing_mails
from cdsc_server.services.audit import CUSTOMER, record_own_access
from cdsc_server.services.mails import Mailing
from cdsc_server.services.receipts import receipt_secret, told
from cdsc_server.services.server_grants import unsettle_parent
from cdsc_server.services.standing import standing_sections
from cdsc_server.storage import authorizations, clients, customers, grant_reads, grants, permissions
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grant_reads import GrantReadRow
from cdsc_server.storage.grants import GrantRow, ReceiptRow
from cdsc_server.storage.holdings import read_holdings


@dataclass(frozen=True)
class Share:
    """
    A Grant as its Customer sees it.

    Args:
        titles: of what can be read now; of what could be, once the Grant is over.
        coming: titles of what is shared as soon as its data is there.
        eta: about when that is.
        counted: how many things are shared, now or then.
        sections: of one that is open, in today's words; else as frozen in the latest receipt.
        paused: the Customer paused it.
        receipts: confirmation number, instant and secret of the address, the oldest first.
        periods: of each part that is still open, counted from the approval.
    """

    grant_id: str
    client_name: str
    status: GrantStatus
    titles: list[str]
    coming: list[str]
    eta: datetime | None
    counted: str
    sections: Sequence[Mapping[str, Any]]
    periods: Sequence[Period]
    created: datetime
    modified: datetime
    expires: datetime | None
    last_read: datetime | None
    paused: bool
    receipts: Sequence[tuple[str, datetime, str]]

    @property
    def sharing(self) -> bool:
        return self.status not in SHUT

    @property
    def stoppable(self) -> bool:
        return self.status not in (
            GrantStatus.REVOKED,
            GrantStatus.CLOSED,
            GrantStatus.EXPIRED,
            GrantStatus.DISABLED,
        )


def shares_of(customer_id: str, *, catalogue: Catalogue, clock: Clock, keys: KeyStore) -> list[Share]:
    """Every Grant of a Customer, the latest first; four statements, however many there are."""
    now = clock.now()
    with reading() as session:
        rows = grants.grants_of_customer(session, customer_id)
        return _shares(session, rows, catalogue=catalogue, keys=keys, now=now)


def share_of(grant_id: str, customer_id: str, *, catalogue: Catalogue, clock: Clock, keys: KeyStore) -> Share:
    """
    One Grant of a Customer.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    with reading() as session:
        row, now = _found(session, grant_id, customer_id), clock.now()
        (share,) = _shares(session, [row], catalogue=catalogue, keys=keys, now=now)
        shared = loading.shared_by(row)
        if not shared or not share.stoppable:
            return share
        details, selections = [entry for entry, _, _ in shared], [selection for _, selection, _ in shared]
        holdings = read_holdings(session, customer_id, now=now)
        sections = standing_sections(details, selections, holdings, catalogue=catalogue, at=now)
        return replace(
            share, sections=[each for section in sections.values() for each in told(section, section.ticked)]
        )


def log_of(grant_id: str, customer_id: str, *, zone: ZoneInfo, clock: Clock) -> ReadingLog:
    """
    What was read by a Grant in the past days.

    Raises:
        NotFound: there is no such Grant, or it is somebody else's.
    """
    now = clock.now()
    with reading() as session:
        _found(session, grant_id, customer_id)
        reads = grant_reads.reads_of(session, grant_id, after=begin_of_log(now, zone))
    return reading_log(reads, now=now, zone=zone)


def whole_log_of(grant_id: str, customer_id: str) -> Sequence[GrantReadRow]:
    """
    All that was ever read by a Grant, hour after hour; of long ago day after day.

    Raises:
        NotFound: there is no such Grant, or it is somebody else's.
    """
    with reading() as session:
        row = _found(session, grant_id, customer_id)
        return grant_reads.reads_of(session, grant_id, after=row.created - timedelta(hours=1))


def customer_name(customer_id: str) -> str:
    """How the Customer is called."""
    with reading() as session:
        row = customers.find_customer(session, customer_id)
    return "" if row is None else row.display_name


def stop(grant_id: str, customer_id: str, *, clock: Clock, mailing: Mailing) -> bool:
    """
    End a Grant for its Customer.

    Returns:
        False when it had ended before.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    with transaction() as session:
        _found(session, grant_id, customer_id)
        return stop_for_customer(session, grant_id, customer_id, mailing=mailing, now=clock.now())


def stop_by_receipt(secret: str, *, clock: Clock, mailing: Mailing) -> bool:
    """
    End the Grant of a receipt, for whoever holds its address (CDS-WG3-01 9.4).

    Returns:
        False when it had ended before.

    Raises:
        NotFound: there is no such receipt.
    """
    with transaction() as session:
        receipt = grants.find_receipt(session, secret_hash(secret))
        if receipt is None:
            raise NotFound("There is no receipt at this address.")
        return stop_for_customer(session, receipt.grant_id, receipt.customer_id, mailing=mailing, now=clock.now())


def stop_for_customer(
    session: Session, grant_id: str, customer_id: str | None, *, mailing: Mailing, now: datetime
) -> bool:
    """As `stop`, for other use cases; of no Grant, or of somebody else's, it says False. None is nobody known."""
    stopped = grants.stop_grant(session, grant_id, customer_id, now=now)
    if stopped:
        grant_reviews.withdraw_ended(session, [grant_id], why="The Customer ended the Grant.", now=now)
        authorizations.revoke_tokens(session, grant_id=grant_id, now=now)
        authorizations.void_codes(session, grant_id, now=now)
        own_grants.end_admin_grants(session, grant_id, now=now)
        row = session.get_one(GrantRow, grant_id)
        unsettle_parent(session, row, now=now)
        changelog.grant_ended(
            session,
            registration_id=row.registration_id,
            grant_id=grant_id,
            status=GrantStatus.REVOKED,
            now=now,
        )
        sharing_mails.tell_of_end(session, grant_id, by=StoppedBy.CUSTOMER, mailing=mailing, now=now)
    return stopped


def stop_own(client_id: str, customer_id: str, *, clock: Clock, mailing: Mailing) -> None:
    """
    End what a Client reads because it showed that it is this Customer, with its other Client Objects.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    now = clock.now()
    with transaction() as session:
        row = permissions.find_permission(session, client_id, customer_id)
        client = clients.find_client(session, client_id)
        if row is None or row.requirement_id is None or client is None:
            raise NotFound("There is nothing at this address.")
        clients.lock_registration(session, client.registration_id)
        ended = own_access.end(
            session,
            row.requirement_id,
            why="The Customer has stopped this app.",
            by=StoppedBy.CUSTOMER,
            mailing=mailing,
            now=now,
        )
        record_own_access(session, ended, permitted=False, actor=CUSTOMER, now=now)


def _found(session: Session, grant_id: str, customer_id: str) -> GrantRow:
    row = grants.grant_of_customer(session, grant_id, customer_id)
    if row is None:
        raise NotFound("There is nothing at this address.")
    return row


def _shares(
    session: Session, rows: Sequence[GrantRow], *, catalogue: Catalogue, keys: KeyStore, now: datetime
) -> list[Share]:
    names = clients.clients_by_id(session, {row.client_id for row in rows})
    kept: dict[str, list[ReceiptRow]] = {}
    for receipt in grants.receipts_of_grants(session, [row.grant_id for row in rows]):
        kept.setdefault(receipt.grant_id, []).append(receipt)
    read = grant_reads.last_reads(session, [row.grant_id for row in rows])
    return [
        _share(
            row,
            names.get(row.client_id),
            kept.get(row.grant_id, []),
            last_read=read.get(row.grant_id),
            catalogue=catalogue,
            keys=keys,
            now=now,
        )
        for row in rows
    ]


def _share(
    row: GrantRow,
    client: ClientRow | None,
    kept: Sequence[ReceiptRow],
    *,
    last_read: datetime | None,
    catalogue: Catalogue,
    keys: KeyStore,
    now: datetime,
) -> Share:
    status = status_at(GrantStatus(row.status), expires=row.expires, not_before=row.not_before, now=now)
    # A live Grant may list what its Client still waits for; what is told here is what can be read.
    entries = row.authorization_details if status in SHUT else row.enabled_authorization_details
    coming = [each["entry"] for each in row.loading or ()] if status not in SHUT else []
    periods: list[Period] = []
    for details in [*entries, *coming]:
        scope = catalogue.scope(details["type"])
        if scope is not None:
            periods += periods_of(scope, details, at=row.created, zone=catalogue.utility.timezone)[:1]
    ticked: dict[str, set[str]] = {}
    for each in [*row.selections, *(late["selection"] for late in row.loading or ())]:
        ticked.setdefault(each["kind"], set()).update(each["ids"])
    return Share(
        grant_id=row.grant_id,
        client_name="" if client is None else client.client_name,
        status=status,
        titles=_titles(entries, catalogue),
        coming=_titles(coming, catalogue),
        eta=row.eta if coming else None,
        counted=listed(counted(kind, len(ids)) for kind, ids in sorted(ticked.items())),
        sections=kept[-1].form["sections"] if kept else (),
        periods=periods,
        created=row.created,
        modified=row.modified,
        expires=row.expires,
        last_read=last_read,
        paused=row.paused,
        receipts=[(each.confirmation, each.created, receipt_secret(each, keys=keys)) for each in kept],
    )


def _titles(entries: Sequence[Mapping[str, Any]], catalogue: Catalogue) -> list[str]:
    return list(dict.fromkeys(title_of(catalogue, each["type"]) for each in entries))
