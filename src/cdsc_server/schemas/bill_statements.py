"""Bill Statements on the wire: CDS-WG3-01 10.5."""

from __future__ import annotations

from marshmallow import Schema, fields

from cdsc_server.schemas.accounts import AccountProgramSchema
from cdsc_server.schemas.exact import Exact, Opened, Shown
from cdsc_server.schemas.fields import Instant
from cdsc_server.schemas.listing_filters import Among, Filters


class NewChargeSchema(Schema):
    """A line of a bill that counts for a whole Account: CDS-WG3-01 10.5.2."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    amount = Exact(required=True)
    included_in_amount_due = fields.Boolean(required=True)
    related_billsections = fields.List(fields.String())


class BillStatementSchema(Shown):
    """A Bill Statement: CDS-WG3-01 10.5.1. Optional members are there only if the Grant opens them."""

    cds_billstatement_id = fields.String(attribute="row.bill_statement_id", required=True)
    cds_created = Instant(attribute="row.created", required=True)
    cds_modified = Instant(attribute="row.modified", required=True)
    cds_synced = Instant(attribute="row.synced", required=True)
    cds_account_id = fields.String(attribute="row.account_id", required=True)
    account_number = fields.String(attribute="row.account_number", required=True)
    statement_date = fields.Date(attribute="row.statement_date", required=True)
    currency = fields.String(attribute="row.currency", required=True)
    file_uri = fields.URL(allow_none=True)
    file_mimetype = fields.String(attribute="row.file_mimetype")
    previous_balance_amount = Exact(attribute="row.previous_balance_amount")
    previous_balance_paid = Exact(attribute="row.previous_balance_paid")
    previous_balance_unpaid = Exact(attribute="row.previous_balance_unpaid")
    new_charges_amount = Exact(attribute="row.new_charges_amount")
    new_charges = fields.List(Opened(NewChargeSchema), attribute="new_charges")
    new_balance_amount = Exact(attribute="row.new_balance_amount")
    amount_due = Exact(attribute="row.amount_due", required=True)
    amount_due_date = fields.Date(attribute="row.amount_due_date", required=True)
    shutoff_prevention_minimum_due = Exact(
        attribute="row.shutoff_prevention_minimum_due", required=True, allow_none=True
    )
    shutoff_prevention_date = fields.Date(attribute="row.shutoff_prevention_date", required=True, allow_none=True)
    account_programs = fields.List(Opened(AccountProgramSchema), attribute="row.programs")


class BillStatementListingSchema(Schema):
    """A page of Bill Statements: CDS-WG3-01 10.5.4."""

    bill_statements = fields.List(fields.Nested(BillStatementSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class BillStatementFilters(Filters):
    """Which Bill Statements to list: CDS-WG3-01 10.5.4."""

    cds_billstatement_ids = Among("cds_billstatement_id", "Ids of Bill Statements")
    before = fields.Date(metadata={"description": "Only statements of this day or before."})
    after = fields.Date(metadata={"description": "Only statements of this day or after."})
    cds_account_ids = Among("cds_account_id", "Ids of Accounts")
    account_numbers = Among("account_number", "Account numbers")
