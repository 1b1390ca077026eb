"""Meter Devices of a Customer, for the Client whose Grant opens them: CDS-WG3-01 10.4."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.schemas.meter_devices import MeterDeviceFilters, MeterDeviceListingSchema
from cdsc_server.web.bearer import bearer
from cdsc_server.web.customer_data.blueprint import blueprint
from cdsc_server.web.customer_data.listings import answer_listing
from cdsc_server.web.describe import describe


@blueprint.get("/cds/meter_devices")
@bearer()
@describe(
    tag="Customer data",
    section="CDS-WG3-01 10.4.5",
    query=MeterDeviceFilters,
    answers={200: MeterDeviceListingSchema},
)
def list_meter_devices() -> ResponseReturnValue:
    """
    List Meter Devices

    The Meter Devices that the Grant opens, the last modified first, with the members that it opens.
    """
    return answer_listing([Kind.METER_DEVICE])
