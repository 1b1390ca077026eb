"""Service Points of a Customer, for the Client whose Grant opens them: CDS-WG3-01 10.3."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.schemas.service_points import ServicePointFilters, ServicePointListingSchema
from cdsc_server.web.bearer import bearer
from cdsc_server.web.customer_data.blueprint import blueprint
from cdsc_server.web.customer_data.listings import answer_listing
from cdsc_server.web.describe import describe


@blueprint.get("/cds/service_points")
@bearer()
@describe(
    tag="Customer data",
    section="CDS-WG3-01 10.3.5",
    query=ServicePointFilters,
    answers={200: ServicePointListingSchema},
)
def list_service_points() -> ResponseReturnValue:
    """
    List Service Points

    The Service Points that the Grant opens, the last modified first, with the members that it opens.
    """
    return answer_listing([Kind.SERVICE_POINT])
