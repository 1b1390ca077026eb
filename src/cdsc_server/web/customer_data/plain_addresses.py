"""
The listings under plain names such as /usage_data, each limited to what the scope of that name opens.

Which scopes have one is configuration (`convenience` of a scope); what stands there follows from the scope's type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from flask.typing import ResponseReturnValue
from marshmallow import Schema

from cdsc_server.domain.catalogue import Scope
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.schemas.accounts import AccountFilters, AccountListingSchema
from cdsc_server.schemas.bill_sections import BillSectionFilters, BillSectionListingSchema
from cdsc_server.schemas.bill_statements import BillStatementFilters, BillStatementListingSchema
from cdsc_server.schemas.meter_devices import DistributionFilters, DistributionListingSchema
from cdsc_server.schemas.service_contracts import ServiceContractFilters, ServiceContractListingSchema
from cdsc_server.schemas.usage_segments import UsageSegmentFilters
from cdsc_server.web.bearer import bearer
from cdsc_server.web.customer_data.bill_sections import answer_sections
from cdsc_server.web.customer_data.bill_statements import answer_statements
from cdsc_server.web.customer_data.listings import answer_listing
from cdsc_server.web.customer_data.segments import ANSWER, answer_segments
from cdsc_server.web.describe import Answer, describe

View = Callable[[], ResponseReturnValue]
Answers = Callable[..., ResponseReturnValue]


def _listing(*kinds: Kind) -> Answers:
    return partial(answer_listing, kinds)


_CONTRACTS: Final = (
    _listing(Kind.SERVICE_CONTRACT),
    ServiceContractFilters,
    ServiceContractListingSchema,
    "CDS-WG3-01 10.2.7",
)

#: What each type of scope lists: how it is answered, parameters, answer, section.
_LISTED: Final[Mapping[str, tuple[Answers, type[Schema], type[Schema] | Answer, str]]] = {
    "cds_accounts": (_listing(Kind.ACCOUNT), AccountFilters, AccountListingSchema, "CDS-WG3-01 10.1.10"),
    "cds_service_contracts": _CONTRACTS,
    "cds_rate_plan": _CONTRACTS,
    "cds_meters": (
        _listing(Kind.SERVICE_POINT, Kind.METER_DEVICE),
        DistributionFilters,
        DistributionListingSchema,
        "CDS-WG3-01 10.3.5 and 10.4.5",
    ),
    "cds_bill_statements": (
        answer_statements,
        BillStatementFilters,
        BillStatementListingSchema,
        "CDS-WG3-01 10.5.4",
    ),
    "cds_service_bills": (answer_sections, BillSectionFilters, BillSectionListingSchema, "CDS-WG3-01 10.6.9"),
    "cds_usage": (answer_segments, UsageSegmentFilters, ANSWER, "CDS-WG3-01 10.8.8"),
}


def plain_view(scope: Scope) -> View:
    """
    The view of a scope's plain address.

    Raises:
        KeyError: no listing belongs to the scope's type.
    """
    answer, filters, listing, section = _LISTED[scope.type.id]

    def view() -> ResponseReturnValue:
        return answer(scope_id=scope.id)

    view.__doc__ = f"""
    {scope.name}

    {scope.description}
    What scope `{scope.id}` opens, with the parameters and the order of the listing.
    """
    return bearer()(describe(tag="Plain addresses", section=section, query=filters, answers={200: listing})(view))
