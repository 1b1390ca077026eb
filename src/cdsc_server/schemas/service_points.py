"""Service Points on the wire: CDS-WG3-01 10.3."""

from __future__ import annotations

from marshmallow import Schema, fields

from cdsc_server.schemas.exact import Exact, Opened, Shown
from cdsc_server.schemas.fields import Instant
from cdsc_server.schemas.listing_filters import Among, Filters, Search


class PremiseSchema(Schema):
    """A building or plot as a municipality or utility numbers it: CDS-WG3-01 10.3.3."""

    id = fields.String(required=True)
    premise_number = fields.String(required=True)
    types = fields.List(fields.String(), required=True)


class ServicePointSchema(Shown):
    """A Service Point: CDS-WG3-01 10.3.1. Optional members are there only if the Grant opens them."""

    cds_servicepoint_id = fields.String(attribute="row.service_point_id", required=True)
    cds_created = Instant(attribute="row.created", required=True)
    cds_modified = Instant(attribute="row.modified", required=True)
    cds_synced = Instant(attribute="row.synced", required=True)
    servicepoint_number = fields.String(attribute="row.servicepoint_number", required=True, allow_none=True)
    servicepoint_types = fields.List(fields.String(), attribute="row.types", required=True)
    servicepoint_address = fields.String(attribute="row.address", allow_none=True)
    latitude = Exact(attribute="row.latitude", allow_none=True)
    longitude = Exact(attribute="row.longitude", allow_none=True)
    current_servicecontracts = fields.List(fields.String(), attribute="current", required=True)
    previous_servicecontracts = fields.List(fields.String(), attribute="previous", required=True)
    premises = fields.List(Opened(PremiseSchema), attribute="row.premises")
    cdsc_voltage = Exact(
        attribute="row.voltage",
        required=True,
        allow_none=True,
        metadata={"description": "Extension (CDS-WG3-01 11.6): nominal voltage in volts, null when unknown."},
    )


class ServicePointListingSchema(Schema):
    """A page of Service Points: CDS-WG3-01 10.3.5."""

    service_points = fields.List(fields.Nested(ServicePointSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class ServicePointFilters(Filters):
    """Which Service Points to list: CDS-WG3-01 10.3.5."""

    cds_servicepoint_ids = Among("cds_servicepoint_id", "Ids of Service Points")
    servicepoint_numbers = Among("servicepoint_number", "Service point numbers")
    current_servicecontracts = Among("current_servicecontracts", "Ids of contracts, any of which is served there")
    previous_servicecontracts = Among("previous_servicecontracts", "Ids of contracts, any of which was served there")
    q = Search("cds_servicepoint_id", "servicepoint_address", "servicepoint_number", "premises[].premise_number")
