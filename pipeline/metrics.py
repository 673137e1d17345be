"""Figures of this process for Prometheus, read at each scrape and served over HTTP."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from loguru import logger
from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline import __version__
from pipeline.kafka.lag import LagSnapshot
from pipeline.kafka.lag_rules import LagStatus
from pipeline.session import PipelineSession
from pipeline.states import WorkerName, WorkerState
from pipeline.telemetry import WorkerSnapshot

DEFAULT_ADDRESS: Final = "127.0.0.1"
"""Nobody is asked for a password, so other machines see the figures only where that is wanted."""

STALE_LAG_S: Final = 15.0
"""A lag read longer ago is left out: a gap in a chart is honest, a frozen line is not."""

QUANTILES: Final = (0.5, 0.95, 0.99)
_STOP_TIMEOUT_S: Final = 2.0

_MESSAGE_COUNTERS: Final = {
    "in": ("signalbox_messages_in", "Messages taken from Kafka."),
    "out": ("signalbox_messages_out", "Messages that the broker has acknowledged."),
    "dead_lettered": ("signalbox_dead_lettered", "Messages moved to a dead-letter topic."),
    "undelivered": ("signalbox_undelivered", "Messages the broker did not take."),
    "duplicates": ("signalbox_duplicates", "Repeated messages that were recognised."),
}
"""Counters of every worker, with a name of their own, which start at 0."""

Families = Iterator[Metric]


class MetricsPortError(OSError):
    """The port cannot be opened; the text says why and what to do."""


class PipelineCollector(Collector):
    """Turns telemetry and lag of a session into metrics at each scrape; keeps nothing itself."""

    def __init__(
        self,
        session: PipelineSession,
        workers: Sequence[WorkerName],
        state_of: Callable[[WorkerName], WorkerState],
    ) -> None:
        self._session = session
        self._workers = tuple(workers)
        self._state_of = state_of

    def collect(self) -> Iterable[Metric]:
        """Return the figures now."""
        yield _gauge("signalbox_build_info", "Version.", ["version"], [((__version__,), 1)])
        figures = {name: self._session.hub.workers[name].snapshot() for name in self._workers}
        yield from self._states(figures)
        yield from _counters(figures)
        yield from _latencies(figures)
        yield from _lag(self._session.lag.snapshot(), time.monotonic())

    def _states(self, figures: dict[WorkerName, WorkerSnapshot]) -> Families:
        yield _gauge(
            "signalbox_worker_state",
            "1 for the state that the worker is in, 0 for the others.",
            ["worker", "state"],
            [
                ((name, state), float(self._state_of(name) is state))
                for name in figures
                for state in WorkerState
            ],
        )
        yield _gauge(
            "signalbox_worker_heartbeat_age_seconds",
            "Time since the worker's last sign of life.",
            ["worker"],
            [((name,), now.taken_at_s - now.heartbeat_s) for name, now in figures.items()],
        )
        yield _gauge(
            "signalbox_worker_value",
            "Values of single workers that go up and down, such as in_flight.",
            ["worker", "name"],
            [
                ((name, value), amount)
                for name, now in figures.items()
                for value, amount in now.gauges.items()
            ],
        )


def _counters(figures: dict[WorkerName, WorkerSnapshot]) -> Families:
    for counter, (title, meaning) in _MESSAGE_COUNTERS.items():
        family = CounterMetricFamily(title, meaning, labels=["worker"])
        for name, now in figures.items():
            family.add_metric([name], now.counters.get(counter, 0))
        yield family
    events = CounterMetricFamily(
        "signalbox_events", "What else single workers count.", labels=["worker", "event"]
    )
    for name, now in figures.items():
        for event, total in now.counters.items():
            if event not in _MESSAGE_COUNTERS:
                events.add_metric([name, event], total)
    yield events


def _latencies(figures: dict[WorkerName, WorkerSnapshot]) -> Families:
    family = GaugeMetricFamily(
        "signalbox_worker_latency_seconds",
        "Time for one unit of work, quantiles of the newest 512.",
        labels=["worker", "quantile"],
    )
    for name, now in figures.items():
        for quantile in QUANTILES:
            milliseconds = now.percentile_ms(quantile)
            if milliseconds is not None:
                family.add_metric([name, str(quantile)], milliseconds / 1000)
    yield family


def _lag(lag: LagSnapshot, now_s: float) -> Families:
    yield _gauge(
        "signalbox_kafka_up",
        "Whether the last reading of offsets came through.",
        [],
        [((), float(lag.broker_ok))],
    )
    if lag.taken_at_s == 0 or now_s - lag.taken_at_s > STALE_LAG_S:
        return
    places = [
        ((group, topic, str(partition.partition)), partition)
        for (group, topic), link in lag.links.items()
        for partition in link.partitions
    ]
    labels = ["group", "topic", "partition"]
    yield _gauge(
        "signalbox_lag_messages",
        "Messages that the group has not finished.",
        labels,
        [(place, at.messages) for place, at in places],
    )
    yield _gauge(
        "signalbox_lag_seconds",
        "How long the next message has been waiting.",
        labels,
        [(place, at.seconds) for place, at in places if at.seconds is not None],
    )
    yield _gauge(
        "signalbox_end_offset",
        "Offset that the next message will get.",
        labels,
        [(place, at.end) for place, at in places],
    )
    yield _gauge(
        "signalbox_committed_offset",
        "Next offset that the group reads; missing before its first commit.",
        labels,
        [(place, at.committed) for place, at in places if at.committed is not None],
    )
    yield _gauge(
        "signalbox_lag_status",
        "1 for the verdict about the partition, 0 for the others.",
        [*labels, "status"],
        [
            ((*place, status), float(at.status is status))
            for place, at in places
            for status in LagStatus
        ],
    )
    yield _gauge(
        "signalbox_dead_letters",
        "Messages ever written to the topic's dead-letter topic.",
        ["topic"],
        [((topic,), count) for topic, count in lag.dlq.items()],
    )


def _gauge(
    name: str,
    meaning: str,
    labels: Sequence[str],
    values: Iterable[tuple[tuple[str, ...], float]],
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for place, value in values:
        family.add_metric(place, value)
    return family


@contextlib.contextmanager
def serving(collector: Collector, port: int, address: str = DEFAULT_ADDRESS) -> Iterator[int]:
    """Serve metrics on ``http://address:port/metrics``; give the port, a free one for 0.

    Raises:
        MetricsPortError: the port cannot be opened.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    ProcessCollector(registry=registry)
    try:
        server, thread = start_http_server(port, address, registry)
    except (OSError, OverflowError) as error:
        raise MetricsPortError(
            f"The port {port} on {address} cannot be opened for metrics: {error}. "
            "Choose another one with --metrics-port, or 0 for a free one."
        ) from error
    try:
        logger.info("metrics on http://{}:{}/metrics", address, server.server_port)
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_STOP_TIMEOUT_S)
