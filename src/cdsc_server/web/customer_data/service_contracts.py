"""Service Contracts of a Customer, for the Client whose Grant opens them: CDS-WG3-01 10.2."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.schemas.service_contracts import ServiceContractFilters, ServiceContractListingSchema
from cdsc_server.web.bearer import bearer
from cdsc_server.web.customer_data.blueprint import blueprint
from cdsc_server.web.customer_data.listings import answer_listing
from cdsc_server.web.describe import describe


@blueprint.get("/cds/service_contracts")
@bearer()
@describe(
    tag="Customer data",
    section="CDS-WG3-01 10.2.7",
    query=ServiceContractFilters,
    answers={200: ServiceContractListingSchema},
)
def list_service_contracts() -> ResponseReturnValue:
    """
    List Service Contracts

    The Service Contracts that the Grant opens, the last modified first, with the members that it opens.
    """
    return answer_listing([Kind.SERVICE_CONTRACT])
