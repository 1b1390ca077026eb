"""Codes that were mailed to the addresses people gave who did not sign in; used up by one conditional UPDATE."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Index, Integer, String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.inserts import insert_into
from cdsc_server.storage.types import UtcDateTime

#: Wrong codes after which a request counts as declined, and codes that are mailed for one.
TRIES: Final = 5
SENDS: Final = 5


class ContactCodeRow(DataBase):
    """The code mailed last for one authorization request."""

    __tablename__ = "contact_codes"
    __table_args__ = (Index(None, "expires"),)

    #: Of a request that may be forgotten before its code is.
    request_id: Mapped[str] = mapped_column(String, primary_key=True)
    address: Mapped[str] = mapped_column(String)
    code_hash: Mapped[str] = mapped_column(String)
    expires: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Of all codes of the request together, so that a new one brings no new tries.
    failures: Mapped[int] = mapped_column(Integer, default=0)
    sends: Mapped[int] = mapped_column(Integer, default=1)
    used: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


def find_code(session: Session, request_id: str) -> ContactCodeRow | None:
    """The code mailed last, used and expired ones too."""
    return session.get(ContactCodeRow, request_id)


def put_code(session: Session, request_id: str, *, address: str, code_hash: str, expires: datetime) -> bool:
    """
    Let a fresh code take the place of the one before, if there was one.

    Returns:
        False, and nothing changed, when as many were mailed as may be.
    """
    fresh = {"address": address, "code_hash": code_hash, "expires": expires, "used": None}
    put = session.execute(
        insert_into(session, ContactCodeRow)
        .values(request_id=request_id, failures=0, sends=1, **fresh)
        .on_conflict_do_update(
            index_elements=["request_id"],
            set_={**fresh, "sends": ContactCodeRow.sends + 1},
            where=ContactCodeRow.sends < SENDS,
        )
        .returning(ContactCodeRow.request_id)
    )
    return put.one_or_none() is not None


def claim_code(session: Session, request_id: str, code_hash: str, *, now: datetime) -> str | None:
    """Use the code up; gives the address it proves, and None when it is wrong, used, too old or tried too often."""
    claimed = session.execute(
        update(ContactCodeRow)
        .where(
            ContactCodeRow.request_id == request_id,
            ContactCodeRow.code_hash == code_hash,
            ContactCodeRow.used.is_(None),
            ContactCodeRow.expires > now,
            ContactCodeRow.failures < TRIES,
        )
        .values(used=now)
        .returning(ContactCodeRow.address)
        .execution_options(synchronize_session=False)
    )
    return claimed.scalar_one_or_none()


def count_failure(session: Session, request_id: str) -> int:
    """Count a wrong code, and tell how many tries are left."""
    counted = session.execute(
        update(ContactCodeRow)
        .where(ContactCodeRow.request_id == request_id)
        .values(failures=ContactCodeRow.failures + 1)
        .returning(ContactCodeRow.failures)
        .execution_options(synchronize_session=False)
    )
    failures = counted.scalar_one_or_none()
    return TRIES if failures is None else max(0, TRIES - failures)
