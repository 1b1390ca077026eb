"""Groups of Customers, as operators define and see them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from cdsc_server.domain.aggregation_privacy import ConsentNeed
from cdsc_server.domain.aggregations import WRITTEN
from cdsc_server.schemas.fields import Instant
from cdsc_server.schemas.messages import StrictBoolean

_TEXT = validate.Length(min=1, max=1000)
_LISTS: dict[str, fields.Field[Any]] = {
    name: fields.List(fields.String(validate=_TEXT)) for name in ("types", "addresses", *WRITTEN.values())
}


class GroupReaderSchema(Schema):
    """A registration that a group was opened for."""

    registration_id = fields.String(required=True)
    members = fields.Boolean(required=True, metadata={"description": "Whether its members are open, too."})
    created = Instant(required=True)


class GroupSchema(Schema):
    """A group as it is kept."""

    aggregation_id = fields.String(required=True)
    number = fields.String(attribute="aggregation_number", required=True)
    name = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    lists = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata={"description": "What it is formed by, by Aggregation Type."},
    )
    addresses = fields.List(fields.String(), required=True)
    regions = fields.List(fields.Dict(), required=True)
    fictional = fields.Boolean(
        attribute="is_test", required=True, metadata={"description": "Of made-up Customers, for the sandbox."}
    )
    customers = fields.Integer(required=True, metadata={"description": "How many have members in it now."})
    need = fields.Enum(
        ConsentNeed,
        by_value=True,
        required=True,
        metadata={"description": "Whether its Customers must consent, as far as its size tells."},
    )
    created = Instant(required=True)
    modified = Instant(required=True)
    synced = Instant(required=True, metadata={"description": "When its members were last looked for."})


class OneGroupSchema(GroupSchema):
    """A group with what is settled about it."""

    parts = fields.Integer(
        required=True, metadata={"description": "Into how many it was cut for the listing; 0 for none."}
    )
    rule = fields.String(required=True, metadata={"description": "When its sums are told, in words."})
    readers = fields.List(fields.Nested(GroupReaderSchema), required=True)


class GroupListingSchema(Schema):
    """A page of groups, the last changed first."""

    groups = fields.List(fields.Nested(GroupSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class GroupFilters(Schema):
    """Which groups, or which of their members, to list."""

    search = fields.String(
        load_default="",
        metadata={"description": "A part of number or name; of members, of the Customer's name, address or number."},
    )
    cursor = fields.String(metadata={"description": "From `next` or `previous`; opaque."})


_DefinitionLists = Schema.from_dict(_LISTS, name="_DefinitionLists")


class GroupDefinitionSchema(_DefinitionLists):  # type: ignore[misc, valid-type]
    """Body that defines a group: its lists under the names of CDS-WG3-01 10.7.2, those of numbers with an s."""

    class Meta:
        unknown = RAISE

    number = fields.String(required=True, validate=_TEXT, metadata={"description": "By which Clients ask for it."})
    name = fields.String(required=True, validate=_TEXT)
    regions = fields.List(
        fields.Dict(), metadata={"description": "As in 10.7.3; a geographic one has its GeoJSON as `geojson`."}
    )
    fictional = StrictBoolean(load_default=False, metadata={"description": "Of made-up Customers."})


class GroupStep(StrEnum):
    """One thing an operator does about who may know of a group."""

    OPEN = "open"
    CLOSE = "close"


class GroupStepRequestSchema(Schema):
    """Body of a change of who may know of a group."""

    class Meta:
        unknown = RAISE

    step = fields.Enum(GroupStep, by_value=True, required=True)
    registration_id = fields.String(required=True, validate=_TEXT)
    members = StrictBoolean(
        load_default=False, metadata={"description": "With `open`: its members, too, as far as a scope opens these."}
    )


class GroupMemberSchema(Schema):
    """A Service Point of a group."""

    customer_id = fields.String(required=True)
    customer_name = fields.String(required=True)
    service_point_id = fields.String(required=True)
    servicepoint_number = fields.String(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    premise_numbers = fields.List(fields.String(), required=True)


class GroupMemberListingSchema(Schema):
    """A page of Service Points of a group, the last changed first."""

    members = fields.List(fields.Nested(GroupMemberSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class SubGrantSchema(Schema):
    """The sub-Grant of a Customer of a group."""

    grant_id = fields.String(required=True)
    customer_id = fields.String(required=True)
    status = fields.String(required=True)


class AskingSchema(Schema):
    """A Grant for the sums of a group, with its sub-Grants."""

    grant_id = fields.String(required=True)
    registration_id = fields.String(required=True)
    client_id = fields.String(required=True)
    status = fields.String(required=True)
    created = Instant(required=True)
    sub_grants = fields.List(fields.Nested(SubGrantSchema), required=True)


class AskingListingSchema(Schema):
    """The Grants that name a group, the last changed first, up to 50."""

    grants = fields.List(fields.Nested(AskingSchema), required=True)
