"""Figures of the server on the wire: the list of the Australian Consumer Data Right, in words of ours."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from cdsc_server.domain.service_levels import THRESHOLDS, Stage, Step, Tier
from cdsc_server.schemas.exact import Exact
from cdsc_server.schemas.fields import Instant
from cdsc_server.services.metrics import MOST_DAYS


class TierSchema(Schema):
    """The requests of one tier on one day."""

    invocations = fields.Integer(required=True)
    within_threshold = Exact(
        required=True,
        allow_none=True,
        metadata={"description": "The part answered within the threshold, from 0 to 1; null where nothing was asked."},
    )
    average_seconds = Exact(
        required=True, allow_none=True, metadata={"description": "Until the last byte; null where nothing was asked."}
    )


def _counts(names: type[Step] | type[Stage], attribute: str) -> fields.Nested:
    members: dict[str, fields.Field[Any]] = {str(each): fields.Integer(required=True) for each in names}
    return fields.Nested(Schema.from_dict(members, name=f"{names.__name__}Counts"), required=True, attribute=attribute)


class DayFiguresSchema(Schema):
    """A day of the utility's time zone."""

    day = fields.Date(required=True)
    availability = Exact(
        required=True,
        allow_none=True,
        metadata={
            "description": "The part of its minutes in which the server answered itself at its public address, from "
            "0 to 1; null before it was looked at for the first time."
        },
    )
    tiers = fields.Nested(
        Schema.from_dict({tier: fields.Nested(TierSchema, required=True) for tier in Tier}, name="Tiers"),
        required=True,
    )
    invocations = fields.Integer(required=True, metadata={"description": "Requests of all tiers."})
    sessions = fields.Integer(required=True, metadata={"description": "Access tokens issued."})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "Answers of 500 and above, by status."},
    )
    rejections = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "Answers of 429: `public`, or `authenticated` where a token or a sign-in is needed."},
    )
    authorisations = _counts(Step, "steps")
    abandoned_by_stage = _counts(Stage, "stages")
    grants = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "Grants of Customers at the end of the day, or now, by status."},
    )


class MonthFiguresSchema(Schema):
    """A calendar month."""

    month = fields.String(required=True, metadata={"description": "YYYY-MM."})
    availability = Exact(required=True, allow_none=True)


class MetricsSchema(Schema):
    """How the server did on the last days, and the availability of the months these lie in; the latest first."""

    made = Instant(required=True)
    thresholds = fields.Nested(
        Schema.from_dict({tier: Exact(required=True) for tier in Tier}, name="Thresholds"),
        required=True,
        dump_default=THRESHOLDS,
        metadata={"description": "Seconds within which an answer of each tier is to be complete."},
    )
    days = fields.List(fields.Nested(DayFiguresSchema), required=True)
    months = fields.List(fields.Nested(MonthFiguresSchema), required=True)


class MetricsFilters(Schema):
    """How far back the figures go."""

    days = fields.Integer(
        load_default=8,
        validate=validate.Range(min=1, max=MOST_DAYS),
        metadata={"description": "Today and the days before it."},
    )
