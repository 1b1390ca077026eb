"""Messages on the wire: CDS-WG1-02 6."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from cdsc_server.domain.message_posts import STATUS_OF_POST, Attachment, MessagePost
from cdsc_server.domain.messages import MessageStatus, MessageType, RelatedType
from cdsc_server.schemas.exact import Exact, Listed, Opened
from cdsc_server.schemas.fields import Instant, ScopeString, SpaceSeparated, WebAddress
from cdsc_server.storage.messages import SEGMENTS

_UNKNOWN_TYPE: Final = "application/octet-stream"
#: RFC 6838 4.2; what may follow are parameters.
_MIME_TYPE: Final = re.compile(
    r"(?P<top>[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126})/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}(?:\s*;[ -~]{1,200})?"
)
#: The top-level types there are; anything else is a content type nobody knows.
_TOP_LEVEL: Final = frozenset(
    {"application", "audio", "font", "haptics", "image", "message", "model", "multipart", "text", "video"}
)


class Bytes(fields.String):
    """Bytes as Base64 of RFC 4648 4."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as fault:
            raise ValidationError("must be Base64") from fault


class MimeType(fields.String):
    """A media type; one whose kind nobody knows loads as application/octet-stream (CDS-WG1-02 6.7)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        parts = _MIME_TYPE.fullmatch(text)
        if parts is None:
            raise ValidationError("must be a media type such as application/pdf")
        return text if parts["top"].lower() in _TOP_LEVEL else _UNKNOWN_TYPE


class StrictBoolean(fields.Boolean):
    """true or false, and nothing that only looks like them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        if not isinstance(value, bool):
            raise ValidationError("must be true or false")
        return value


def _plain_name(name: str) -> None:
    if not name.isprintable() or "/" in name or "\\" in name or name.strip(". ") == "":
        raise ValidationError("must be the name of a file, without a path")


class AttachmentSchema(Schema):
    """Message Attachment: CDS-WG1-02 6.7."""

    class Meta:
        unknown = EXCLUDE

    filename = fields.String(required=True, validate=[validate.Length(min=1, max=255), _plain_name])
    mime_type = MimeType(required=True)
    data = Bytes(required=True, metadata={"format": "byte", "description": "The file's bytes in Base64."})

    @post_load
    def to_domain(self, data: dict[str, Any], **_: object) -> Attachment:
        return Attachment(**data)


class UpdateRequestSchema(Schema):
    """Client Update Request: CDS-WG1-02 6.5."""

    field = fields.String(required=True)
    name = fields.String()
    description = fields.String()
    uri = fields.String(metadata={"format": "uri"})
    previous_value = fields.Raw(allow_none=True, metadata={"description": "Only on field_changes."})
    new_value = fields.Raw(allow_none=True, metadata={"description": "Only on field_changes."})


class AnswerSchema(Schema):
    """Client Update Request in a client_submission: the answer to what was asked for (CDS-WG1-02 6.5, 6.9)."""

    class Meta:
        unknown = EXCLUDE

    field = fields.String(required=True, validate=validate.Length(min=1, max=500))
    name = fields.String(validate=validate.Length(max=500))
    description = fields.String(validate=validate.Length(max=100_000))
    uri = WebAddress(validate=validate.Length(max=2000))


class GrantRequestSchema(Schema):
    """Client Grant Request: CDS-WG1-02 6.6."""

    class Meta:
        unknown = EXCLUDE

    scope = ScopeString(required=True, validate=validate.Length(max=4000))
    authorization_details = fields.List(fields.Dict(), required=True, validate=validate.Length(max=100))


class MessageSchema(Schema):
    """A Message: CDS-WG1-02 6.1."""

    message_id = fields.String(required=True)
    uri = fields.String(required=True, metadata={"format": "uri"})
    previous_uri = fields.String(required=True, allow_none=True, metadata={"format": "uri"})
    type = fields.String(required=True, validate=validate.OneOf([each.value for each in MessageType]))
    read = fields.Boolean(required=True)
    creator = fields.String(
        required=True, allow_none=True, metadata={"description": "client_id of the Client; null for the server."}
    )
    created = Instant(required=True)
    modified = Instant(required=True)
    status = fields.String(required=True, validate=validate.OneOf([each.value for each in MessageStatus]))
    name = fields.String(required=True)
    description = fields.String(required=True)
    updates_requested = Opened(UpdateRequestSchema, many=True)
    grants_requested = Opened(GrantRequestSchema, many=True)
    attachments = Opened(AttachmentSchema, many=True)
    related_uri = fields.String(metadata={"format": "uri"})
    related_type = fields.String(validate=validate.OneOf([each.value for each in RelatedType]))
    amount = Exact()
    currency = fields.String(metadata={"description": "ISO 4217."})


class MessagePostSchema(Schema):
    """Body of a new Message: CDS-WG1-02 6.9. Unknown members are ignored."""

    class Meta:
        unknown = EXCLUDE

    previous_uri = fields.String(
        required=True, allow_none=True, metadata={"description": "uri of the Message that this one answers or amends."}
    )
    type = fields.String(required=True, validate=validate.OneOf([each.value for each in STATUS_OF_POST]))
    name = fields.String(
        required=True,
        validate=validate.Length(max=500),
        metadata={"description": "Subject; an empty string on a client_submission."},
    )
    description = fields.String(
        required=True,
        validate=validate.Length(max=100_000),
        metadata={"description": "Body; an empty string on a client_submission."},
    )
    updates_requested = fields.List(fields.Nested(AnswerSchema), allow_none=True, validate=validate.Length(max=200))
    grants_requested = fields.List(
        fields.Nested(GrantRequestSchema), allow_none=True, validate=validate.Length(max=100)
    )
    related_uri = WebAddress(allow_none=True, validate=validate.Length(max=8000))
    attachments = fields.List(fields.Nested(AttachmentSchema), allow_none=True, validate=validate.Length(max=50))

    @post_load
    def to_domain(self, data: dict[str, Any], **_: object) -> MessagePost:
        return MessagePost(**{**data, "type": MessageType(data["type"]), "attachments": data.get("attachments") or ()})


class MessageChangeSchema(Schema):
    """Body of a Message modification: CDS-WG1-02 6.11. Everything but `read` is ignored."""

    class Meta:
        unknown = EXCLUDE

    read = StrictBoolean()


class MessageListingSchema(Schema):
    """Three lists, each paged by itself: CDS-WG1-02 6.8."""

    outstanding = Listed(fields.Nested(MessageSchema), required=True)
    outstanding_next = fields.URL(required=True, allow_none=True)
    outstanding_previous = fields.URL(required=True, allow_none=True)
    unread = Listed(fields.Nested(MessageSchema), required=True)
    unread_next = fields.URL(required=True, allow_none=True)
    unread_previous = fields.URL(required=True, allow_none=True)
    read = Listed(fields.Nested(MessageSchema), required=True)
    read_next = fields.URL(required=True, allow_none=True)
    read_previous = fields.URL(required=True, allow_none=True)


class MessageFilters(Schema):
    """CDS-WG1-02 6.8."""

    message_ids = SpaceSeparated(metadata={"description": "message_id values, separated by spaces."})
    segment = fields.String(
        validate=validate.OneOf(list(SEGMENTS)),
        metadata={"description": "The only list wanted; in `..._next` and `..._previous`."},
    )
    cursor = fields.String(metadata={"description": "From `..._next` or `..._previous`; opaque."})
