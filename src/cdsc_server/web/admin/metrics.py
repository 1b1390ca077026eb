"""How the server did: read only."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import LOOK
from cdsc_server.schemas.admin.metrics import MetricsFilters, MetricsSchema
from cdsc_server.services import metrics
from cdsc_server.web.admin.blueprint import blueprint
from cdsc_server.web.admin.door import operator_token
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.cursors import shown
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters


@blueprint.get("/metrics")
@operator_token(*LOOK)
@describe(tag="Metrics", section="", query=MetricsFilters, answers={200: MetricsSchema})
def report() -> ResponseReturnValue:
    """
    Read how the server did

    Availability, performance, sessions, errors and what became of requests for access: the list of figures that the
    Australian Consumer Data Right has its data holders report, for each day.
    """
    wanted = filters(MetricsFilters())
    made = metrics.report(days=wanted["days"], catalogue=catalogue(), clock=ports().clock)
    return shown(MetricsSchema(), vars(made))
