"""Aggregations on the wire: CDS-WG3-01 10.7."""

from __future__ import annotations

from marshmallow import Schema, fields

from cdsc_server.schemas.fields import Instant
from cdsc_server.schemas.listing_filters import Among, Filters, Search


class AggregationRegionSchema(Schema):
    """A region of a group: CDS-WG3-01 10.7.3. Its types decide which further members it has (10.7.4)."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    map_resource = fields.URL(allow_none=True)
    map_content_type = fields.String(allow_none=True)
    geojson_resource = fields.URL(allow_none=True)
    postal_codes = fields.List(fields.String())
    counties = fields.List(fields.String())
    neighborhoods = fields.List(fields.String())
    city_blocks = fields.List(fields.String())


class ConsentRequirementSchema(Schema):
    """Whether Customers of a group must consent before its data is released: CDS-WG3-01 10.7.5."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    documentation = fields.URL(required=True)


class AggregationSchema(Schema):
    """An Aggregation: CDS-WG3-01 10.7.1. Its types decide which lists it has at its end (10.7.2)."""

    cds_aggregation_id = fields.String(attribute="row.aggregation_id", required=True)
    cds_created = Instant(attribute="row.created", required=True)
    cds_modified = Instant(attribute="row.modified", required=True)
    cds_synced = Instant(attribute="row.synced", required=True)
    aggregation_types = fields.List(fields.String(), attribute="row.types", required=True)
    aggregation_number = fields.String(attribute="row.aggregation_number", required=True, allow_none=True)
    scope = fields.String(required=True)
    authorization_details = fields.List(fields.Dict(), attribute="details", required=True)
    grouped_accounts = fields.List(fields.String(), attribute="members.account", required=True)
    grouped_servicecontracts = fields.List(fields.String(), attribute="members.service_contract", required=True)
    grouped_servicepoints = fields.List(fields.String(), attribute="members.service_point", required=True)
    grouped_meterdevices = fields.List(fields.String(), attribute="members.meter_device", required=True)
    grouped_aggregations = fields.List(fields.String(), attribute="parts", required=True)
    grouped_addresses = fields.List(fields.String(), attribute="addresses")
    grouped_regions = fields.List(fields.Nested(AggregationRegionSchema), required=True)
    consent_requirements = fields.List(fields.Nested(ConsentRequirementSchema), required=True)
    countries = fields.List(fields.String(), attribute="row.published.countries")
    provinces = fields.List(fields.String(), attribute="row.published.provinces")
    municipalities = fields.List(fields.String(), attribute="row.published.municipalities")
    account_types = fields.List(fields.String(), attribute="row.published.account_types")
    account_program_numbers = fields.List(fields.String(), attribute="row.published.account_program_numbers")
    service_types = fields.List(fields.String(), attribute="row.published.service_types")
    rateplan_code = fields.List(fields.String(), attribute="row.published.rateplan_code")
    service_program_numbers = fields.List(fields.String(), attribute="row.published.service_program_numbers")
    servicepoint_types = fields.List(fields.String(), attribute="row.published.servicepoint_types")
    premise_numbers = fields.List(fields.String(), attribute="row.published.premise_numbers")
    meter_types = fields.List(fields.String(), attribute="row.published.meter_types")
    meter_app_numbers = fields.List(fields.String(), attribute="row.published.meter_app_numbers")


class AggregationListingSchema(Schema):
    """A page of Aggregations: CDS-WG3-01 10.7.8."""

    aggregations = fields.List(fields.Nested(AggregationSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class GeoJSONSchema(Schema):
    """The territory of a region in WGS 84 coordinates (RFC 7946), with the members of its type."""

    type = fields.String(required=True)
    coordinates = fields.List(fields.Raw())
    geometries = fields.List(fields.Dict())
    features = fields.List(fields.Dict())
    geometry = fields.Dict(allow_none=True)
    properties = fields.Dict(allow_none=True)
    bbox = fields.List(fields.Raw())


class AggregationFilters(Filters):
    """Which Aggregations to list: CDS-WG3-01 10.7.8."""

    cds_aggregation_ids = Among("cds_aggregation_id", "Ids of Aggregations")
    aggregation_numbers = Among("aggregation_number", "Aggregation numbers")
    aggregation_types = Among("aggregation_types", "Aggregation Types, any of which the Aggregation has")
    q = Search(
        "cds_aggregation_id",
        "aggregation_number",
        "grouped_addresses",
        "grouped_regions[].id",
        "grouped_regions[].name",
    )
