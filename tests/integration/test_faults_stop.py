"""Stopping while the broker hangs: every worker in time, and nothing of the cameras is lost."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import msgspec
import pytest

from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.messages import DetectionResult, decode
from pipeline.runner import WorkerRunner
from pipeline.selftest.proxy import BrokerProxy
from pipeline.session import PipelineSession
from pipeline.settings import AggregatorSettings, KafkaSettings, demo_settings
from pipeline.states import START_ORDER, WorkerName, WorkerState
from pipeline.supervisor import STOP_TIMEOUT_S
from tests.integration.kafka_brokers import cluster_settings, take_all, telemetry, wait_until
from tests.support.log_guard import ExpectLog

pytestmark = [pytest.mark.integration, pytest.mark.slow]

UNDELIVERED = 10


def test_workers_stop_in_time_and_the_source_keeps_what_it_could_not_deliver(
    tmp_path: Path, expect_log: ExpectLog
) -> None:
    expect_log("are kept in .* sent first at the next start")
    expect_log("their input is read again|could not commit its last offsets", maybe=True)
    expect_log("degraded: broker|timed out|oordinator|lost [0-9]+ partitions", maybe=True)
    expect_log("commit failed|brokers are down|Disconnected|closing failed", maybe=True)
    with (
        contextlib.closing(EmbeddedBroker(KafkaSettings())) as broker,
        contextlib.closing(BrokerProxy(broker.bootstrap_servers)) as proxy,
    ):
        settings = demo_settings().model_copy(
            update={
                "kafka": cluster_settings(proxy.address, embedded=True),
                "aggregator": AggregatorSettings(database=tmp_path / "alarms.db"),
            }
        )
        with PipelineSession(settings) as session:
            session.kafka.spool_folder = tmp_path / "spool"
            runner = WorkerRunner(session, START_ORDER)
            assert runner.start()
            aggregator = session.hub.workers[WorkerName.AGGREGATOR]
            wait_until(lambda: aggregator.snapshot().counters.get("in", 0) > 0)
            proxy.freeze()
            detection = session.hub.workers[WorkerName.DETECTION]
            frozen_at = detection.snapshot().counters["frames_detected"]
            wait_until(
                lambda: detection.snapshot().counters["frames_detected"] > frozen_at + UNDELIVERED
            )
            for name in reversed(START_ORDER):
                began_s = time.monotonic()
                assert runner.stop_one(name), name
                assert time.monotonic() - began_s < STOP_TIMEOUT_S
                assert runner.state(name) is WorkerState.STOPPED
            [file] = session.kafka.spool_folder.glob("*.spool")
            payloads = [message[1] for message in msgspec.msgpack.decode(file.read_bytes())[2]]
            assert len(payloads) >= UNDELIVERED
            kept = {decode(payload, DetectionResult).request_id for payload in payloads}

            proxy.thaw()
            assert runner.start_one(WorkerName.DETECTION)
            wait_until(lambda: not file.exists())
            assert runner.stop_one(WorkerName.DETECTION)
            topic = settings.kafka.topics.detection_results
            with contextlib.closing(session.kafka.consumer("reader", [topic], telemetry())) as it:
                take_all(
                    it,
                    lambda taken: (
                        kept
                        <= {decode(message.value, DetectionResult).request_id for message in taken}
                    ),
                )
