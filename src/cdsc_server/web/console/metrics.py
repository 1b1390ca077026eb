"""How the server did on the last days: plots over numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from flask.typing import ResponseReturnValue

from cdsc_server.domain.service_levels import THRESHOLDS, Stage, Step, Tier
from cdsc_server.services import metrics
from cdsc_server.web.console.blueprint import blueprint, show
from cdsc_server.web.console.door import operator
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.describe import undocumented

_DAYS: Final = 30

#: Tiers in words for operators.
_TIERS: Final = {
    Tier.HIGH_PRIORITY: "A person waits",
    Tier.UNAUTHENTICATED: "No token needed",
    Tier.LOW_PRIORITY: "Clients about themselves",
    Tier.UNATTENDED: "Customer data",
    Tier.LARGE_PAYLOAD: "Readings, bills and certificates",
}
_STAGES: Final = {
    Stage.BEFORE_SIGN_IN: "Left before signing in",
    Stage.ON_FORM: "Left on the form",
    Stage.DECLINED: "Said no",
    Stage.FAILED_TOKEN_EXCHANGE: "Agreed, but the Client never fetched its token",
}


@blueprint.get("/metrics")
@operator()
@undocumented("a page")
def figures() -> ResponseReturnValue:
    """The last thirty days."""
    report = metrics.report(days=_DAYS, catalogue=catalogue(), clock=ports().clock)
    days = report.days[::-1]
    return show(
        "metrics.html",
        today=report.days[0],
        days=days,
        months=report.months,
        thresholds=THRESHOLDS,
        tiers={tier: (words, _bars(day.tiers[tier].invocations for day in days)) for tier, words in _TIERS.items()},
        steps={step: _bars(day.steps[step] for day in days) for step in Step},
        stages=_STAGES,
    )


def _bars(numbers: Iterable[int]) -> list[float]:
    """How high the bar of each day is, from 0 to 1 for the highest of them."""
    each = list(numbers)
    highest = max(each, default=0)
    return [number / highest if highest else 0.0 for number in each]
