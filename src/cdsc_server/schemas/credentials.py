"""Credentials on the wire: CDS-WG1-02 7."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate

from cdsc_server.schemas.exact import Listed
from cdsc_server.schemas.fields import Instant, SpaceSeparated

_ENDS = {"description": "Seconds since the epoch; 0 for never."}


class CredentialSchema(Schema):
    """A Credential: CDS-WG1-02 7.1."""

    credential_id = fields.String(required=True)
    uri = fields.URL(required=True)
    client_id = fields.String(required=True)
    created = Instant(required=True)
    modified = Instant(required=True)
    type = fields.String(required=True)
    client_secret = fields.String(required=True)
    client_secret_expires_at = fields.Integer(required=True, metadata=_ENDS)


class CredentialListingSchema(Schema):
    """CDS-WG1-02 7.3."""

    credentials = Listed(fields.Nested(CredentialSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class CredentialRequestSchema(Schema):
    """Body of a Credential creation: CDS-WG1-02 7.5."""

    class Meta:
        unknown = EXCLUDE

    client_id = fields.String(required=True, validate=validate.Length(min=1, max=200))
    type = fields.String(validate=validate.Equal("client_secret"))


class CredentialChangeSchema(Schema):
    """Body of a Credential modification: CDS-WG1-02 7.6. Members a Client may not modify are ignored."""

    class Meta:
        unknown = EXCLUDE

    client_secret_expires_at = fields.Integer(strict=True, validate=validate.Range(min=0), metadata=_ENDS)


class CredentialFilters(Schema):
    """CDS-WG1-02 7.3."""

    credential_ids = SpaceSeparated(metadata={"description": "credential_id values, separated by spaces."})
    client_ids = SpaceSeparated(metadata={"description": "client_id values, separated by spaces."})
    after = Instant(metadata={"description": "Created then or later."})
    before = Instant(metadata={"description": "Created then or earlier."})
    cursor = fields.String(metadata={"description": "From `next` or `previous`; opaque."})
