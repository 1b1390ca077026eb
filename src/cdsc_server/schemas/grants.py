"""Grants on the wire: CDS-WG1-02 8."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, post_load, validate

from cdsc_server.domain.grants import GrantStatus
from cdsc_server.schemas.exact import Listed
from cdsc_server.schemas.fields import Instant, ScopeString, SpaceSeparated
from cdsc_server.services.grant_changes import GrantChange


class GrantSchema(Schema):
    """A Grant: CDS-WG1-02 8.1."""

    grant_id = fields.String(required=True)
    uri = fields.URL(required=True)
    replacing = fields.List(fields.URL(), required=True)
    replaced_by = fields.List(fields.URL(), required=True)
    parent = fields.String(required=True, allow_none=True)
    children = fields.List(fields.String(), required=True)
    created = Instant(required=True)
    modified = Instant(required=True)
    not_before = Instant(required=True, allow_none=True)
    not_after = Instant(required=True, allow_none=True)
    eta = Instant(required=True, allow_none=True)
    expires = Instant(required=True, allow_none=True)
    status = fields.Enum(GrantStatus, by_value=True, required=True)
    client_id = fields.String(required=True)
    scope = fields.String(required=True)
    authorization_details = fields.List(fields.Dict(), required=True)
    states = fields.List(fields.String(), required=True)
    receipt_confirmations = fields.List(fields.String(), required=True)
    enabled_scope = fields.String(required=True)
    enabled_authorization_details = fields.List(fields.Dict(), required=True)


class GrantListingSchema(Schema):
    """CDS-WG1-02 8.5."""

    grants = Listed(fields.Nested(GrantSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class GrantChangeSchema(Schema):
    """Body of a Grant modification: CDS-WG1-02 8.7. Members a Client may not modify are ignored."""

    class Meta:
        unknown = EXCLUDE

    status = fields.Enum(
        GrantStatus,
        by_value=True,
        validate=validate.Equal(GrantStatus.CLOSED),
        metadata={"description": "`closed`; a Client may set no other."},
    )
    scope = ScopeString(validate=validate.Length(min=1, max=4000))
    authorization_details = fields.List(fields.Dict(), validate=validate.Length(max=50))

    @post_load
    def to_domain(self, data: dict[str, Any], **_: object) -> GrantChange:
        return GrantChange(**data)


class GrantFiltersSchema(Schema):
    """CDS-WG1-02 8.5; each but the instants and the cursor takes several values, separated by spaces."""

    grant_ids = SpaceSeparated(metadata={"description": "grant_id values."})
    parents = SpaceSeparated(metadata={"description": "parent values."})
    statuses = SpaceSeparated(metadata={"description": "Statuses, as they are now."})
    client_ids = SpaceSeparated(metadata={"description": "client_id values."})
    scopes = SpaceSeparated(metadata={"description": "Words of scope, or types in authorization_details."})
    states = SpaceSeparated(metadata={"description": "state values of authorization requests."})
    receipt_confirmations = SpaceSeparated(metadata={"description": "Confirmation codes of receipts."})
    after = Instant(metadata={"description": "Created then or later."})
    before = Instant(metadata={"description": "Created then or earlier."})
    cursor = fields.String(metadata={"description": "From `next` or `previous`; opaque."})
