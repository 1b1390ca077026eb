"""Cost estimates on the wire: objects of our own (CDS-WG3-01 11.6)."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from cdsc_server.domain.readings import Quality
from cdsc_server.domain.tariffs.tariff import Flow
from cdsc_server.schemas.exact import Exact
from cdsc_server.schemas.fields import Instant
from cdsc_server.schemas.listing_filters import Among, Filters


class CostLineSchema(Schema):
    """A part of an estimate: energy of one price, a charge for time alone, or a tax."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["energy", "fixed", "tax"]))
    flow = fields.Enum(
        Flow, by_value=True, required=True, allow_none=True, metadata={"description": "null of what is no energy."}
    )
    tou = fields.String(required=True, allow_none=True)
    season = fields.String(required=True, allow_none=True)
    tier = fields.Integer(
        required=True, allow_none=True, metadata={"description": "From 1; null where a price has no tiers."}
    )
    quantity = Exact(required=True)
    units = fields.String(
        required=True,
        metadata={"description": "Of the quantity: as in Value Formats, `days`, or `money`, which is in the currency."},
    )
    price = Exact(
        required=True,
        allow_none=True,
        metadata={"description": "Of one of the units, of a tax its share; null where it depends on the month."},
    )
    amount = Exact(required=True, metadata={"description": "With every digit; negative is a credit."})


class CostEstimateSchema(Schema):
    """
    What a Service Contract costs in a time; always calculated, never a bill.

    `tariffs`, `lines` and `total` are there only if the Grant opens the rate plan of the contract.
    """

    cds_servicecontract_id = fields.String(attribute="contract_id", required=True)
    start = Instant(required=True)
    end = Instant(required=True)
    quality = fields.String(required=True, validate=validate.OneOf([Quality.CALCULATED]))
    currency = fields.String(required=True)
    energy = Exact(
        required=True,
        allow_none=True,
        metadata={"description": "The energy with the taxes on it, with every digit; null where none of it is known."},
    )
    unknown_seconds = fields.Integer(
        attribute="unknown",
        required=True,
        metadata={"description": "Seconds of it that are not in the amounts: no reading, or one without a price."},
    )
    tariffs = fields.List(fields.String(), metadata={"description": "Names of the tariffs that hold, in order."})
    lines = fields.List(fields.Nested(CostLineSchema), attribute="cost.lines")
    total = Exact(
        allow_none=True,
        metadata={"description": "The sum of the lines, with every digit; null where `energy` is."},
    )


class CostEstimateListingSchema(Schema):
    """A page of estimates."""

    cost_estimates = fields.List(fields.Nested(CostEstimateSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class CostEstimateFilters(Filters):
    """Which estimates to list."""

    cds_servicecontract_ids = Among(None, "Ids of Service Contracts")
    start = Instant(metadata={"description": "Estimates are of the time from this instant on."})
    end = Instant(metadata={"description": "Estimates are of the time until this instant."})
