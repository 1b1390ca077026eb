"""Registration of Clients: anybody may, so every address may only so often; no captcha, because programs register."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from cdsc_server.errors import InvalidClientMetadata, TooManyRequests
from cdsc_server.schemas.clients import RegistrationResponseSchema, RegistrationSchema
from cdsc_server.services.clients import to_wire
from cdsc_server.services.registration import register as register_client
from cdsc_server.web.bearer import public
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.describe import describe
from cdsc_server.web.problems import first_fault
from cdsc_server.web.wire import json_body

blueprint = Blueprint("oauth_registration", __name__, url_prefix="/oauth")
blueprint.problem_style = "oauth"  # type: ignore[attr-defined]


@blueprint.url_value_preprocessor
def _room_for_files(endpoint: str | None, _: object) -> None:
    """Raise the limit of the body by the files the catalogue asks for: Base64 makes four bytes of three."""
    if endpoint == "oauth_registration.register" and request.mimetype == "application/json":
        sizes = (field.limits.max_size or 0 for field in catalogue().registration_fields.values())
        request.max_content_length = settings().body_bytes + -(-sum(sizes) // 3) * 4


@blueprint.post("/register")
@public
@describe(
    tag="Registration",
    section="CDS-WG1-02 4, RFC 7591 3",
    body=RegistrationSchema,
    answers={201: RegistrationResponseSchema},
    problems=(InvalidClientMetadata, TooManyRequests),
)
def register() -> ResponseReturnValue:
    """
    Register a Client

    Makes a Client Admin, and the Client Objects for the other scopes; the Clients API lists them all.
    """
    body = json_body()
    try:
        metadata = RegistrationSchema().load(body)
    except ValidationError as fault:
        field, rule = first_fault(fault.messages)
        raise InvalidClientMetadata(f"{field}: {rule}", field=field) from fault
    row, secret = register_client(
        metadata,
        fields=body,
        address=request.remote_addr or "",
        catalogue=catalogue(),
        settings=settings(),
        limits=ports().limits,
        clock=ports().clock,
        keys=ports().keys,
        blobs=ports().blobs,
    )
    made = RegistrationResponseSchema().dump(
        {**to_wire(row, catalogue=catalogue(), base_url=settings().base_url), "client_secret": secret}
    )
    return made, 201, {"Cache-Control": "no-store"}
