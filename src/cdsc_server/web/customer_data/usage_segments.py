"""Usage Segments of a Customer, for the Client whose Grant opens them: CDS-WG3-01 10.8."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from cdsc_server.schemas.usage_segments import UsageSegmentFilters
from cdsc_server.web.bearer import bearer
from cdsc_server.web.customer_data.blueprint import blueprint
from cdsc_server.web.customer_data.segments import ANSWER, answer_segments
from cdsc_server.web.describe import describe


@blueprint.get("/cds/usage_segments")
@bearer()
@describe(
    tag="Customer data",
    section="CDS-WG3-01 10.8.8",
    query=UsageSegmentFilters,
    answers={200: ANSWER},
)
def list_usage_segments() -> ResponseReturnValue:
    """
    List Usage Segments

    The readings that the Grant opens, one Usage Segment a month, by account number, contract number and start.
    A segment that reaches over a limit of the Grant is replaced by one with the Value Sets inside, with its own id.
    Readings that are not stored here are fetched meanwhile, a segment a day, as far as their platform answers in time.
    """
    return answer_segments()
