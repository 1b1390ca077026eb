"""Service Contracts on the wire: CDS-WG3-01 10.2."""

from __future__ import annotations

from marshmallow import Schema, fields

from cdsc_server.schemas.accounts import EntitySchema
from cdsc_server.schemas.exact import Exact, Opened, Shown
from cdsc_server.schemas.fields import Instant
from cdsc_server.schemas.listing_filters import Among, Filters, Search


class ServiceProgramSchema(Schema):
    """A program a contract takes part in, or could: CDS-WG3-01 10.2.5. Members without a value are left out."""

    id = fields.String(required=True)
    program_number = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    documentation = fields.URL(required=True)
    more_info = fields.URL()
    signup = fields.URL()
    settings = fields.URL()
    discontinue = fields.URL()
    participation_number = fields.String()
    start = fields.Date()
    end = fields.Date()
    balance = Exact()
    units = fields.String()
    currency = fields.String()
    pnode = fields.String()
    anode = fields.String()
    aggregated = fields.Boolean()
    automated = fields.Boolean()


class ServiceContractSchema(Shown):
    """A Service Contract: CDS-WG3-01 10.2.1. Optional members are there only if the Grant opens them."""

    cds_servicecontract_id = fields.String(attribute="row.contract_id", required=True)
    cds_created = Instant(attribute="row.created", required=True)
    cds_modified = Instant(attribute="row.modified", required=True)
    cds_synced = Instant(attribute="row.synced", required=True)
    cds_account_id = fields.String(attribute="row.account_id", required=True)
    account_number = fields.String(attribute="account_number")
    contract_number = fields.String(attribute="row.contract_number", allow_none=True)
    contract_address = fields.String(attribute="row.address")
    contract_types = fields.List(fields.String(), attribute="row.types", required=True)
    contract_entity = Opened(EntitySchema, attribute="row.entity", allow_none=True)
    contract_status = fields.String(attribute="row.status", required=True)
    contract_start = fields.Date(attribute="row.contract_start")
    contract_end = fields.Date(attribute="row.contract_end", allow_none=True)
    service_types = fields.List(fields.String(), attribute="row.service_types", required=True)
    rateplan_code = fields.String(attribute="row.rateplan_code")
    rateplan_name = fields.String(attribute="row.rateplan_name")
    service_programs = fields.List(Opened(ServiceProgramSchema), attribute="programs")


class ServiceContractListingSchema(Schema):
    """A page of Service Contracts: CDS-WG3-01 10.2.7."""

    service_contracts = fields.List(fields.Nested(ServiceContractSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class ServiceContractFilters(Filters):
    """Which Service Contracts to list: CDS-WG3-01 10.2.7."""

    cds_servicecontract_ids = Among("cds_servicecontract_id", "Ids of Service Contracts")
    account_numbers = Among("account_number", "Account numbers")
    contract_numbers = Among("contract_number", "Contract numbers")
    contract_statuses = Among("contract_status", "Contract statuses")
    contract_types = Among("contract_types", "Contract types, any of which a contract may have")
    service_types = Among("service_types", "Service types, any of which a contract may have")
    q = Search(
        "cds_servicecontract_id",
        "account_number",
        "contract_number",
        "contract_address",
        "rateplan_code",
        "rateplan_name",
        "service_programs[].program_number",
    )
