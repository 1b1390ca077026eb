"""Client Objects and registrations on the wire: CDS-WG1-02 4 and 5."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, INCLUDE, Schema, ValidationError, fields, post_dump, validate

from cdsc_server.schemas.exact import Listed
from cdsc_server.schemas.fields import Instant, ScopeString, SpaceSeparated, WebAddress


def _one_line(text: str) -> None:
    """People read it on the form, in the middle of a sentence."""
    if not text.isprintable() or not text.strip():
        raise ValidationError("must be one line of printable characters")


class ClientMetadataSchema(Schema):
    """What a Client says of itself: RFC 7591 2."""

    client_name = fields.String(validate=[validate.Length(min=1, max=200), _one_line])
    contacts = fields.List(fields.String(validate=validate.Length(min=1, max=320)), validate=validate.Length(max=20))
    client_uri = WebAddress()
    logo_uri = WebAddress()
    tos_uri = WebAddress()
    policy_uri = WebAddress()


class RegistrationSchema(ClientMetadataSchema):
    """
    Client Registration Request: CDS-WG1-02 4.1. redirect_uris and unknown members are ignored.

    Registration fields stand beside these members under their field_name; each scope names those it takes.
    """

    class Meta:
        unknown = EXCLUDE

    scope = ScopeString(
        required=True,
        validate=validate.Length(min=1, max=4000),
        metadata={"description": "Scope ids of the scope descriptions; cds_client_admin among them."},
    )


class ClientUpdateSchema(ClientMetadataSchema):
    """Body of a Client modification, which replaces everything: CDS-WG1-02 5.5, RFC 7592 2.2."""

    class Meta:
        unknown = INCLUDE

    scope = ScopeString(validate=validate.Length(min=1, max=4000))
    redirect_uris = fields.List(fields.String(), validate=validate.Length(max=100))
    cds_status = fields.String()
    cds_default_scope = ScopeString(allow_none=True)
    cds_default_redirect_uri = fields.String(allow_none=True)
    cds_default_authorization_details = fields.List(fields.Dict(), allow_none=True)
    cds_purposes = fields.Dict(keys=fields.String(), values=fields.Dict(), allow_none=True)


class PurposeSchema(Schema):
    """A Purpose: CDS-WG3-01 8.3."""

    id = fields.String(required=True)
    name = fields.String(required=True, metadata={"description": "For the Client; no Customer sees it."})
    content = fields.String(required=True, metadata={"description": "What the form shows, as plain text."})
    related_uri = fields.URL(required=True, allow_none=True)
    related_name = fields.String(required=True, allow_none=True)
    scopes_supported = fields.List(fields.String(), required=True)


class ClientSchema(Schema):
    """A Client Object: CDS-WG1-02 5.1. Registration fields of its scopes stand beside these members, except files."""

    client_id = fields.String(required=True)
    client_id_issued_at = fields.Integer(required=True, metadata={"description": "Seconds since the epoch."})
    scope = fields.String(required=True)
    redirect_uris = fields.List(fields.String(), required=True)
    token_endpoint_auth_method = fields.String(required=True, allow_none=True)
    grant_types = fields.List(fields.String(), required=True)
    response_types = fields.List(fields.String(), required=True)
    client_name = fields.String(required=True)
    contacts = fields.List(fields.String(), required=True)
    authorization_details_types = fields.List(fields.String(), required=True)
    client_uri = fields.URL()
    logo_uri = fields.URL()
    tos_uri = fields.URL()
    policy_uri = fields.URL()
    cds_created = Instant(required=True)
    cds_modified = Instant(required=True)
    cds_client_uri = fields.URL(required=True)
    cds_status = fields.String(required=True)
    cds_status_options = fields.List(fields.String(), required=True)
    cds_server_metadata = fields.URL(required=True)
    cds_default_scope = fields.String()
    cds_default_redirect_uri = fields.URL()
    cds_default_authorization_details = fields.List(fields.Dict())
    cds_purposes = fields.Dict(
        keys=fields.String(), values=fields.Nested(PurposeSchema), metadata={"description": "CDS-WG3-01 8.1."}
    )

    @post_dump(pass_original=True)
    def with_registration_fields(self, shown: dict[str, Any], whole: Mapping[str, Any], **_: object) -> dict[str, Any]:
        """Which there are depends on the catalogue, so no class can name them."""
        return {**shown, **{name: whole[name] for name in whole if name.startswith("cds_") and name not in shown}}


class RegistrationResponseSchema(ClientSchema):
    """Client Registration Response: CDS-WG1-02 4.2."""

    client_secret = fields.String(
        required=True, metadata={"description": "Of the Client Admin; its Credential holds it too."}
    )


class ClientListingSchema(Schema):
    """CDS-WG1-02 5.3."""

    clients = Listed(fields.Nested(ClientSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class ClientFilters(Schema):
    """CDS-WG1-02 5.3, and a filter of our own; a Client Object passes every one that is given."""

    client_ids = SpaceSeparated(metadata={"description": "client_id values, separated by spaces."})
    statuses = SpaceSeparated(metadata={"description": "cds_status values, separated by spaces. Our own extension."})
    cursor = fields.String(metadata={"description": "From `next` or `previous`; opaque."})
