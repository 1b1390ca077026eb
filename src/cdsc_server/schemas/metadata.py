"""Metadata documents: CDS-WG1-01 3.2 and 4, CDS-WG1-02 3.2."""

from __future__ import annotations

from marshmallow import Schema, fields

from cdsc_server.schemas.fields import Instant, SpaceSeparated


class ServerMetadataSchema(Schema):
    """CDS server metadata: CDS-WG1-01 3.2, CDS-WG1-02 3.1."""

    cds_metadata_version = fields.String(required=True)
    cds_metadata_url = fields.URL(required=True)
    created = Instant(required=True)
    updated = Instant(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    website = fields.URL(required=True)
    documentation = fields.URL(required=True)
    support = fields.URL(required=True)
    capabilities = fields.List(fields.String(), required=True)
    coverage = fields.URL(required=True)
    oauth_metadata = fields.URL(required=True)
    related_metadata = fields.List(fields.URL())


class CoverageEntrySchema(Schema):
    """Where the capabilities apply: CDS-WG1-01 4.3."""

    id = fields.String(required=True)
    created = Instant(required=True)
    updated = Instant(required=True)
    entity_name = fields.String(required=True)
    entity_abbreviation = fields.String(required=True, allow_none=True)
    country = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String()
    type = fields.String(required=True)
    role = fields.String(required=True)
    infrastructure_types = fields.List(fields.String(), required=True)
    commodity_types = fields.List(fields.String(), required=True)
    capabilities = fields.List(fields.String(), required=True)
    map_resource = fields.URL()
    map_content_type = fields.String()
    geojson_resource = fields.URL()


class CoverageListingSchema(Schema):
    """CDS-WG1-01 4.1."""

    coverage_entries = fields.List(fields.Nested(CoverageEntrySchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class CoverageFilters(Schema):
    """CDS-WG1-01 4.2, and a filter of our own; an entry passes every one that is given."""

    ids = SpaceSeparated(metadata={"description": "Entry ids, separated by spaces."})
    capabilities = SpaceSeparated(
        metadata={"description": "Capabilities, separated by spaces; an entry has one of them. Our own extension."}
    )


class AuthorizationServerMetadataSchema(Schema):
    """RFC 8414 with the additions of CDS-WG1-02 3.2 and CDS-WG3-01 5."""

    issuer = fields.URL(required=True)
    authorization_endpoint = fields.URL(required=True)
    token_endpoint = fields.URL(required=True)
    pushed_authorization_request_endpoint = fields.URL(required=True)
    revocation_endpoint = fields.URL(required=True)
    introspection_endpoint = fields.URL(required=True)
    registration_endpoint = fields.URL(required=True)
    scopes_supported = fields.List(fields.String(), required=True)
    response_types_supported = fields.List(fields.String(), required=True)
    response_modes_supported = fields.List(fields.String())
    ui_locales_supported = fields.List(fields.String())
    grant_types_supported = fields.List(fields.String(), required=True)
    token_endpoint_auth_methods_supported = fields.List(fields.String(), required=True)
    revocation_endpoint_auth_methods_supported = fields.List(fields.String())
    introspection_endpoint_auth_methods_supported = fields.List(fields.String())
    code_challenge_methods_supported = fields.List(fields.String(), required=True)
    authorization_details_types_supported = fields.List(fields.String(), required=True)
    authorization_response_iss_parameter_supported = fields.Boolean()
    require_pushed_authorization_requests = fields.Boolean()
    service_documentation = fields.URL(required=True)
    op_policy_uri = fields.URL(required=True)
    op_tos_uri = fields.URL(required=True)
    cds_oauth_version = fields.String(required=True)
    cds_human_registration = fields.URL(required=True)
    cds_timezone = fields.String(required=True)
    cds_test_accounts = fields.URL(required=True)
    cds_clients_api = fields.URL(required=True)
    cds_messages_api = fields.URL(required=True)
    cds_credentials_api = fields.URL(required=True)
    cds_grants_api = fields.URL(required=True)
    cds_server_provided_files_api = fields.URL()
    cds_scope_descriptions = fields.Dict(keys=fields.String(), values=fields.Dict(), required=True)
    cds_registration_fields = fields.Dict(required=True)
    cds_customerdata_version = fields.String(required=True)
    cds_accounts_api = fields.URL()
    cds_servicecontracts_api = fields.URL()
    cds_servicepoints_api = fields.URL()
    cds_meterdevices_api = fields.URL()
    cds_billstatement_api = fields.URL()
    cds_billsection_api = fields.URL()
    cds_aggregations_api = fields.URL()
    cds_usagesegments_api = fields.URL()
    cds_usagesegments_additional_value_types = fields.Dict()
    cdsc_cost_estimates_api = fields.URL(metadata={"description": "Cost estimates. Our own extension."})
    cds_eacs_api = fields.URL()
    cds_eac_formats = fields.Dict()
