"""The Messages of a registration as its Client Admin sees them: three lists, one Message (CDS-WG1-02 6.8 to 6.11)."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Row

from cdsc_server.domain.messages import PATHS, RelatedType
from cdsc_server.errors import NotFound
from cdsc_server.ports import BlobStore, Clock
from cdsc_server.storage import messages
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.keyset import Cursor, Page
from cdsc_server.storage.messages import SEGMENTS, AttachmentRow, MessageRow

#: A page ends early rather than hold more bytes of attached files than this, unless one Message alone does.
MOST_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True)
class Found:
    """A Message with what is attached to it."""

    row: MessageRow | Row[Any]
    attachments: Sequence[AttachmentRow] = ()


@dataclass(frozen=True)
class Segments:
    """
    Pages of the lists that were asked for; what is not there was not asked for.

    Args:
        attachments: of all Messages in them, by message_id.
    """

    pages: Mapping[str, Page[Row[Any]]]
    attachments: Mapping[str, Sequence[AttachmentRow]] = field(default_factory=dict)


def list_messages(
    registration_id: str, *, message_ids: Collection[str] | None, segment: str | None, cursor: Cursor | None, size: int
) -> Segments:
    """
    Messages of the registration, last modified first.

    Args:
        segment: the only list wanted; None for the first page of all three.
        cursor: a place in that list.

    Spec: CDS-WG1-02 6.8.
    """
    with reading() as session:
        pages = {
            name: messages.list_segment(
                session,
                registration_id,
                name,
                message_ids=message_ids,
                cursor=cursor,
                size=size,
            )
            for name in SEGMENTS
            if segment in (None, name)
        }
        listed = {row.message_id for page in pages.values() for row in page.rows}
        attachments = messages.attachments_of(session, listed)
    backwards = cursor is not None and cursor.backwards
    return Segments(
        {name: _within(page, attachments, MOST_BYTES, backwards=backwards) for name, page in pages.items()}, attachments
    )


def _within(
    found: Page[Row[Any]], attachments: Mapping[str, Sequence[AttachmentRow]], most_bytes: int, *, backwards: bool
) -> Page[Row[Any]]:
    """As much of the page as has no more bytes of files than this, but one Message at least."""
    total = kept = 0
    for row in reversed(found.rows) if backwards else found.rows:
        total += sum(each.size for each in attachments.get(row.message_id, ()))
        if kept and total > most_bytes:
            break
        kept += 1
    if kept == len(found.rows):
        return found
    if backwards:
        rows = found.rows[-kept:]
        return replace(found, rows=rows, previous=Cursor(True, rows[0].modified, rows[0].message_id))
    rows = found.rows[:kept]
    return replace(found, rows=rows, next=Cursor(False, rows[-1].modified, rows[-1].message_id))


def get_message(message_id: str, *, registration_id: str) -> Found:
    """The Message; NotFound when there is none in this registration (CDS-WG1-02 6.10)."""
    with reading() as session:
        row = _found(messages.find_message(session, message_id, registration_id=registration_id))
        return Found(row, messages.attachments_of(session, [message_id]).get(message_id, ()))


def mark_message(message_id: str, read: bool | None, *, registration_id: str, clock: Clock) -> Found:
    """
    Mark a Message as read or unread; None leaves it as it is.

    Raises:
        NotFound: no such Message in this registration.

    Spec: CDS-WG1-02 6.11.
    """
    with transaction() as session:
        row = _found(messages.find_message(session, message_id, registration_id=registration_id, lock=True))
        if read is not None and read != row.read:
            row.read, row.modified = read, clock.now()
        return Found(row, messages.attachments_of(session, [message_id]).get(message_id, ()))


def _found(row: MessageRow | None) -> MessageRow:
    if row is None:
        raise NotFound("no Message has this message_id")
    return row


def to_wire(found: Found, *, base_url: str, blobs: BlobStore) -> dict[str, Any]:
    """The Message as the API shows it, its files with their bytes (CDS-WG1-02 6.1, 6.7)."""
    row, related, start = found.row, messages.related_of(found.row), base_url + PATHS[RelatedType.MESSAGE]
    body: dict[str, Any] = {
        "message_id": row.message_id,
        "uri": f"{start}/{row.message_id}",
        "previous_uri": None if row.previous_id is None else f"{start}/{row.previous_id}",
        "type": row.type,
        "read": row.read,
        "creator": row.creator,
        "created": row.created,
        "modified": row.modified,
        "status": row.status,
        "name": row.name,
        "description": row.description,
    }
    optional = {
        "updates_requested": row.updates_requested,
        "grants_requested": row.grants_requested,
        "attachments": [_attachment(each, blobs) for each in found.attachments] or None,
        "related_uri": None if related is None else related.uri(base_url),
        "related_type": row.related_type,
        "amount": row.amount,
        "currency": row.currency,
    }
    return {**body, **{name: value for name, value in optional.items() if value is not None}}


def _attachment(row: AttachmentRow, blobs: BlobStore) -> dict[str, Any]:
    with blobs.open(row.content_hash) as file:
        data = base64.b64encode(file.read()).decode()
    return {"filename": row.filename, "mime_type": row.mime_type, "data": data}
