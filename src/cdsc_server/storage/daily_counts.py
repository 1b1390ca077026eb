"""
Counts of each day: of answers, of Grants, of the way to them. One small table; every write may be made twice.

A process that counts requests writes its own sum so far under a name of its own, again and again; what is over is
folded into one row. What can be counted in the other tables is counted there, again and again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, cast

from sqlalchemy import BigInteger, CursorResult, Date, String, Table, delete, func, insert, literal, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from cdsc_server.domain.grants import FINAL, GrantStatus
from cdsc_server.domain.service_levels import ANSWERED, DayCounts, Stage, Step
from cdsc_server.storage.authorizations import AuthorizationRequestRow, CodeRow
from cdsc_server.storage.customers import SessionRow
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.grants import GrantRow, ReceiptRow
from cdsc_server.storage.inserts import insert_into

#: The writer of what all processes have counted together.
TOGETHER: Final = ""


class DailyCountRow(DataBase):
    """How much of something there was on a local day of the utility."""

    __tablename__ = "daily_counts"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    #: What was counted: a name of domain/service_levels.
    name: Mapped[str] = mapped_column(String, primary_key=True)
    part: Mapped[str] = mapped_column(String, primary_key=True)
    #: The process that counted it; `TOGETHER` where it is counted for all.
    writer: Mapped[str] = mapped_column(String, primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


_COUNTS: Final = cast("Table", DailyCountRow.__table__)
_KEY: Final = ("day", "name", "part", "writer")


def put_counts(session: Session, day: date, counts: DayCounts, *, writer: str = TOGETHER) -> None:
    """Write down what a day has come to so far, in place of what was written down before."""
    if not counts:
        return
    rows = [
        {"day": day, "name": name, "part": part, "writer": writer, "value": value}
        for (name, part), value in counts.items()
    ]
    statement = insert_into(session, _COUNTS)
    session.execute(
        statement.on_conflict_do_update(index_elements=_KEY, set_={"value": statement.excluded.value}), rows
    )


def mark_minute(session: Session, day: date, hour: str, bit: int) -> None:
    """Note that this server answered in a minute; noting it twice changes nothing."""
    row = {"day": day, "name": ANSWERED, "part": hour, "writer": TOGETHER, "value": bit}
    statement = insert_into(session, _COUNTS)
    both = _COUNTS.c.value.op("|")(statement.excluded.value)
    session.execute(statement.on_conflict_do_update(index_elements=_KEY, set_={"value": both}), row)


def fold(session: Session, *, before: date) -> int:
    """Add up what the processes counted on days before this one; gives how many rows went."""
    over = (_COUNTS.c.day < before) & (_COUNTS.c.writer != TOGETHER)
    sums = (
        select(_COUNTS.c.day, _COUNTS.c.name, _COUNTS.c.part, literal(TOGETHER), func.sum(_COUNTS.c.value))
        .where(over)
        .group_by(_COUNTS.c.day, _COUNTS.c.name, _COUNTS.c.part)
    )
    session.execute(insert(_COUNTS).from_select([*_KEY, "value"], sums))
    gone = session.execute(delete(_COUNTS).where(over))
    return cast("CursorResult[Any]", gone).rowcount


def days_of(session: Session, *, first: date, last: date = date.max) -> dict[date, dict[tuple[str, str], int]]:
    """What was counted on each day from the first to the last, all processes together."""
    summed = func.sum(_COUNTS.c.value, type_=BigInteger)
    found = session.execute(
        select(_COUNTS.c.day, _COUNTS.c.name, _COUNTS.c.part, summed.label("value"))
        .where(_COUNTS.c.day.between(first, last))
        .group_by(_COUNTS.c.day, _COUNTS.c.name, _COUNTS.c.part)
    )
    days: dict[date, dict[tuple[str, str], int]] = {}
    for row in found:
        days.setdefault(row.day, {})[row.name, row.part] = int(row.value)
    return days


def totals(session: Session, name: str) -> Mapping[str, int]:
    """What was counted under a name on all days, by part."""
    summed = func.sum(_COUNTS.c.value, type_=BigInteger)
    found = session.execute(select(_COUNTS.c.part, summed).where(_COUNTS.c.name == name).group_by(_COUNTS.c.part))
    return {part: int(value) for part, value in found}


def first_day(session: Session, name: str) -> date | None:
    """The first day on which something was counted under a name; None when nothing ever was."""
    return session.scalars(select(func.min(DailyCountRow.day)).where(DailyCountRow.name == name)).one()


def highest(session: Session, name: str) -> int | None:
    """The highest number under a name; None when there is none."""
    return session.scalars(select(func.max(DailyCountRow.value)).where(DailyCountRow.name == name)).one()


def count_steps(session: Session, start: datetime, end: datetime, *, now: datetime) -> Mapping[Step, int]:
    """
    What became of requests and Grants in [start, end).

    A request counts on the day it came. Those a Client pushed and no browser opened were never begun.
    """
    request = AuthorizationRequestRow
    # Rows end after they came, and ended ones are soon gone: the index on `expires` finds these few.
    of_day = (request.expires >= start, request.created >= start, request.created < end)
    opened = (*of_day, request.session_hash.is_not(None))
    undecided = request.decided.is_(None)
    earlier = aliased(ReceiptRow)
    before = (
        select(earlier.path_hash)
        .where(earlier.grant_id == ReceiptRow.grant_id, earlier.created < ReceiptRow.created)
        .exists()
    )
    agreed = (ReceiptRow.created >= start, ReceiptRow.created < end)
    ended_by = FINAL - {GrantStatus.DISABLED}

    def count(what: Any, *which: Any) -> Any:
        return select(func.count(what)).where(*which).scalar_subquery()

    counted = {
        Step.BEGUN: count(request.request_id, *opened),
        Step.APPROVED: count(request.request_id, *opened, request.grant_id.is_not(None)),
        Step.DECLINED: count(request.request_id, *opened, request.grant_id.is_(None), ~undecided),
        Step.ABANDONED: count(request.request_id, *opened, undecided, request.expires <= now),
        Step.NEW: count(ReceiptRow.path_hash, *agreed, ~before),
        Step.AMENDED: count(ReceiptRow.path_hash, *agreed, before),
        Step.REVOKED: count(
            GrantRow.grant_id, GrantRow.status.in_(ended_by), GrantRow.modified >= start, GrantRow.modified < end
        ),
        Step.EXPIRED: count(
            GrantRow.grant_id,
            GrantRow.status == GrantStatus.EXPIRED,
            GrantRow.expires >= start,
            GrantRow.expires < end,
        ),
    }
    row = session.execute(select(*counted.values())).one()
    return dict(zip(counted, row, strict=True))


def count_stages(session: Session, start: datetime, end: datetime, *, now: datetime) -> Mapping[Stage, int]:
    """How far those came whose requests of [start, end) led to no sharing; as `count_steps`."""
    request = AuthorizationRequestRow
    # A session that is gone was signed out of, or renewed at sign-in: its person came further than that.
    strangers = select(SessionRow.session_hash).where(
        SessionRow.session_hash == request.session_hash, SessionRow.customer_id.is_(None)
    )
    left = (
        request.expires >= start,
        request.created >= start,
        request.created < end,
        request.session_hash.is_not(None),
    )
    abandoned = (*left, request.decided.is_(None), request.expires <= now)
    row = session.execute(
        select(
            select(func.count()).where(*abandoned, strangers.exists()).scalar_subquery(),
            select(func.count()).where(*abandoned, ~strangers.exists()).scalar_subquery(),
            select(func.count())
            .where(*left, request.decided.is_not(None), request.grant_id.is_(None))
            .scalar_subquery(),
            select(func.count())
            .where(
                CodeRow.created >= start,
                CodeRow.created < end,
                CodeRow.expires >= start,
                CodeRow.expires <= now,
                CodeRow.used.is_(None),
            )
            .scalar_subquery(),
        )
    ).one()
    return dict(zip(Stage, row, strict=True))


def count_grants(session: Session) -> Mapping[str, int]:
    """How many Grants of Customers there are of each status."""
    found = session.execute(
        select(GrantRow.status, func.count()).where(GrantRow.customer_id.is_not(None)).group_by(GrantRow.status)
    )
    return {status: int(count) for status, count in found}
