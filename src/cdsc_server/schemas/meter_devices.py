"""Meter Devices on the wire: CDS-WG3-01 10.4."""

from __future__ import annotations

from marshmallow import Schema, fields

from cdsc_server.schemas.exact import Opened, Shown
from cdsc_server.schemas.fields import Instant
from cdsc_server.schemas.listing_filters import Among, Filters, Search
from cdsc_server.schemas.service_points import ServicePointSchema


class MeterAppSchema(Schema):
    """An application on a meter: CDS-WG3-01 10.4.3. Members without a value are left out."""

    id = fields.String(required=True)
    app_number = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    name = fields.String(required=True)
    start = Instant()
    end = Instant()


class MeterDeviceSchema(Shown):
    """A Meter Device: CDS-WG3-01 10.4.1. Optional members are there only if the Grant opens them."""

    cds_meterdevice_id = fields.String(attribute="row.meter_device_id", required=True)
    cds_created = Instant(attribute="row.created", required=True)
    cds_modified = Instant(attribute="row.modified", required=True)
    cds_synced = Instant(attribute="row.synced", required=True)
    meter_number = fields.String(attribute="row.meter_number", allow_none=True)
    meter_types = fields.List(fields.String(), attribute="row.types", required=True)
    current_servicepoints = fields.List(fields.String(), attribute="current", required=True)
    previous_servicepoints = fields.List(fields.String(), attribute="previous", required=True)
    meter_apps = fields.List(Opened(MeterAppSchema), attribute="row.apps")


class MeterDeviceListingSchema(Schema):
    """A page of Meter Devices: CDS-WG3-01 10.4.5."""

    meter_devices = fields.List(fields.Nested(MeterDeviceSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class MeterDeviceFilters(Filters):
    """Which Meter Devices to list: CDS-WG3-01 10.4.5."""

    cds_meterdevice_ids = Among("cds_meterdevice_id", "Ids of Meter Devices")
    meter_number = Among("meter_number", "Meter numbers")
    # The text has the singular only, where all other listings have the plural.
    meter_numbers = Among("meter_number", "Meter numbers; the same as meter_number")
    current_servicepoints = Among("current_servicepoints", "Ids of Service Points where a meter is")
    previous_servicepoints = Among("previous_servicepoints", "Ids of Service Points where a meter was")
    q = Search("cds_meterdevice_id", "meter_number")


class DistributionListingSchema(Schema):
    """A page of Service Points, then of the Meter Devices installed there; together up to 100."""

    service_points = fields.List(fields.Nested(ServicePointSchema), required=True)
    meter_devices = fields.List(fields.Nested(MeterDeviceSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class DistributionFilters(Filters):
    """Which Service Points and Meter Devices to list; a filter that only one of the two has leaves the other out."""

    cds_servicepoint_ids = Among("cds_servicepoint_id", "Ids of Service Points")
    servicepoint_numbers = Among("servicepoint_number", "Service point numbers")
    current_servicecontracts = Among("current_servicecontracts", "Ids of contracts, any of which is served there")
    previous_servicecontracts = Among("previous_servicecontracts", "Ids of contracts, any of which was served there")
    cds_meterdevice_ids = Among("cds_meterdevice_id", "Ids of Meter Devices")
    meter_number = Among("meter_number", "Meter numbers")
    meter_numbers = Among("meter_number", "Meter numbers; the same as meter_number")
    current_servicepoints = Among("current_servicepoints", "Ids of Service Points where a meter is")
    previous_servicepoints = Among("previous_servicepoints", "Ids of Service Points where a meter was")
    q = fields.String(metadata={"description": "Text to find, in whatever case, as in the listings of both."})
