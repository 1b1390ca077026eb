"""Usage Segments on the wire: CDS-WG3-01 10.8."""

from __future__ import annotations

from marshmallow import INCLUDE, Schema, fields

from cdsc_server.schemas.exact import Exact
from cdsc_server.schemas.fields import Instant
from cdsc_server.schemas.listing_filters import Among, Filters


class ValueFormatSchema(Schema):
    """What one position of every Value Set means: CDS-WG3-01 10.8.2. The type decides on further members (10.8.5)."""

    class Meta:
        unknown = INCLUDE

    id = fields.String(required=True)
    type = fields.String(required=True)
    units = fields.String()
    direction = fields.String()
    tou = fields.String(allow_none=True)
    tier = fields.String(allow_none=True)
    season = fields.String(allow_none=True)
    quality = fields.String()
    related_meterdevices = fields.List(fields.String())
    demand_type = fields.String()
    attribution = fields.String()
    supply_type = fields.String()
    currency = fields.String()
    indexes = fields.List(fields.Integer())
    related_meterdevice = fields.String()
    register = fields.String(allow_none=True)


class ValueObjectSchema(Schema):
    """One value: CDS-WG3-01 10.8.4. Its members follow from the type of its Value Format."""

    class Meta:
        unknown = INCLUDE

    eu = Exact(metadata={"description": "Electric usage."})
    ed = Exact(metadata={"description": "Electric demand."})
    wu = Exact(metadata={"description": "Water usage."})
    gu = Exact(metadata={"description": "Natural gas usage."})
    fu = Exact(metadata={"description": "Fuel oil usage."})
    sm = Exact(metadata={"description": "Share of the supply, from 0 to 1."})
    ci = Exact(metadata={"description": "Carbon intensity in gCO2e per kWh."})
    eacs = fields.List(fields.String(), metadata={"description": "Ids of Energy Attribute Certificates."})
    c = Exact(metadata={"description": "Cost in the currency of the format."})
    r = fields.String(metadata={"description": "Reading of a register, with the digits it shows."})


class UsageSegmentSchema(Schema):
    """A Usage Segment: CDS-WG3-01 10.8.1. Value Set number n covers `segment_start` plus n times `interval` seconds."""

    cds_usagesegment_id = fields.String(required=True)
    cds_created = Instant(required=True)
    cds_modified = Instant(required=True)
    cds_synced = Instant(required=True)
    related_aggregations = fields.List(fields.String(), required=True)
    related_accounts = fields.List(fields.String(), required=True)
    related_servicecontracts = fields.List(fields.String(), required=True)
    related_servicepoints = fields.List(fields.String(), required=True)
    related_meterdevices = fields.List(fields.String(), required=True)
    related_billsections = fields.List(fields.String(), required=True)
    segment_start = Instant(required=True)
    segment_end = Instant(required=True)
    interval = Exact(required=True)
    formats = fields.List(fields.Nested(ValueFormatSchema), required=True)
    values = fields.List(fields.List(fields.Nested(ValueObjectSchema, allow_none=True)), required=True)


class UsageSegmentListingSchema(Schema):
    """A page of Usage Segments: CDS-WG3-01 10.8.8."""

    usage_segments = fields.List(fields.Nested(UsageSegmentSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class UsageSegmentFilters(Filters):
    """Which Usage Segments to list: CDS-WG3-01 10.8.8."""

    cds_usagesegment_ids = Among(None, "Ids of Usage Segments")
    before = Instant(metadata={"description": "Segments that start at this instant or before."})
    after = Instant(metadata={"description": "Segments that end at this instant or after."})
    cds_account_ids = Among(None, "Ids of Accounts, any of which a segment is related to")
    account_numbers = Among(None, "Account numbers, any of which a segment is related to")
    cds_servicecontract_ids = Among(None, "Ids of Service Contracts, any of which a segment is related to")
    contract_numbers = Among(None, "Contract numbers, any of which a segment is related to")
    cds_servicepoint_ids = Among(None, "Ids of Service Points, any of which a segment is related to")
    servicepoint_numbers = Among(None, "Service point numbers, any of which a segment is related to")
    cds_meterdevice_ids = Among(None, "Ids of Meter Devices, any of which a segment is related to")
    meter_numbers = Among(None, "Meter numbers, any of which a segment is related to")
    cds_billsection_ids = Among(None, "Ids of Bill Sections, any of which a segment is related to")
