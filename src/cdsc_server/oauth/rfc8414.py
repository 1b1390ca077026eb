"""
Authorization server metadata (RFC 8414, CDS-WG1-02 3, CDS-WG3-01 5), computed from the catalogue and nothing else.

The lists at the top are unions over the scope descriptions; nobody writes them by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, Final

from cdsc_server.domain.catalogue import GRANT_ADMIN, SERVER_FILES, Catalogue, Scope
from cdsc_server.domain.offered_fields import Choice, OfferedField
from cdsc_server.domain.registration_fields import RegistrationField
from cdsc_server.domain.value_formats import VALUE_TYPES
from cdsc_server.languages import LANGUAGES

#: Every Client authenticates with its client_secret in the Authorization header.
AUTH_METHODS: Final = ("client_secret_basic",)

#: Member, path of the listing, and the include field that makes it needed (CDS-WG3-01 5).
LISTINGS: Final = (
    ("cds_accounts_api", "/cds/accounts", "include_accounts"),
    ("cds_servicecontracts_api", "/cds/service_contracts", "include_service_contracts"),
    ("cds_servicepoints_api", "/cds/service_points", "include_service_points"),
    ("cds_meterdevices_api", "/cds/meter_devices", "include_meter_devices"),
    ("cds_billstatement_api", "/cds/bill_statements", "include_bill_statements"),
    ("cds_billsection_api", "/cds/bill_sections", "include_bill_sections"),
    ("cds_aggregations_api", "/cds/aggregations", "include_aggregations"),
    ("cds_usagesegments_api", "/cds/usage_segments", "include_usage_segments"),
    ("cds_eacs_api", "/cds/eacs", "include_eacs"),
)

#: Our own endpoints: member and Flask endpoint.
ENDPOINTS: Final = (
    ("authorization_endpoint", "authorize.authorize"),
    ("token_endpoint", "oauth.token"),
    ("pushed_authorization_request_endpoint", "oauth.pushed_authorization_request"),
    ("revocation_endpoint", "oauth.revoke"),
    ("introspection_endpoint", "oauth.introspect"),
    ("registration_endpoint", "oauth_registration.register"),
    ("cds_clients_api", "registration.list_clients"),
    ("cds_messages_api", "registration.list_messages"),
    ("cds_credentials_api", "registration.list_credentials"),
    ("cds_grants_api", "registration.list_grants"),
)


def authorization_server_metadata(catalogue: Catalogue, *, base_url: str, url: Callable[[str], str]) -> dict[str, Any]:
    """
    The document.

    Args:
        url: gives the public address of one of our endpoints.

    Spec: CDS-WG1-02 3.2, CDS-WG3-01 5.
    """
    described = {scope.id: scope_description(scope, base_url=base_url) for scope in catalogue.scopes.values()}
    documentation = f"{base_url}/docs"
    named = _union(described, "registration_requirements") + _union(described, "registration_optional")
    return {
        "issuer": base_url,
        **{member: url(endpoint) for member, endpoint in ENDPOINTS},
        "scopes_supported": list(described),
        "response_types_supported": _union(described, "response_types_supported"),
        "response_modes_supported": ["query"],
        "grant_types_supported": _union(described, "grant_types_supported"),
        "token_endpoint_auth_methods_supported": _union(described, "token_endpoint_auth_methods_supported"),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "introspection_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "code_challenge_methods_supported": _union(described, "code_challenge_methods_supported"),
        "authorization_details_types_supported": _union(described, "authorization_details_types_supported"),
        "authorization_response_iss_parameter_supported": True,
        "require_pushed_authorization_requests": False,
        "service_documentation": documentation,
        "ui_locales_supported": list(LANGUAGES),
        "op_policy_uri": catalogue.utility.privacy_url,
        "op_tos_uri": catalogue.utility.terms_url,
        "cds_oauth_version": "v1",
        "cds_human_registration": url("registration_page.form"),
        "cds_timezone": catalogue.utility.timezone.key,
        "cds_test_accounts": url("test_accounts.page"),
        "cds_scope_descriptions": described,
        "cds_registration_fields": {
            field.id: field_description(field, base_url=base_url)
            for field in catalogue.registration_fields.values()
            if field.id in named
        },
        **_files(catalogue, url),
        "cds_customerdata_version": "v1",
        **_listings(catalogue, base_url),
    }


def scope_description(scope: Scope, *, base_url: str) -> dict[str, Any]:
    """One scope as Clients read it (CDS-WG1-02 3.3, 3.4)."""
    documentation = f"{base_url}/docs#scope-{scope.id}"
    types = [scope.id] if scope.type.asked_for or scope.type.id in _FIXED_FIELDS else []
    fields = (
        _fixed_fields(scope, documentation)
        if scope.type.id in _FIXED_FIELDS
        else [_detail_field(scope, offered, base_url) for offered in scope.fields.values()]
    )
    return {
        "id": scope.id,
        "type": scope.type.id,
        "name": scope.name,
        "description": scope.description,
        "documentation": documentation,
        "registration_requirements": list(scope.registration_requirements),
        "registration_optional": list(scope.registration_optional),
        "response_types_supported": list(scope.type.response_types),
        "grant_types_supported": list(scope.type.grant_types),
        "token_endpoint_auth_methods_supported": list(scope.type.auth_methods),
        "code_challenge_methods_supported": list(scope.type.code_challenge_methods),
        "coverages_supported": list(scope.coverages_supported),
        "grant_admin_scope": scope.grant_admin_scope,
        "authorization_details_types_supported": types,
        "authorization_details_fields_supported": fields,
    }


def field_description(field: RegistrationField, *, base_url: str) -> dict[str, Any]:
    """One registration field as Clients read it; members that mean nothing for it are left out (CDS-WG1-02 3.5)."""
    page = f"{base_url}/register/fields/{field.id}"
    described: dict[str, Any] = {
        "id": field.id,
        "type": field.type,
        "description": field.description,
        "documentation": field.documentation or page,
    }
    optional: dict[str, Any] = {
        "field_name": field.field_name,
        "format": field.format,
        "max_length": field.limits.max_length,
        "max_size": field.limits.max_size,
        "amount": field.amount,
        "currency": field.currency,
    }
    described |= {name: value for name, value in optional.items() if value is not None}
    if field.has_default:
        described["default"] = field.default
    if field.submitted and str(field.format).startswith("choice"):
        described["choices"] = [
            {
                "id": choice.id,
                "name": choice.name,
                "description": choice.description,
                "documentation": choice.documentation or f"{page}#choice-{choice.id}",
            }
            for choice in field.choices
        ]
    return described


def _detail_field(scope: Scope, offered: OfferedField, base_url: str) -> dict[str, Any]:
    documentation = f"{base_url}/docs#scope-{scope.id}"
    described = {
        "id": offered.field.id,
        "name": offered.field.name,
        "description": offered.field.described(directly=scope.type.direct),
        "documentation": f"{base_url}{own}" if (own := offered.field.documentation) else documentation,
        "for_types": [scope.id],
        "format": offered.field.format,
        "is_required": offered.field.required,
    }
    if not offered.field.required:
        described["default"] = offered.default
    if offered.maximum is not None:
        described |= {"maximum": offered.maximum, "minimum": offered.minimum}
    if offered.field.format.startswith("choice"):
        described["choices"] = [_choice(choice, documentation, base_url) for choice in offered.choices]
    return described


def _choice(choice: Choice, documentation: str, base_url: str) -> dict[str, Any]:
    own = choice.documentation or documentation
    described: dict[str, Any] = {
        "id": choice.id,
        "name": choice.name,
        "description": choice.description,
        "documentation": f"{base_url}{own}" if own.startswith("/") else own,
    }
    if choice.value_format is not None:
        # 10.8.2: a Value Format has an id. Segments name their own, for a format may stand in several of them.
        described["usagesegment_format"] = {"id": choice.id, **choice.value_format}
    return described


#: Fields that the standard prescribes to the letter, by scope type (CDS-WG1-02 3.3.2, 3.3.3).
_FIXED_FIELDS: Final = {
    GRANT_ADMIN: (
        ("client_id", "Client Object identifier", "The Client Object identifier for which the Grant is issued."),
        (
            "grant_id",
            "Grant identifier",
            "The Grant identifier for which the returned access_token will be given access.",
        ),
    ),
    SERVER_FILES: (
        (
            "file_id",
            "File identifier",
            "A file provided by the Server that may be accessed by the Client as part of the Grant.",
        ),
    ),
}


def _fixed_fields(scope: Scope, documentation: str) -> list[dict[str, Any]]:
    return [
        {
            "id": field_id,
            "name": name,
            "description": description,
            "documentation": documentation,
            "for_types": [scope.id],
            "format": "string",
            "is_required": True,
            "maximum": 1000,
            "minimum": 1,
        }
        for field_id, name, description in _FIXED_FIELDS[scope.type.id]
    ]


def _files(catalogue: Catalogue, url: Callable[[str], str]) -> dict[str, str]:
    """Where shared files are, when any scope is for them (CDS-WG1-02 3.2)."""
    offered = any(scope.type.id == SERVER_FILES for scope in catalogue.scopes.values())
    return {"cds_server_provided_files_api": url("registration.list_files")} if offered else {}


def _listings(catalogue: Catalogue, base_url: str) -> dict[str, Any]:
    opened = {name for scope in catalogue.scopes.values() for name in {*scope.fields, *scope.type.implied}}
    listings: dict[str, Any] = {member: base_url + path for member, path, include in LISTINGS if include in opened}
    if "cds_usagesegments_api" in listings:
        listings["cds_usagesegments_additional_value_types"] = _own_value_types(catalogue)
    if {"cds_usagesegments_api", "cds_servicecontracts_api"} <= listings.keys():
        listings["cdsc_cost_estimates_api"] = f"{base_url}/cost_estimates"
    if "cds_eacs_api" in listings:
        listings["cds_eac_formats"] = {each.id: asdict(each) for each in catalogue.eac_formats.values()}
    return listings


def _own_value_types(catalogue: Catalogue) -> dict[str, dict[str, str | None]]:
    """Every Value Type beyond the standard that a Client may be shown, by its name (CDS-WG3-01 10.8.6)."""
    offered = (field for scope in catalogue.scopes.values() for field in scope.fields.values())
    described: dict[str, dict[str, str | None]] = {}
    for choice in (choice for field in offered for choice in field.choices):
        kind = (choice.value_format or {}).get("type")
        if kind is not None and kind not in VALUE_TYPES:
            told = {"name": choice.name, "description": choice.description, "documentation": choice.documentation}
            described.setdefault(kind, {"type": kind, **told})
    return described


def _union(described: dict[str, dict[str, Any]], member: str) -> list[str]:
    """Every value any scope names, in the order of first mention."""
    values: Iterable[str] = (value for scope in described.values() for value in scope[member])
    return list(dict.fromkeys(values))
