"""
Every answer is counted; `/metrics` tells Prometheus, where a token for it is set.

A stranger learns nothing: without the setting there is no such page, and without the token it is refused.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from cdsc_server.domain.service_levels import Tier
from cdsc_server.errors import InvalidConfiguration, InvalidToken
from cdsc_server.services import metrics
from cdsc_server.services.metrics import Gauges
from cdsc_server.services.request_counts import RequestCounts
from cdsc_server.telemetry.measures import CONTENT_TYPE, Measures
from cdsc_server.web.bearer import access_of, bearer_secret, public
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.describe import undocumented

_SHORTEST_TOKEN: Final = 32
_ENDPOINT: Final = "metrics"

#: Listings with answers that may be long.
_LARGE: Final = frozenset(
    f"customer_data.{name}"
    for name in (
        "aggregation_region",
        "get_bill_file",
        "list_all_aggregations",
        "list_bill_sections",
        "list_bill_statements",
        "list_cost_estimates",
        "list_energy_attribute_certificates",
        "list_usage_segments",
        "plain_bill_statements",
        "plain_generation_mix",
        "plain_service_bills",
        "plain_usage_data",
    )
)
#: Where a person waits, or a Client on the way to or from the form.
_IN_A_HURRY: Final = frozenset({"authorize", "consent", "my_data", "oauth", "preselection", "receipt", "sign_in"})
#: Machines that look after the server, style sheets, and operators: no promise is made to these.
_UNPROMISED: Final = frozenset({"admin", "console", "docs", "health", "pages"})


def install(app: Flask) -> None:
    """
    Count the answers of an application whose views are all there.

    Raises:
        InvalidConfiguration: the token of /metrics cannot be used.
    """
    token = _read_token(app.extensions["cdsc"].settings.metrics_token_file)
    measures = None if token is None else Measures()
    counts = RequestCounts()
    zone = app.extensions["cdsc"].catalogue.utility.timezone
    clock = app.extensions["cdsc"].ports.clock
    if token is not None and measures is not None:
        app.add_url_rule("/metrics", _ENDPOINT, _page(token, measures))
    tiers = {name: tier_of(name, access_of(view)) for name, view in app.view_functions.items()}

    @app.after_request
    def _count(response: Response) -> Response:
        endpoint, started, status = request.endpoint, g.get("started"), response.status_code
        tier = tiers.get(endpoint or "")
        session = endpoint == "oauth.token" and status == 200

        def count() -> None:
            # Long answers are made while they leave.
            seconds = 0.0 if started is None else time.perf_counter() - started
            if measures is not None:
                measures.observe(endpoint or "none", status=status, tier=tier, seconds=seconds)
            if tier is None:
                return
            today = clock.now().astimezone(zone).date()
            counts.add(today, tier, status=status, seconds=seconds, session=session)
            if counts.due():
                with app.app_context():
                    counts.try_to_store(today)

        response.call_on_close(count)
        return response


def tier_of(endpoint: str, access: str | None) -> Tier | None:
    """
    The tier of an endpoint; None where no promise is made.

    Args:
        access: what its view asks for, as web/bearer.access_of tells.
    """
    room = endpoint.partition(".")[0]
    if room in _UNPROMISED or endpoint == _ENDPOINT or access is None:
        return None
    if endpoint in _LARGE:
        return Tier.LARGE_PAYLOAD
    if room == "customer_data":
        return Tier.UNATTENDED
    if room in _IN_A_HURRY:
        return Tier.HIGH_PRIORITY
    return Tier.UNAUTHENTICATED if access == "public" else Tier.LOW_PRIORITY


def _read_token(path: str) -> str | None:
    if not path:
        return None
    try:
        token = Path(path).read_text(encoding="utf-8").strip()
    except OSError as fault:
        raise InvalidConfiguration([f"CDSC_METRICS_TOKEN_FILE: {fault}"]) from fault
    if len(token) < _SHORTEST_TOKEN:
        raise InvalidConfiguration([f"CDSC_METRICS_TOKEN_FILE must hold at least {_SHORTEST_TOKEN} characters"])
    return token


def _page(token: str, measures: Measures) -> Callable[[], ResponseReturnValue]:
    @undocumented("for the machines that run the server, not for Clients")
    @public
    def tell() -> ResponseReturnValue:
        """What Prometheus collects."""
        if not hmac.compare_digest(bearer_secret().encode(), token.encode()):
            raise InvalidToken("this needs the token of /metrics")
        told = metrics.gauges(catalogue=catalogue(), clock=ports().clock)
        body = measures.exposed(families(told))
        return Response(body, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})

    return tell


def families(told: Gauges) -> Iterator[Metric]:
    """What is not about requests, as Prometheus takes it."""
    yield _counter("cdsc_authorisations", "Requests for access and Grants, by what became of them.", "step", told.steps)
    yield _counter(
        "cdsc_abandoned", "Requests for access that led to none, by how far they came.", "stage", told.stages
    )
    yield CounterMetricFamily("cdsc_access_tokens", "Access tokens issued.", value=told.sessions)
    yield _gauge("cdsc_grants", "Grants of Customers, counted every few minutes.", "status", told.grants)
    kept = GaugeMetricFamily("cdsc_outbox", "Mails, events and tickets of the outbox.", labels=["channel", "status"])
    for labels, count in told.outbox.items():
        kept.add_metric(labels, count)
    yield kept
    waits = {channel: wait.total_seconds() for channel, wait in told.waits.items()}
    yield _gauge("cdsc_outbox_wait_seconds", "How long waits what should have gone first.", "channel", waits)
    heard = {each.source: each.last.timestamp() for each in told.sources if each.last is not None}
    yield _gauge("cdsc_source_last_delivery_timestamp_seconds", "When a source was heard of last.", "source", heard)
    late = {each.source: int(each.late) for each in told.sources}
    yield _gauge("cdsc_source_late", "Whether a source is silent for too long.", "source", late)
    if told.worker is not None:
        yield GaugeMetricFamily(
            "cdsc_worker_last_run_timestamp_seconds",
            "When the background work last counted; it does so every five minutes.",
            value=told.worker.timestamp(),
        )


def _counter(name: str, doc: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(name, doc, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


def _gauge(name: str, doc: str, label: str, values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(name, doc, labels=[label])
    for value, number in values.items():
        family.add_metric([str(value)], number)
    return family
