"""Bill Sections on the wire: CDS-WG3-01 10.6."""

from __future__ import annotations

from marshmallow import Schema, fields

from cdsc_server.schemas.accounts import EntitySchema
from cdsc_server.schemas.exact import Exact, Opened, Shown
from cdsc_server.schemas.fields import Instant
from cdsc_server.schemas.listing_filters import Among, Filters
from cdsc_server.schemas.service_contracts import ServiceProgramSchema


class BillSectionUsageDetailSchema(Schema):
    """Use or demand as the bill sums it up: CDS-WG3-01 10.6.3. Members without a value are left out."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    value = Exact(required=True)
    units = fields.String()
    start_date = fields.Date()
    end_date = fields.Date()
    demand_type = fields.String()
    tou = fields.String()
    tier = fields.String()
    direction = fields.String()
    season = fields.String()
    start_read = Exact()
    end_read = Exact()
    multiplier = Exact()


class BillSectionCostDetailSchema(Schema):
    """A total or subtotal: CDS-WG3-01 10.6.5. They may overlap, so they are never to be summed."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    cost = Exact(required=True)


class BillSectionLineItemSchema(Schema):
    """One charge: CDS-WG3-01 10.6.7."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    start_date = fields.Date(required=True)
    end_date = fields.Date(required=True)
    cost = Exact(required=True)
    value = Exact(required=True, allow_none=True)
    units = fields.String()
    rate = Exact(required=True, allow_none=True)
    related_usage_details = fields.List(fields.String(), required=True)
    related_cost_details = fields.List(fields.String(), required=True)


class BillSectionSchema(Shown):
    """A Bill Section: CDS-WG3-01 10.6.1. Optional members are there only if the Grant opens them."""

    cds_billsection_id = fields.String(attribute="row.bill_section_id", required=True)
    cds_created = Instant(attribute="row.created", required=True)
    cds_modified = Instant(attribute="row.modified", required=True)
    cds_synced = Instant(attribute="row.synced", required=True)
    cds_billstatement_id = fields.String(attribute="statement_id", required=True, allow_none=True)
    cds_account_id = fields.String(attribute="row.account_id", required=True)
    account_number = fields.String(attribute="row.account_number", required=True)
    section_types = fields.List(fields.String(), attribute="row.types", required=True)
    start_date = fields.Date(attribute="row.start_date", required=True)
    end_date = fields.Date(attribute="row.end_date", required=True)
    currency = fields.String(attribute="row.currency", required=True)
    distribution_entity = Opened(EntitySchema, attribute="row.distribution_entity", required=True, allow_none=True)
    supply_entity = Opened(EntitySchema, attribute="row.supply_entity", required=True, allow_none=True)
    related_servicecontracts = fields.List(fields.String(), attribute="contracts", required=True)
    related_servicepoints = fields.List(fields.String(), attribute="service_points", required=True)
    related_meterdevices = fields.List(fields.String(), attribute="meter_devices", required=True)
    related_billsections = fields.List(fields.String(), attribute="siblings", required=True)
    service_programs = fields.List(Opened(ServiceProgramSchema), attribute="row.programs")
    usage_details = fields.List(Opened(BillSectionUsageDetailSchema), attribute="row.usage_details", required=True)
    cost_details = fields.List(Opened(BillSectionCostDetailSchema), attribute="row.cost_details", required=True)
    line_items = fields.List(Opened(BillSectionLineItemSchema), attribute="row.line_items")


class BillSectionListingSchema(Schema):
    """A page of Bill Sections: CDS-WG3-01 10.6.9."""

    bill_sections = fields.List(fields.Nested(BillSectionSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class BillSectionFilters(Filters):
    """Which Bill Sections to list: CDS-WG3-01 10.6.9."""

    cds_billsection_ids = Among(None, "Ids of Bill Sections")
    before = fields.Date(metadata={"description": "Only sections whose first day is this day or before."})
    after = fields.Date(metadata={"description": "Only sections whose last day is this day or after."})
    cds_billstatement_ids = Among(None, "Ids of Bill Statements")
    cds_account_ids = Among(None, "Ids of Accounts")
    account_numbers = Among(None, "Account numbers")
    cds_servicecontract_ids = Among(None, "Ids of Service Contracts, any of which a section may list")
    contract_numbers = Among(None, "Numbers of Service Contracts, any of which a section may list")
