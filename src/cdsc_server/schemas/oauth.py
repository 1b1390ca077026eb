"""Bodies of the OAuth endpoints: RFC 6749, 7009, 7662, 9126, 9396."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate

_DETAILS = {"description": "A JSON array of authorization details (RFC 9396 2)."}
_SCOPE = {"description": "Scope ids, separated by spaces."}


class Form(Schema):
    """Parameters of a request; those an endpoint does not know are ignored (RFC 6749 3.1, 3.2)."""

    class Meta:
        unknown = EXCLUDE


class TokenRequestSchema(Form):
    """RFC 6749 4.1.3, 4.4.2, 6; CDS-WG1-02 3.3.2."""

    grant_type = fields.String(
        required=True, validate=validate.OneOf(["authorization_code", "client_credentials", "refresh_token"])
    )
    code = fields.String(metadata={"description": "With authorization_code: the code the browser brought."})
    redirect_uri = fields.String(metadata={"description": "When the authorization request named it."})
    code_verifier = fields.String(metadata={"description": "RFC 7636; always, with a code."})
    refresh_token = fields.String(metadata={"description": "With refresh_token."})
    scope = fields.String(metadata=_SCOPE)
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


class PushedRequestSchema(Form):
    """RFC 9126 2.1; the parameters of an authorization request."""

    response_type = fields.String(required=True, validate=validate.Equal("code"))
    code_challenge = fields.String(required=True, metadata={"description": "RFC 7636 4.2."})
    code_challenge_method = fields.String(required=True, validate=validate.Equal("S256"))
    redirect_uri = fields.String(metadata={"description": "One that is registered; its default when absent."})
    scope = fields.String(metadata=_SCOPE)
    state = fields.String(metadata={"description": "Comes back with the answer, and stays on the Grant."})
    authorization_details = fields.String(metadata=_DETAILS)
    prompt = fields.String(metadata={"description": "`login`: the Customer signs in again (CDS-WG1-02 8.3)."})
    ui_locales = fields.String(metadata={"description": "Languages the Customer prefers (RFC 5646), best first."})
    cds_grant_id = fields.String(metadata={"description": "The Grant to approve anew (CDS-WG1-02 8.3)."})


class AuthorizationRequestSchema(Form):
    """RFC 6749 4.1.1: the parameters of a pushed request, or the request_uri that stands for them (RFC 9126 4)."""

    client_id = fields.String(required=True, metadata={"description": "The Client Object that asks."})
    request_uri = fields.String(metadata={"description": "From a pushed request; nothing else is needed then."})
    response_type = fields.String(metadata={"description": "`code`; needed without request_uri."})
    code_challenge = fields.String(metadata={"description": "RFC 7636 4.2; needed without request_uri."})
    code_challenge_method = fields.String(metadata={"description": "`S256`; needed without request_uri."})
    redirect_uri = fields.String(metadata={"description": "One that is registered; its default when absent."})
    scope = fields.String(metadata=_SCOPE)
    state = fields.String(metadata={"description": "Comes back with the answer, and stays on the Grant."})
    authorization_details = fields.String(metadata=_DETAILS)
    prompt = fields.String(metadata={"description": "`login`: the Customer signs in again (CDS-WG1-02 8.3)."})
    ui_locales = fields.String(metadata={"description": "Languages the Customer prefers (RFC 5646), best first."})
    cds_grant_id = fields.String(metadata={"description": "The Grant to approve anew (CDS-WG1-02 8.3)."})


class PushedResponseSchema(Schema):
    """RFC 9126 2.2."""

    request_uri = fields.String(required=True)
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds."})


class TokenQuerySchema(Form):
    """RFC 7009 2.1, RFC 7662 2.1."""

    token = fields.String(required=True, metadata={"description": "An access or refresh token."})
    token_type_hint = fields.String(metadata={"description": "`access_token` or `refresh_token`; not needed."})


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
