"""What is handed in and may be corrected: every version of it is kept, with when it was the one known."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Mapped, MappedAsDataclass, Session, mapped_column

from cdsc_server.storage.types import UtcDateTime


class Known(MappedAsDataclass, kw_only=True):
    """Columns of a version: it is the one known from `modified`, a part of the key, until `superseded`."""

    modified: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True, sort_order=1)
    superseded: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None, sort_order=1)


def known_at(row: type[Known], as_of: datetime | ColumnElement[datetime] | None) -> ColumnElement[bool]:
    """Whether a version was the one known at an instant; None is now."""
    if as_of is None:
        return row.superseded.is_(None)
    return (row.modified <= as_of) & or_(row.superseded.is_(None), row.superseded > as_of)


def succeed(session: Session, before: Known | None, now: Any, *, at: datetime) -> None:
    """Let a version be the one known from an instant on, in the place of the one before."""
    if before is not None:
        if before.modified == at:
            # What was written and changed at the same instant was never true in between.
            session.delete(before)
        else:
            before.superseded = at
        session.flush()
    session.add(now)
