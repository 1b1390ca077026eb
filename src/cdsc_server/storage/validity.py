"""Of what a source tells: as of when it holds, which may be earlier than when it was stored (CDS-WG3-01 7.3.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Mapped, MappedAsDataclass, Session, mapped_column

from cdsc_server.storage.types import UtcDateTime

_AS_OF: Final = "as_of"


class Held(MappedAsDataclass, kw_only=True):
    """
    Rows with instants of their source beside those of this Server.

    Whoever stores them need not give these: `storage.versions` sets them, to what was said by `hold_as_of` or else to
    `created` and `modified`.
    """

    #: As of when there was such an object.
    known: Mapped[datetime] = mapped_column(UtcDateTime, default=None, sort_order=1)
    #: As of when it is what it is now.
    valid: Mapped[datetime] = mapped_column(UtcDateTime, default=None, sort_order=1)


def hold_as_of(session: Session, instant: datetime) -> None:
    """Say that everything which this session goes on to store holds as of an instant of its source."""
    session.info[_AS_OF] = instant


def held_as_of(session: Session) -> datetime | None:
    """What `hold_as_of` said; None when nothing was."""
    instant: datetime | None = session.info.get(_AS_OF)
    return instant
