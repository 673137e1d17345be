"""Metrics: what a scrape says of telemetry and lag, also where there is nothing to say."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from prometheus_client import CollectorRegistry, generate_latest

from pipeline.kafka.lag import LagSnapshot, LinkLag, PartitionLag
from pipeline.kafka.lag_rules import LagStatus
from pipeline.metrics import STALE_LAG_S, PipelineCollector
from pipeline.session import PipelineSession
from pipeline.states import WorkerName, WorkerState
from pipeline.telemetry import TelemetryHub


@dataclass
class _Lag:
    now: LagSnapshot = field(default_factory=LagSnapshot)

    def snapshot(self) -> LagSnapshot:
        return self.now


@dataclass
class _Session:
    """What the collector reads of a session."""

    hub: TelemetryHub = field(default_factory=TelemetryHub)
    lag: _Lag = field(default_factory=_Lag)

    def scrape(self, workers: Iterable[WorkerName] = (WorkerName.SCHEDULER,)) -> list[str]:
        registry = CollectorRegistry()
        registry.register(
            PipelineCollector(
                cast(PipelineSession, cast(Any, self)),
                list(workers),
                lambda _: WorkerState.DEGRADED,
            )
        )
        return generate_latest(registry).decode().splitlines()


def _reading(age_s: float) -> LagSnapshot:
    partitions = (
        PartitionLag(0, 90, 40, 50, 2.5, LagStatus.WARN),
        PartitionLag(1, 7, None, 7, None, LagStatus.UNKNOWN),
    )
    link = LinkLag(57, 2.5, LagStatus.WARN, 10.0, 5.0, partitions)
    return LagSnapshot(
        time.monotonic() - age_s, broker_ok=True, links={("group", "tasks"): link}, dlq={"tasks": 3}
    )


def test_counters_stand_at_0_before_the_first_message() -> None:
    lines = _Session().scrape()
    for name in ("messages_in", "messages_out", "dead_lettered", "undelivered", "duplicates"):
        assert f'signalbox_{name}_total{{worker="scheduler"}} 0.0' in lines
    assert not any("latency_seconds{" in line for line in lines)


def test_only_workers_of_this_process_are_told_of() -> None:
    text = "\n".join(_Session().scrape([WorkerName.GENERATOR]))
    assert 'worker="generator"' in text
    assert 'worker="scheduler"' not in text


def test_figures_of_a_worker() -> None:
    session = _Session()
    telemetry = session.hub.workers[WorkerName.SCHEDULER]
    telemetry.count("in", 5)
    telemetry.count("fired_near")
    telemetry.gauge("in_flight", 3)
    for milliseconds in range(1, 101):
        telemetry.latency(milliseconds)
    lines = session.scrape()
    assert 'signalbox_messages_in_total{worker="scheduler"} 5.0' in lines
    assert 'signalbox_events_total{event="fired_near",worker="scheduler"} 1.0' in lines
    assert 'signalbox_worker_value{name="in_flight",worker="scheduler"} 3.0' in lines
    latency = 'signalbox_worker_latency_seconds{quantile="0.5",worker="scheduler"} 0.051'
    assert latency in lines
    assert 'signalbox_worker_state{state="degraded",worker="scheduler"} 1.0' in lines
    assert 'signalbox_worker_state{state="running",worker="scheduler"} 0.0' in lines


def test_lag_by_group_topic_and_partition() -> None:
    lines = _Session(lag=_Lag(_reading(age_s=0.5))).scrape()
    first = 'group="group",partition="0"'
    second = 'group="group",partition="1"'
    assert f'signalbox_lag_messages{{{first},topic="tasks"}} 50.0' in lines
    assert f'signalbox_lag_seconds{{{first},topic="tasks"}} 2.5' in lines
    assert f'signalbox_committed_offset{{{first},topic="tasks"}} 40.0' in lines
    assert f'signalbox_end_offset{{{second},topic="tasks"}} 7.0' in lines
    assert f'signalbox_lag_status{{{first},status="warn",topic="tasks"}} 1.0' in lines
    assert 'signalbox_dead_letters{topic="tasks"} 3.0' in lines
    # What is not known has no sample, rather than a wrong one.
    assert not any(line.startswith(f"signalbox_lag_seconds{{{second}") for line in lines)
    assert not any(line.startswith(f"signalbox_committed_offset{{{second}") for line in lines)


def test_an_old_lag_is_left_out() -> None:
    lines = _Session(lag=_Lag(_reading(age_s=STALE_LAG_S + 1))).scrape()
    assert not any(line.startswith("signalbox_lag_messages") for line in lines)


def test_no_broker_is_told_and_no_lag_is_made_up() -> None:
    lines = _Session().scrape()
    assert "signalbox_kafka_up 0.0" in lines
    assert not any(line.startswith("signalbox_lag") for line in lines)
