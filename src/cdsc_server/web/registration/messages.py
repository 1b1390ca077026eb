"""Messages API: a Client Admin and this Server write to each other (CDS-WG1-02 6)."""

from __future__ import annotations

from typing import Any, Final

from flask import g, request
from flask.typing import ResponseReturnValue

from cdsc_server.domain.catalogue import CLIENT_ADMIN
from cdsc_server.errors import InvalidRequest, TooLarge
from cdsc_server.schemas.messages import (
    MessageChangeSchema,
    MessageFilters,
    MessageListingSchema,
    MessagePostSchema,
    MessageSchema,
)
from cdsc_server.services import message_box, message_posts
from cdsc_server.services.message_box import Found
from cdsc_server.storage.messages import SEGMENTS
from cdsc_server.web.bearer import bearer
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.registration.room import PAGE_SIZE, blueprint, cursor_of, link, shown
from cdsc_server.web.wire import json_body

_PATH: Final = {"message_id": "A Message of this registration."}
_FILTERS: Final = MessageFilters()
_LISTING: Final = MessageListingSchema()
_CREATE: Final = "registration.create_message"


@blueprint.url_value_preprocessor
def _room_for_attachments(endpoint: str | None, _: object) -> None:
    """Raise the limit of the body before anything asks for it: Base64 makes four bytes of three (CDS-WG1-02 6.9)."""
    if endpoint == _CREATE and request.mimetype == "application/json":
        request.max_content_length = settings().body_bytes + -(-settings().attachment_bytes // 3) * 4


@blueprint.get("/messages")
@bearer(CLIENT_ADMIN)
@describe(tag="Registration", section="CDS-WG1-02 6.8", query=MessageFilters, answers={200: MessageListingSchema})
def list_messages() -> ResponseReturnValue:
    """
    List Messages

    Outstanding, unread and read ones of this registration, each list paged by itself, the last modified first.
    """
    wanted = filters(_FILTERS)
    if "cursor" in wanted and "segment" not in wanted:
        raise InvalidRequest("segment: is missing beside cursor", field="segment")
    found = message_box.list_messages(
        g.token.registration_id,
        message_ids=wanted.get("message_ids"),
        segment=wanted.get("segment"),
        cursor=cursor_of(wanted),
        size=PAGE_SIZE,
    )
    base_url, blobs, files = settings().base_url, ports().blobs, found.attachments
    body: dict[str, Any] = {}
    for name in SEGMENTS:
        page = found.pages.get(name)
        rows = [] if page is None else [Found(row, files.get(row.message_id, ())) for row in page.rows]
        body[name] = [message_box.to_wire(each, base_url=base_url, blobs=blobs) for each in rows]
        body[f"{name}_next"] = None if page is None else link(page.next, segment=name)
        body[f"{name}_previous"] = None if page is None else link(page.previous, segment=name)
    return shown(_LISTING, body)


@blueprint.post("/messages")
@bearer(CLIENT_ADMIN)
@describe(
    tag="Registration",
    section="CDS-WG1-02 6.9",
    body=MessagePostSchema,
    answers={201: MessageSchema},
    problems=(TooLarge,),
)
def create_message() -> ResponseReturnValue:
    """
    Send a Message

    A private_message, a request to the server, or the answer to a request of the server; files may come along.
    """
    post = MessagePostSchema().load(json_body())
    found = message_posts.post_message(
        post,
        client_id=g.token.client_id,
        registration_id=g.token.registration_id,
        catalogue=catalogue(),
        settings=settings(),
        clock=ports().clock,
        blobs=ports().blobs,
    )
    return shown(MessageSchema(), _wire(found)), 201


@blueprint.get("/messages/<message_id>")
@bearer(CLIENT_ADMIN)
@describe(tag="Registration", section="CDS-WG1-02 6.10", answers={200: MessageSchema}, path=_PATH)
def get_message(message_id: str) -> ResponseReturnValue:
    """
    Get a Message

    One of this registration, with its files.
    """
    return shown(MessageSchema(), _wire(message_box.get_message(message_id, registration_id=g.token.registration_id)))


@blueprint.patch("/messages/<message_id>")
@bearer(CLIENT_ADMIN)
@describe(
    tag="Registration",
    section="CDS-WG1-02 6.11",
    body=MessageChangeSchema,
    answers={200: MessageSchema},
    path=_PATH,
)
def modify_message(message_id: str) -> ResponseReturnValue:
    """
    Mark a Message

    As read or unread; all else of a Message stays as it is.
    """
    change = MessageChangeSchema().load(json_body())
    found = message_box.mark_message(
        message_id, change.get("read"), registration_id=g.token.registration_id, clock=ports().clock
    )
    return shown(MessageSchema(), _wire(found))


def _wire(found: Found) -> dict[str, Any]:
    return message_box.to_wire(found, base_url=settings().base_url, blobs=ports().blobs)
