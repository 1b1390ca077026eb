"""Webhooks on the wire; no standard has them."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate

from cdsc_server.domain.webhooks import OFFERED, WebhookStatus
from cdsc_server.schemas.fields import Instant, SpaceSeparated
from cdsc_server.storage.outbox import OutboxStatus

_KINDS = validate.OneOf([kind.value for kind in OFFERED])
_URL = {"description": "An https address of yours; it has to answer a challenge before anything else is sent there."}
_EVENTS = {"description": "Kinds of events that are wanted; all where it is left out."}
_SECRET = {"description": "Signs the calls (Standard Webhooks). Shown here and never again."}
_IDS = {"description": "Only these; all where it is left out."}


def _kinds(**more: object) -> fields.List[str]:
    return fields.List(fields.String(validate=_KINDS), validate=validate.Length(min=1), metadata=_EVENTS, **more)  # type: ignore[arg-type]


class WebhookSchema(Schema):
    """A webhook."""

    webhook_id = fields.String(required=True)
    uri = fields.URL(required=True)
    url = fields.URL(required=True)
    events = fields.List(fields.String(), required=True)
    status = fields.String(required=True, validate=validate.OneOf([each.value for each in WebhookStatus]))
    fault = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why it is disabled, or what went wrong last; null while all is well."},
    )
    failing_since = Instant(
        required=True, allow_none=True, metadata={"description": "The first failure since the last success."}
    )
    former_secret_until = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "Until when calls are signed with the secret before, too."},
    )
    created = Instant(required=True)
    modified = Instant(required=True)


class NewWebhookSchema(WebhookSchema):
    """A webhook with the secret it has just got."""

    secret = fields.String(required=True, metadata=_SECRET)


class WebhookListingSchema(Schema):
    """All webhooks of a registration; there are few."""

    webhooks = fields.List(fields.Nested(WebhookSchema), required=True)


class WebhookRequestSchema(Schema):
    """Body of a webhook's creation."""

    class Meta:
        unknown = EXCLUDE

    url = fields.String(required=True, validate=validate.Length(min=1, max=2000), metadata=_URL)
    events = _kinds(load_default=lambda: [kind.value for kind in OFFERED])


class WebhookChangeSchema(Schema):
    """Body of a webhook's modification; what is left out stays."""

    class Meta:
        unknown = EXCLUDE

    url = fields.String(validate=validate.Length(min=1, max=2000), metadata=_URL)
    events = _kinds()
    status = fields.Enum(
        WebhookStatus,
        by_value=True,
        validate=validate.OneOf([WebhookStatus.PENDING, WebhookStatus.DISABLED]),
        metadata={"description": "disabled: send nothing more; pending: ask the address again, then go on."},
    )


class ReplaySchema(Schema):
    """Body of a replay."""

    class Meta:
        unknown = EXCLUDE

    since = Instant(required=True, metadata={"description": "Events of then or later."})
    delivery_ids = fields.List(
        fields.String(validate=validate.Length(min=1, max=100)), validate=validate.Length(min=1, max=500), metadata=_IDS
    )


class ReplayedSchema(Schema):
    """What a replay will send."""

    count = fields.Integer(required=True, metadata={"description": "Events that will be sent again."})


class DeliverySchema(Schema):
    """An event for a webhook, and how far it got."""

    delivery_id = fields.String(
        required=True, metadata={"description": "Is sent as webhook-id, the same at every attempt."}
    )
    type = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf([each.value for each in OutboxStatus]))
    created = Instant(required=True)
    attempts = fields.Integer(required=True)
    next_attempt = Instant(required=True, allow_none=True)
    ended = Instant(required=True, allow_none=True, metadata={"description": "Since when it is sent or dead."})
    fault = fields.String(required=True, allow_none=True)


class DeliveryListingSchema(Schema):
    """A page of deliveries, the latest first."""

    deliveries = fields.List(fields.Nested(DeliverySchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class DeliveryFilters(Schema):
    """Parameters of the listing of deliveries."""

    statuses = SpaceSeparated(metadata={"description": "waiting, sent or dead, separated by spaces."})
    cursor = fields.String(metadata={"description": "From `next` or `previous`; opaque."})
