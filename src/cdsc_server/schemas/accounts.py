"""Accounts on the wire: CDS-WG3-01 10.1."""

from __future__ import annotations

from marshmallow import Schema, fields

from cdsc_server.schemas.exact import Exact, Opened, Shown
from cdsc_server.schemas.fields import Instant
from cdsc_server.schemas.listing_filters import Among, Filters, Search


class EntitySchema(Schema):
    """A utility or supplier: CDS-WG3-01 10.1.4."""

    id = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    entity_number = fields.String(required=True)
    entity_name = fields.String(required=True)
    entity_abbreviation = fields.String(required=True, allow_none=True)


class AccountContactSchema(Schema):
    """How somebody of an Account is reached: CDS-WG3-01 10.1.6."""

    id = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    value = fields.String(required=True)


class AccountProgramSchema(Schema):
    """A program an Account takes part in, or could: CDS-WG3-01 10.1.8. Members without a value are left out."""

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
    currency = fields.String()


class AccountSchema(Shown):
    """An Account: CDS-WG3-01 10.1.1. Optional members are there only if the Grant opens them."""

    cds_account_id = fields.String(attribute="row.account_id", required=True)
    cds_created = Instant(attribute="row.created", required=True)
    cds_modified = Instant(attribute="row.modified", required=True)
    cds_synced = Instant(attribute="row.synced", required=True)
    cds_account_parent = fields.String(attribute="parent_id", required=True, allow_none=True)
    customer_number = fields.String(attribute="row.customer_number", allow_none=True)
    account_number = fields.String(attribute="row.account_number")
    account_entity = Opened(EntitySchema, attribute="row.entity", allow_none=True)
    account_name = fields.String(attribute="row.name")
    account_address = fields.String(attribute="row.address")
    account_types = fields.List(fields.String(), attribute="row.types")
    account_status = fields.String(attribute="row.status")
    account_contacts = fields.List(Opened(AccountContactSchema), attribute="row.contacts")
    account_programs = fields.List(Opened(AccountProgramSchema), attribute="programs")


class AccountListingSchema(Schema):
    """A page of Accounts: CDS-WG3-01 10.1.10."""

    accounts = fields.List(fields.Nested(AccountSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class AccountFilters(Filters):
    """Which Accounts to list: CDS-WG3-01 10.1.10."""

    cds_account_ids = Among("cds_account_id", "Ids of Accounts")
    customer_numbers = Among("customer_number", "Customer numbers")
    account_numbers = Among("account_number", "Account numbers")
    account_statuses = Among("account_status", "Account statuses")
    # The text names contact_name and contact_email, which Account Contacts do not have.
    q = Search(
        "cds_account_id",
        "customer_number",
        "account_number",
        "account_address",
        "account_name",
        "account_contacts[].value",
        "account_programs[].program_number",
    )
