"""Messages of any registration: read, answered, sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Response
from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import LOOK, WRITE
from cdsc_server.schemas.admin.messages import (
    AdminMessageFilters,
    AdminMessageListingSchema,
    AdminMessageSchema,
    MessageRequestSchema,
    ReplyRequestSchema,
    ThreadSchema,
)
from cdsc_server.services import console, operator_messages, reviews
from cdsc_server.services.message_box import Found, to_wire
from cdsc_server.storage.messages import AttachmentRow, MessageRow
from cdsc_server.web.admin.blueprint import blueprint, desk, listed, uri
from cdsc_server.web.admin.door import account, operator_token
from cdsc_server.web.context import ports, settings
from cdsc_server.web.cursors import PAGE_SIZE, cursor_of, shown
from cdsc_server.web.describe import Answer, describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.wire import json_body

_PATH: Final = {"message_id": "A Message of any registration."}
_REGISTRATION: Final = {"registration_id": "Whose Messages these are."}


@blueprint.get("/registrations/<registration_id>/messages")
@operator_token(*LOOK)
@describe(
    tag="Messages",
    section="CDS-WG1-02 6.8",
    query=AdminMessageFilters,
    answers={200: AdminMessageListingSchema},
    path=_REGISTRATION,
)
def list_messages(registration_id: str) -> ResponseReturnValue:
    """
    List Messages

    Those of one registration, in both directions, the last modified first.
    """
    wanted = filters(AdminMessageFilters())
    page, attached = operator_messages.list_messages(
        registration_id,
        types=wanted.get("types"),
        statuses=wanted.get("statuses"),
        cursor=cursor_of(wanted),
        size=PAGE_SIZE,
    )
    objects = [message_object(row, attached.get(row.message_id, ())) for row in page.rows]
    return shown(AdminMessageListingSchema(), listed("messages", page, objects))


@blueprint.post("/registrations/<registration_id>/messages")
@operator_token(*WRITE)
@describe(
    tag="Messages",
    section="CDS-WG1-02 6.2",
    body=MessageRequestSchema,
    answers={201: AdminMessageSchema},
    path=_REGISTRATION,
)
def send_message(registration_id: str) -> ResponseReturnValue:
    """
    Send a Message

    A private_message to the Client, which answers nothing.
    """
    asked = MessageRequestSchema().load(json_body())
    row = operator_messages.send_message(
        registration_id, name=asked["name"], text=asked["text"], actor=account().actor, clock=ports().clock
    )
    return shown(AdminMessageSchema(), message_object(row)), 201


@blueprint.get("/messages/<message_id>")
@operator_token(*LOOK)
@describe(tag="Messages", section="CDS-WG1-02 6.10", answers={200: ThreadSchema}, path=_PATH)
def get_message(message_id: str) -> ResponseReturnValue:
    """
    Get a Message

    With its files, and what was answered.
    """
    found = console.thread(message_id)
    whole = {
        **message_object(found.message, found.attachments),
        "thread": [message_object(each) for each in found.replies],
    }
    return shown(ThreadSchema(), whole)


@blueprint.post("/messages/<message_id>/replies")
@operator_token(*WRITE)
@describe(
    tag="Messages", section="CDS-WG1-02 6.2", body=ReplyRequestSchema, answers={201: AdminMessageSchema}, path=_PATH
)
def reply(message_id: str) -> ResponseReturnValue:
    """
    Answer, or ask a question

    Writes to the Client about a Message, which stays as it is: nothing is decided.
    """
    text = ReplyRequestSchema().load(json_body())["text"]
    return shown(AdminMessageSchema(), stored_message(reviews.ask_question(message_id, desk=desk(), text=text))), 201


@blueprint.get("/messages/<message_id>/attachments/<int:position>")
@operator_token(*LOOK)
@describe(
    tag="Messages",
    section="CDS-WG1-02 6.7",
    answers={200: Answer(description="The file.", media_type="application/octet-stream")},
    path={**_PATH, "position": "Which of its files; the first is 0."},
)
def get_attachment(message_id: str, position: int) -> ResponseReturnValue:
    """
    Download a file of a Message

    As the Client sent it, and never to be shown as a page of this server.
    """
    row = console.attachment(message_id, position)
    with ports().blobs.open(row.content_hash) as file:
        response = Response(file.read(), mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=row.filename)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def stored_message(message_id: str) -> dict[str, Any]:
    """A Message that has just been written, as this API shows it."""
    return message_object(console.thread(message_id).message)


def message_object(row: MessageRow, attached: Sequence[AttachmentRow] = ()) -> dict[str, Any]:
    """A Message as this API shows it: its files by their address instead of with their bytes."""
    own = uri("messages", row.message_id)
    return {
        **to_wire(Found(row), base_url=settings().base_url, blobs=ports().blobs),
        "uri": own,
        "previous_uri": None if row.previous_id is None else uri("messages", row.previous_id),
        "registration_id": row.registration_id,
        "attachments": [
            {
                "filename": each.filename,
                "mime_type": each.mime_type,
                "size": each.size,
                "download_uri": f"{own}/attachments/{each.position}",
            }
            for each in attached
        ],
    }
