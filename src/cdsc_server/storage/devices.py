"""
Sites with devices, what was asked of their platforms, and what they told.

A site belongs to one Customer and stands behind one account of a platform; an account may have many sites. Whoever asks
a platform holds its account meanwhile: by one conditional UPDATE, which ends by itself when its holder dies.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, cast

from sqlalchemy import CursorResult, Index, Integer, LargeBinary, String, and_, delete, func, or_, select, tuple_
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from cdsc_server.storage.among import among_pairs
from cdsc_server.storage.customers import OfCustomer, customer_key_of
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.inserts import insert_into
from cdsc_server.storage.keyset import Cursor, Page, page
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow
from cdsc_server.storage.types import ExactJSON, UtcDateTime
from cdsc_server.storage.usage import UsageSeriesRow


class SiteStatus(StrEnum):
    """Whether a site is asked."""

    ACTIVE = "active"
    #: Refused or misunderstood too often: asked again when an operator says so.
    QUARANTINED = "quarantined"


class PlatformAccountRow(DataBase):
    """An account of a platform: who asks it just now, and when it may be asked next."""

    __tablename__ = "platform_accounts"

    #: SHA-256 of platform, address and account, so that the table names none of them.
    account_key: Mapped[str] = mapped_column(String, primary_key=True)
    #: When it would have recovered from everything asked so far, if it takes calls at an even pace.
    rested: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Random word of who asks it now.
    holder: Mapped[str | None] = mapped_column(String, default=None)
    #: When a holder that did not come back counts as dead.
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class DeviceSiteRow(OfCustomer, DataBase):
    """A place with devices behind one account of a platform."""

    __tablename__ = "device_sites"
    __table_args__ = (Index(None, "site_id"), Index(None, "status", "due"), Index(None, "created", "site_id"))

    site_id: Mapped[str] = mapped_column(String, primary_key=True)
    #: As operators call it.
    label: Mapped[str] = mapped_column(String)
    #: `PlatformKind.name`.
    platform: Mapped[str] = mapped_column(String)
    #: `ports.Mode`.
    mode: Mapped[str] = mapped_column(String)
    account_key: Mapped[str] = mapped_column(String)
    #: JSON of address, account, secret and options, under the key of the server.
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    timezone: Mapped[str] = mapped_column(String)
    #: Seconds of the slots that readings are brought to.
    interval_seconds: Mapped[int] = mapped_column(Integer)
    #: Id of a device, or a DeviceKind, to the Meter Device that its energy belongs to.
    meters: Mapped[dict[str, str]] = mapped_column(ExactJSON)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String, default=SiteStatus.ACTIVE)
    #: When it is asked next.
    due: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Up to when it was asked for readings, without a hole since it was added.
    read_through: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Start of the earliest slot that may still be filled; None when nothing is missing.
    repair_from: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    #: When that is tried again.
    repair_due: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    #: How often it was asked.
    polls: Mapped[int] = mapped_column(Integer, default=0)
    #: When it was asked last, with whatever end, and when it last answered.
    asked: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    answered: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    #: When the newest reading was measured.
    measured: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    #: `ports.FaultKind` of the last attempt and what was said; None and "" when it went well.
    fault: Mapped[str | None] = mapped_column(String, default=None)
    reason: Mapped[str] = mapped_column(String, default="")
    #: Attempts in a row that ended in a fault.
    faults: Mapped[int] = mapped_column(Integer, default=0)
    #: When operators were told that it is silent; None while it is not.
    alarmed: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class SiteDeviceRow(OfCustomer, DataBase):
    """A device of a site."""

    __tablename__ = "site_devices"

    site_id: Mapped[str] = mapped_column(String, primary_key=True)
    device_id: Mapped[str] = mapped_column(String, primary_key=True)
    #: `domain.device_readings.DeviceKind`.
    kind: Mapped[str] = mapped_column(String)
    model: Mapped[str] = mapped_column(String)
    #: When its newest reading was measured.
    measured: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class DevicePollRow(OfCustomer, DataBase):
    """One question to a platform: how it went, and the readings that were new, as they came."""

    __tablename__ = "device_polls"
    __table_args__ = (Index(None, "asked"), Index(None, "customer_key", "site_id", "last"))

    site_id: Mapped[str] = mapped_column(String, primary_key=True)
    #: Counts the questions of its site.
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    asked: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Milliseconds until the answer was there; None when there was none.
    round_trip: Mapped[int | None] = mapped_column(Integer, default=None)
    fault: Mapped[str | None] = mapped_column(String, default=None)
    #: How many readings were new; the first and last instant they were measured at.
    readings: Mapped[int] = mapped_column(Integer, default=0)
    first: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    last: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    #: The readings, compressed; None where there were none.
    payload: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)


@dataclass(frozen=True, slots=True)
class MeterPlace:
    """Where a Meter Device is installed, and what is served there; None where nobody knows."""

    service_point_id: str | None = None
    contract_id: str | None = None
    account_id: str | None = None


_SITE: Final = DeviceSiteRow
#: When an account that another worker holds is tried again.
LOOK_AGAIN: Final = timedelta(seconds=10)


def due_sites(session: Session, *, now: datetime, limit: int, without: Collection[str] = ()) -> Sequence[DeviceSiteRow]:
    """
    Sites whose time has come, the longest waiting first.

    Args:
        without: keys of accounts that are being asked already.
    """
    due = select(_SITE).where(_SITE.status == SiteStatus.ACTIVE, _SITE.due <= now, _SITE.account_key.not_in(without))
    return session.scalars(due.order_by(_SITE.due).limit(limit)).all()


def find_site(session: Session, site_id: str, *, lock: bool = False) -> DeviceSiteRow | None:
    """The site with this id. `lock`: until the transaction ends."""
    found = select(_SITE).where(_SITE.site_id == site_id)
    return session.scalars(found.with_for_update() if lock else found).one_or_none()


def find_sites(session: Session, sites: Collection[tuple[int, str]]) -> Sequence[DeviceSiteRow]:
    """The sites of these keys of Customers and ids, in no order."""
    return session.scalars(select(_SITE).where(among_pairs(_SITE.customer_key, _SITE.site_id, sites))).all()


def sites_of(session: Session, customer_id: str) -> Sequence[DeviceSiteRow]:
    """The sites of a Customer, the oldest first."""
    found = select(_SITE).where(_SITE.customer_key == customer_key_of(customer_id))
    return session.scalars(found.order_by(_SITE.created, _SITE.site_id)).all()


def page_of_sites(session: Session, *, cursor: Cursor | None, size: int) -> Page[DeviceSiteRow]:
    """A page of sites, the newest first."""
    return page(session, select(_SITE), at=_SITE.created, id=_SITE.site_id, cursor=cursor, size=size)


def sites_in_trouble(session: Session, *, silent_since: Mapping[tuple[str, str], datetime]) -> Sequence[DeviceSiteRow]:
    """
    Sites that are not asked any more, or of which nothing newer than an instant is known, the oldest first.

    Args:
        silent_since: that instant for each platform and mode.
    """
    # What was added after the instant has not had its time yet.
    heard_of = func.coalesce(_SITE.measured, _SITE.answered, _SITE.created)
    silent = [
        and_(_SITE.platform == platform, _SITE.mode == mode, heard_of < since)
        for (platform, mode), since in silent_since.items()
    ]
    found = select(_SITE).where(or_(_SITE.status == SiteStatus.QUARANTINED, *silent))
    return session.scalars(found.order_by(_SITE.created, _SITE.site_id)).all()


def alarmed_sites(session: Session) -> Sequence[DeviceSiteRow]:
    """Sites that operators were told of and that have not been heard of since."""
    return session.scalars(select(_SITE).where(_SITE.alarmed.is_not(None))).all()


def take_account(
    session: Session,
    account_key: str,
    *,
    holder: str,
    now: datetime,
    until: datetime,
    pace: timedelta,
    burst: timedelta,
) -> datetime | None:
    """
    Hold an account for one question.

    Args:
        holder: a word of its own for each attempt.
        until: when the hold ends by itself.
        pace: how long the account takes to recover from one question.
        burst: how much of that may be owed at once.

    Returns:
        None when it is held; otherwise when to try again.
    """
    new = insert_into(session, PlatformAccountRow).values(account_key=account_key, rested=now)
    session.execute(new.on_conflict_do_nothing())
    account = session.get_one(PlatformAccountRow, account_key, with_for_update=True, populate_existing=True)
    if account.held_until is not None and account.held_until > now:
        return account.held_until if account.holder is None else min(account.held_until, now + LOOK_AGAIN)
    rested = max(account.rested, now)
    if rested - now > burst:
        return rested - burst
    account.rested, account.holder, account.held_until = rested + pace, holder, until
    session.flush()
    return None


def let_go(session: Session, account_key: str, *, holder: str, not_before: datetime | None) -> bool:
    """
    End a hold.

    Args:
        not_before: when the platform asks to be left alone until then, no site of the account is asked earlier.

    Returns:
        Whether it was still held by this holder: one that took too long has lost it, and what it learnt.
    """
    account = session.get(PlatformAccountRow, account_key, with_for_update=True, populate_existing=True)
    if account is None or account.holder != holder:
        return False
    account.holder, account.held_until = None, not_before
    return True


def devices_of(session: Session, site: DeviceSiteRow) -> dict[str, SiteDeviceRow]:
    """The devices of a site by their ids."""
    row = SiteDeviceRow
    found = session.scalars(select(row).where(row.customer_key == site.customer_key, row.site_id == site.site_id))
    return {each.device_id: each for each in found}


def devices_of_sites(session: Session, sites: Collection[DeviceSiteRow]) -> dict[str, list[SiteDeviceRow]]:
    """The devices of sites, by id of the site."""
    row = SiteDeviceRow
    pairs = [(site.customer_key, site.site_id) for site in sites]
    found: dict[str, list[SiteDeviceRow]] = {site.site_id: [] for site in sites}
    for each in session.scalars(select(row).where(among_pairs(row.customer_key, row.site_id, pairs))):
        found[each.site_id].append(each)
    return found


def polls_around(session: Session, site: DeviceSiteRow, first: datetime, last: datetime) -> Sequence[DevicePollRow]:
    """The questions that brought readings measured in [first, last], and the one that brought the last before those."""
    row = DevicePollRow
    of_site = and_(row.customer_key == site.customer_key, row.site_id == site.site_id)
    before = (
        select(row.number)
        .where(of_site, row.last < first)
        .order_by(row.last.desc(), row.number)
        .limit(1)
        .scalar_subquery()
    )
    meeting = and_(row.first <= last, row.last >= first)
    return session.scalars(select(row).where(of_site, or_(meeting, row.number == before)).order_by(row.number)).all()


def polls_since(session: Session, site: DeviceSiteRow, since: datetime) -> Sequence[DevicePollRow]:
    """What became of each question asked since an instant, without the readings, in order."""
    row = DevicePollRow
    found = select(row).where(row.customer_key == site.customer_key, row.site_id == site.site_id, row.asked >= since)
    return session.scalars(found.options(defer(row.payload, raiseload=True)).order_by(row.number)).all()


def forget_polls(session: Session, *, before: datetime, limit: int) -> int:
    """Delete questions asked before an instant, at most so many; returns how many."""
    row = DevicePollRow
    doomed = select(row.customer_key, row.site_id, row.number).where(row.asked < before).limit(limit)
    gone = delete(row).where(tuple_(row.customer_key, row.site_id, row.number).in_(doomed))
    return cast("CursorResult[Any]", session.execute(gone, execution_options={"synchronize_session": False})).rowcount


def remove_site(session: Session, site: DeviceSiteRow) -> None:
    """Forget a site with its devices, what they told, and the way in; usage made of it stays its Customer's."""
    for row in (DevicePollRow, SiteDeviceRow, UsageSeriesRow):
        session.execute(delete(row).where(row.customer_key == site.customer_key, row.site_id == site.site_id))
    session.delete(site)


def place_of_meter(session: Session, customer_id: str, meter_device_id: str) -> MeterPlace:
    """Where a Meter Device was installed last, and the contract that was served there last."""
    key = customer_key_of(customer_id)
    placed, served, contract = InstallationRow, ServedContractRow, ServiceContractRow
    found = session.execute(
        select(placed.service_point_id, served.contract_id, contract.account_id)
        .outerjoin(
            served, and_(served.customer_key == placed.customer_key, served.service_point_id == placed.service_point_id)
        )
        .outerjoin(
            contract, and_(contract.customer_key == served.customer_key, contract.contract_id == served.contract_id)
        )
        .where(placed.customer_key == key, placed.meter_device_id == meter_device_id)
        .order_by(placed.start.desc(), served.start.desc())
        .limit(1)
    ).one_or_none()
    return MeterPlace() if found is None else MeterPlace(*found)


def has_meter(session: Session, customer_id: str, meter_device_id: str) -> bool:
    """Whether a Customer has a Meter Device with this id."""
    return session.get(MeterDeviceRow, (customer_key_of(customer_id), meter_device_id)) is not None
