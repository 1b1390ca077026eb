"""Bodies of the OAuth endpoints: RFC 6749, 7009, 7662, 9126, 9396."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

_DETAILS = {"description": "A JSON array of authorization details (RFC 9396 2)."}


class TokenRequestSchema(Schema):
    """RFC 6749 4.1.3, 4.4.2, 6; CDS-WG1-02 3.3.2."""

    grant_type = fields.String(
        required=True, validate=validate.OneOf(["authorization_code", "client_credentials", "refresh_token"])
    )
    code = fields.String()
    redirect_uri = fields.String(metadata={"description": "When the authorization request named it."})
    code_verifier = fields.String(metadata={"description": "RFC 7636; always, with a code."})
    refresh_token = fields.String()
    scope = fields.String()
    authorization_details = fields.String(metadata=_DETAILS)


class TokenResponseSchema(Schema):
    """RFC 6749 5.1, CDS-WG1-02 8.4."""

    access_token = fields.String(required=True)
    token_type = fields.String(required=True)
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds."})
    scope = fields.String(required=True)
    refresh_token = fields.String()
    authorization_details = fields.List(fields.Dict(), metadata={"description": "What the token opens."})
    cds_grant_ids = fields.List(fields.String(), metadata={"description": "Grants that this made or changed."})


class PushedRequestSchema(Schema):
    """RFC 9126 2.1; the parameters of an authorization request."""

    response_type = fields.String(required=True)
    code_challenge = fields.String(required=True)
    code_challenge_method = fields.String(required=True, validate=validate.Equal("S256"))
    redirect_uri = fields.String()
    scope = fields.String()
    state = fields.String()
    authorization_details = fields.String(metadata=_DETAILS)
    prompt = fields.String()
    ui_locales = fields.String()
    cds_grant_id = fields.String()


class PushedResponseSchema(Schema):
    """RFC 9126 2.2."""

    request_uri = fields.String(required=True)
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds."})


class TokenQuerySchema(Schema):
    """RFC 7009 2.1, RFC 7662 2.1."""

    token = fields.String(required=True)
    token_type_hint = fields.String()


class IntrospectionSchema(Schema):
    """RFC 7662 2.2, RFC 9396 9.2."""

    active = fields.Boolean(required=True)
    scope = fields.String()
    client_id = fields.String()
    token_type = fields.String()
    iss = fields.String()
    iat = fields.Integer()
    exp = fields.Integer()
    authorization_details = fields.List(fields.Dict())
    cds_grant_ids = fields.List(fields.String())
