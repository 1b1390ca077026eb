"""
Webhooks: a Client Admin has this server call an address when something changes.

No standard has them; the signature is that of Standard Webhooks (docs/how-to/integrate/webhooks.md).
"""

from __future__ import annotations

from typing import Any, Final

from flask import g
from flask.typing import ResponseReturnValue

from cdsc_server.domain.catalogue import CLIENT_ADMIN
from cdsc_server.errors import Conflict
from cdsc_server.schemas.webhooks import (
    DeliveryFilters,
    DeliveryListingSchema,
    NewWebhookSchema,
    ReplayedSchema,
    ReplaySchema,
    WebhookChangeSchema,
    WebhookListingSchema,
    WebhookRequestSchema,
    WebhookSchema,
)
from cdsc_server.services import webhooks
from cdsc_server.services.webhooks import WebhookChange
from cdsc_server.storage.webhooks import WebhookRow
from cdsc_server.web.bearer import bearer
from cdsc_server.web.context import ports, settings
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.registration.room import PAGE_SIZE, blueprint, cursor_of, links, shown
from cdsc_server.web.wire import json_body

_SECTION: Final = "Standard Webhooks 1.0"
_NOT_KEPT: Final = {"Cache-Control": "no-store"}
_PATH: Final = {"webhook_id": "A webhook of this registration."}
_FILTERS: Final = DeliveryFilters()


@blueprint.get("/webhooks")
@bearer(CLIENT_ADMIN)
@describe(tag="Webhooks", section=_SECTION, answers={200: WebhookListingSchema})
def list_webhooks() -> ResponseReturnValue:
    """
    List webhooks

    All of this registration, the oldest first.
    """
    rows = webhooks.list_webhooks(g.token.registration_id)
    return shown(WebhookListingSchema(), {"webhooks": [_wire(row) for row in rows]})


@blueprint.post("/webhooks")
@bearer(CLIENT_ADMIN)
@describe(
    tag="Webhooks", section=_SECTION, body=WebhookRequestSchema, answers={201: NewWebhookSchema}, problems=(Conflict,)
)
def create_webhook() -> ResponseReturnValue:
    """
    Add a webhook

    It is `pending` until its address has given back the challenge that is sent there at once; events wait so long.
    """
    asked = WebhookRequestSchema().load(json_body())
    row, secret = webhooks.create_webhook(
        asked["url"],
        asked["events"],
        registration_id=g.token.registration_id,
        settings=settings(),
        clock=ports().clock,
        keys=ports().keys,
    )
    return shown(NewWebhookSchema(), {**_wire(row), "secret": secret}), 201, _NOT_KEPT


@blueprint.get("/webhooks/<webhook_id>")
@bearer(CLIENT_ADMIN)
@describe(tag="Webhooks", section=_SECTION, answers={200: WebhookSchema}, path=_PATH)
def get_webhook(webhook_id: str) -> ResponseReturnValue:
    """
    Get a webhook

    One of this registration; its secret is not shown again.
    """
    return shown(WebhookSchema(), _wire(webhooks.get_webhook(webhook_id, registration_id=g.token.registration_id)))


@blueprint.patch("/webhooks/<webhook_id>")
@bearer(CLIENT_ADMIN)
@describe(tag="Webhooks", section=_SECTION, body=WebhookChangeSchema, answers={200: WebhookSchema}, path=_PATH)
def modify_webhook(webhook_id: str) -> ResponseReturnValue:
    """
    Change a webhook

    Another address is `pending` until it has answered a challenge of its own.
    """
    change = WebhookChange(**WebhookChangeSchema().load(json_body()))
    row = webhooks.change_webhook(
        webhook_id, change, registration_id=g.token.registration_id, settings=settings(), clock=ports().clock
    )
    return shown(WebhookSchema(), _wire(row))


@blueprint.delete("/webhooks/<webhook_id>")
@bearer(CLIENT_ADMIN)
@describe(tag="Webhooks", section=_SECTION, answers={204: None}, path=_PATH)
def delete_webhook(webhook_id: str) -> ResponseReturnValue:
    """
    Delete a webhook

    What was to be sent there is forgotten.
    """
    webhooks.delete_webhook(webhook_id, registration_id=g.token.registration_id)
    return "", 204


@blueprint.post("/webhooks/<webhook_id>/secrets")
@bearer(CLIENT_ADMIN)
@describe(tag="Webhooks", section=_SECTION, answers={201: NewWebhookSchema}, path=_PATH)
def rotate_secret(webhook_id: str) -> ResponseReturnValue:
    """
    Rotate the secret of a webhook

    Calls are signed with both secrets until `former_secret_until`.
    """
    row, secret = webhooks.rotate_secret(
        webhook_id,
        registration_id=g.token.registration_id,
        settings=settings(),
        clock=ports().clock,
        keys=ports().keys,
    )
    return shown(NewWebhookSchema(), {**_wire(row), "secret": secret}), 201, _NOT_KEPT


@blueprint.get("/webhooks/<webhook_id>/deliveries")
@bearer(CLIENT_ADMIN)
@describe(tag="Webhooks", section=_SECTION, query=DeliveryFilters, answers={200: DeliveryListingSchema}, path=_PATH)
def list_deliveries(webhook_id: str) -> ResponseReturnValue:
    """
    List deliveries

    What was or is to be sent to a webhook, the latest first.
    """
    wanted = filters(_FILTERS)
    page = webhooks.list_deliveries(
        webhook_id,
        registration_id=g.token.registration_id,
        statuses=wanted.get("statuses"),
        cursor=cursor_of(wanted),
        size=PAGE_SIZE,
    )
    deliveries = [webhooks.delivery_to_wire(row) for row in page.rows]
    return shown(DeliveryListingSchema(), {"deliveries": deliveries, **links(page)})


@blueprint.post("/webhooks/<webhook_id>/replays")
@bearer(CLIENT_ADMIN)
@describe(
    tag="Webhooks",
    section=_SECTION,
    body=ReplaySchema,
    answers={202: ReplayedSchema},
    problems=(Conflict,),
    path=_PATH,
)
def replay(webhook_id: str) -> ResponseReturnValue:
    """
    Send events again

    Those that were sent or given up since an instant, with the ids they had.
    """
    asked = ReplaySchema().load(json_body())
    count = webhooks.replay(
        webhook_id,
        since=asked["since"],
        delivery_ids=asked.get("delivery_ids"),
        registration_id=g.token.registration_id,
        clock=ports().clock,
    )
    return shown(ReplayedSchema(), {"count": count}), 202


def _wire(row: WebhookRow) -> dict[str, Any]:
    return webhooks.to_wire(row, base_url=settings().base_url)
