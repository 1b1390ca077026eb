"""
What Prometheus is told of requests: how many, how they ended, how long they took.

Labels are endpoints of our own, classes of statuses and tiers, so there is an end to how many series there are, and
none of them tells of a person or a Client.
Where several processes serve, each keeps its numbers in a file of the directory that PROMETHEUS_MULTIPROC_DIR names,
and whichever is asked adds them up.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

#: The directory that the processes of one web server share, as prometheus_client has it; read at its first import.
DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

#: Seconds: fine where most answers lie, and at each threshold of a tier.
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 4.0, 6.0, 10.0)


class Measures:
    """The numbers of one application in this process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("cdsc_http_requests", "Answers.", ("endpoint", "status"), registry=self._registry)
        self._seconds = Histogram(
            "cdsc_http_request_seconds",
            "Time until the last byte of an answer had left.",
            ("tier",),
            buckets=_BUCKETS,
            registry=self._registry,
        )

    def observe(self, endpoint: str, *, status: int, tier: str | None, seconds: float) -> None:
        """
        Count an answer.

        Args:
            endpoint: one of ours, or "none" where nothing is at the address.
            tier: None for what no promise is made of.
        """
        self._requests.labels(endpoint, f"{status // 100}xx").inc()
        if tier is not None:
            self._seconds.labels(tier).observe(seconds)

    def exposed(self, others: Iterable[Metric]) -> bytes:
        """Everything in the text format of Prometheus: the requests of all processes, and the others."""
        registry = CollectorRegistry()
        if DIRECTORY in os.environ:
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        else:
            registry.register(_Given(self._registry.collect()))
        registry.register(_Given(others))
        return generate_latest(registry)


class _Given(Collector):
    """What was collected already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics
