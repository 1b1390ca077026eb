"""What this month costs so far: the signed-in Customer sees an estimate for each service on a tariff."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.tariffs.words import cost_plot, told_lines
from cdsc_server.languages import money
from cdsc_server.services import own_costs, sharing
from cdsc_server.web.bearer import public
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.describe import undocumented
from cdsc_server.web.pages import page_blueprint, render
from cdsc_server.web.sessions import current_session
from cdsc_server.web.speech import translated

blueprint = translated(page_blueprint("my_costs", __name__))


@blueprint.get("/my-data/costs")
@public
@undocumented("a page")
def costs() -> ResponseReturnValue:
    """An estimate of this month for each service; it is calculated anew each time, and kept nowhere."""
    session = current_session()
    if session is None or session.customer_id is None:
        return redirect(url_for("sign_in.form", next=request.path), 303)
    zone: ZoneInfo = catalogue().utility.timezone
    shown = [
        {
            "estimate": each,
            "total": money(each.cost.total, each.cost.currency),
            "lines": told_lines(each.cost, each.units),
            "plot": cost_plot(each.days, each.cost.currency),
            "missing_hours": round(each.missing.total_seconds() / 3600),
        }
        for each in own_costs.estimates_of(session.customer_id, clock=ports().clock)
    ]
    return render("costs.html", shown=shown, customer_name=sharing.customer_name(session.customer_id), zone=zone)
