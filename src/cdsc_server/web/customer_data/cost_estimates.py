"""
What a Customer's Service Contracts cost, for the Client whose Grant opens costs and contracts: an endpoint of our own.

Called with the access token of a Customer's Grant. A stranger learns nothing; a Client learns what the readings cost
that it may read with their costs, and prices only where it may read the rate plan.
"""

from __future__ import annotations

from typing import Any, Final

from flask import g
from flask.typing import ResponseReturnValue

from cdsc_server.errors import InvalidRequest
from cdsc_server.schemas.cost_estimates import CostEstimateFilters, CostEstimateListingSchema, CostEstimateSchema
from cdsc_server.services.cost_estimates import Place, SeenEstimate, Wanted, list_estimates
from cdsc_server.services.customer_data import access_of
from cdsc_server.web.bearer import bearer
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.customer_data.blueprint import blueprint, tell_read
from cdsc_server.web.customer_data.filters import asked_filters
from cdsc_server.web.customer_data.listings import shape
from cdsc_server.web.describe import describe
from cdsc_server.web.paging import asked_place, page_url

_FILTERS: Final = CostEstimateFilters()
#: Members that are there only where the rate plan is open.
_OF_RATE_PLAN: Final = frozenset({"tariffs", "lines", "total"})


@blueprint.get("/cost_estimates")
@bearer()
@describe(
    tag="Customer data",
    section="CDS-WG3-01 11.5",
    query=CostEstimateFilters,
    answers={200: CostEstimateListingSchema},
)
def list_cost_estimates() -> ResponseReturnValue:
    """
    List cost estimates

    What each Service Contract costs month by month, calculated from its tariff and the readings that the Grant opens,
    by id of the contract and start. `start` and `end` of an estimate say what of its month is open and was asked for.
    """
    asked = asked_filters(_FILTERS)
    wanted = Wanted(asked.get("cds_servicecontract_ids"), asked.get("start"), asked.get("end"))
    if wanted.start is not None and wanted.end is not None and wanted.start >= wanted.end:
        raise InvalidRequest("end must be after start", field="end")
    asked_for = asked_place((str, int, int, bool))
    *place, backward = asked_for or [False]
    access = access_of(catalogue(), g.token.grant, now=ports().clock.now())
    page = list_estimates(access, wanted, place=_place(place), backward=backward)
    period = [bound for each in page.estimates for bound in (each.start, each.end)]
    tell_read("cost_estimates", len(page.estimates), period=period)
    return {
        "cost_estimates": [_shown(each) for each in page.estimates],
        "next": page_url(None if page.following is None else [*page.following, False]),
        "previous": page_url(None if page.preceding is None else [*page.preceding, True]),
    }


def _shown(estimate: SeenEstimate) -> dict[str, Any]:
    opened = frozenset() if estimate.cost is None else _OF_RATE_PLAN
    shown: dict[str, Any] = shape(CostEstimateSchema, opened, _OF_RATE_PLAN).dump(estimate)
    return shown


def _place(values: list[Any]) -> Place | None:
    if not values:
        return None
    contract, start, frozen = values
    return contract, start, frozen
