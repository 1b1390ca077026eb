"""Groups of Customers: defined, opened, looked into."""

from __future__ import annotations

from typing import Any, Final

from flask.typing import ResponseReturnValue

from cdsc_server.domain.aggregations import read_definition
from cdsc_server.domain.operators import DECIDE, LOOK
from cdsc_server.errors import Conflict, InvalidConfiguration, InvalidRequest, NotFound
from cdsc_server.schemas.admin.groups import (
    AskingListingSchema,
    GroupDefinitionSchema,
    GroupFilters,
    GroupListingSchema,
    GroupMemberListingSchema,
    GroupStep,
    GroupStepRequestSchema,
    OneGroupSchema,
)
from cdsc_server.services import aggregations, group_desk
from cdsc_server.storage.aggregations import AggregationRow
from cdsc_server.web.admin.blueprint import blueprint, listed
from cdsc_server.web.admin.door import account, operator_token
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.cursors import PAGE_SIZE, cursor_of, shown
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.wire import json_body

_TAG: Final = "Groups of Customers"
_PATH: Final = {"aggregation_id": "A group."}
_COLUMNS: Final = (
    "aggregation_id", "aggregation_number", "name", "types", "lists", "addresses", "regions", "is_test", "customers",
    "created", "modified", "synced",
)  # fmt: skip


@blueprint.get("/groups")
@operator_token(*LOOK)
@describe(tag=_TAG, section="CDS-WG3-01 10.7", query=GroupFilters, answers={200: GroupListingSchema})
def list_groups() -> ResponseReturnValue:
    """
    List groups

    Every group, the last changed first.
    """
    wanted = filters(GroupFilters())
    found = group_desk.groups(sought=wanted["search"], cursor=cursor_of(wanted), size=PAGE_SIZE)
    return shown(GroupListingSchema(), listed("groups", found.page, [_group(row) for row in found.page.rows]))


@blueprint.post("/groups")
@operator_token(*DECIDE)
@describe(
    tag=_TAG,
    section="CDS-WG3-01 10.7.2",
    body=GroupDefinitionSchema,
    answers={200: OneGroupSchema},
    problems=(Conflict,),
)
def define_group() -> ResponseReturnValue:
    """
    Define a group

    Or give the group of this number another definition. Its members are looked for at once.
    """
    asked = GroupDefinitionSchema().load(json_body())
    is_test = asked.pop("fictional")
    try:
        (made,) = aggregations.define(
            [read_definition(asked)],
            is_test=is_test,
            country=catalogue().utility.country,
            actor=account().actor,
            clock=ports().clock,
        )
    except InvalidConfiguration as fault:
        raise InvalidRequest(fault.description) from fault
    return _shown(made.aggregation_id)


@blueprint.get("/groups/<aggregation_id>")
@operator_token(*LOOK)
@describe(tag=_TAG, section="CDS-WG3-01 10.7", answers={200: OneGroupSchema}, path=_PATH)
def get_group(aggregation_id: str) -> ResponseReturnValue:
    """
    Get a group

    With the registrations that it was opened for.
    """
    return _shown(aggregation_id)


@blueprint.post("/groups/<aggregation_id>/readers")
@operator_token(*DECIDE)
@describe(
    tag=_TAG,
    section="CDS-WG3-01 4.11, 4.12",
    body=GroupStepRequestSchema,
    answers={200: OneGroupSchema},
    problems=(NotFound,),
    path=_PATH,
)
def change_readers(aggregation_id: str) -> ResponseReturnValue:
    """
    Open a group for a registration, or close it

    It holds from the next request of its Clients on.
    """
    asked = GroupStepRequestSchema().load(json_body())
    number = str(group_desk.group(aggregation_id, catalogue=catalogue()).row.aggregation_number)
    common: dict[str, Any] = {"actor": account().actor, "clock": ports().clock}
    if asked["step"] is GroupStep.OPEN:
        aggregations.open_for(number, asked["registration_id"], members=asked["members"], **common)
    else:
        aggregations.close_for(number, asked["registration_id"], **common)
    return _shown(aggregation_id)


@blueprint.get("/groups/<aggregation_id>/members")
@operator_token(*LOOK)
@describe(
    tag=_TAG,
    section="CDS-WG3-01 10.7.1",
    query=GroupFilters,
    answers={200: GroupMemberListingSchema},
    path=_PATH,
)
def list_group_members(aggregation_id: str) -> ResponseReturnValue:
    """
    List the members of a group

    Its Service Points, with whose they are.
    """
    wanted = filters(GroupFilters())
    found = group_desk.members(
        aggregation_id, sought=wanted["search"], cursor=cursor_of(wanted), size=PAGE_SIZE, clock=ports().clock
    )
    members = [
        {
            "customer_id": row.customer_id,
            "customer_name": found.customers[row.customer_id].display_name,
            "service_point_id": row.service_point_id,
            "servicepoint_number": row.servicepoint_number,
            "address": row.address,
            "premise_numbers": [each["premise_number"] for each in row.premises],
        }
        for row in found.page.rows
    ]
    return shown(GroupMemberListingSchema(), listed("members", found.page, members))


@blueprint.get("/groups/<aggregation_id>/grants")
@operator_token(*LOOK)
@describe(tag=_TAG, section="CDS-WG3-01 4.11", answers={200: AskingListingSchema}, path=_PATH)
def list_group_grants(aggregation_id: str) -> ResponseReturnValue:
    """
    List who asked for the sums of a group

    Each Grant with its sub-Grants, and how far they are.
    """
    found = group_desk.asking(aggregation_id, clock=ports().clock)
    grants = [
        {
            "grant_id": each.row.grant_id,
            "registration_id": each.row.registration_id,
            "client_id": each.row.client_id,
            "status": each.status,
            "created": each.row.created,
            "sub_grants": [
                {"grant_id": part.row.grant_id, "customer_id": part.row.customer_id, "status": part.status}
                for part in each.parts
            ],
        }
        for each in found
    ]
    return shown(AskingListingSchema(), {"grants": grants})


def _shown(aggregation_id: str) -> dict[str, Any]:
    found = group_desk.group(aggregation_id, catalogue=catalogue())
    readers = [
        {"registration_id": each.row.registration_id, "members": each.row.members, "created": each.row.created}
        for each in found.readers
    ]
    whole = {"parts": found.parts, "rule": catalogue().sum_rule.words, "readers": readers}
    return shown(OneGroupSchema(), {**_group(found.row), **whole})


def _group(row: AggregationRow) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in _COLUMNS}
    return {**plain, "need": catalogue().sum_rule.need(row.customers)}
