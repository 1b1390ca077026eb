"""Operators read the Messages of a registration, and write to its Client without being asked (CDS-WG1-02 6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cdsc_server.domain.messages import MessageStatus, MessageType
from cdsc_server.errors import InvalidRequest
from cdsc_server.ports import Clock
from cdsc_server.services.audit import record
from cdsc_server.services.messages import add_message
from cdsc_server.services.operator_clients import found_registration
from cdsc_server.storage import messages
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.keyset import Cursor, Page
from cdsc_server.storage.messages import AttachmentRow, MessageRow


def list_messages(
    registration_id: str,
    *,
    types: Collection[str] | None,
    statuses: Collection[str] | None,
    cursor: Cursor | None,
    size: int,
) -> tuple[Page[MessageRow], Mapping[str, Sequence[AttachmentRow]]]:
    """
    Messages of a registration, last modified first, and what is attached to them; three statements.

    Args:
        types, statuses: only these; None for all.

    Raises:
        NotFound: there is no such registration.
    """
    with reading() as session:
        found_registration(session, registration_id)
        page = messages.list_messages(
            session, registration_id, types=types, statuses=statuses, cursor=cursor, size=size
        )
        return page, messages.attachments_of(session, [row.message_id for row in page.rows])


def send_message(registration_id: str, *, name: str, text: str, actor: str, clock: Clock) -> MessageRow:
    """
    Write a private_message to a Client.

    Args:
        name: what it is about.

    Raises:
        NotFound: there is no such registration.
        InvalidRequest: name or text say nothing.

    Spec: CDS-WG1-02 6.2.
    """
    for field, value in (("name", name), ("text", text)):
        if not value.strip():
            raise InvalidRequest(f"{field}: it is empty", field=field)
    now = clock.now()
    with transaction() as session:
        found_registration(session, registration_id)
        row = add_message(
            session,
            registration_id=registration_id,
            type=MessageType.PRIVATE_MESSAGE,
            name=name,
            description=text,
            status=MessageStatus.COMPLETE,
            now=now,
        )
        record(
            session,
            actor=actor,
            action="message.sent",
            subject=f"message:{row.message_id}",
            detail={"text": text, "registration": registration_id},
            now=now,
        )
    return row
