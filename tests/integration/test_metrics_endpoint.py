"""Metrics of a real `run` process, scraped over HTTP while it works."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import settings_file
from pipeline.kafka import KafkaAccess
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.messages import encode, utc_now
from pipeline.settings import AggregatorSettings, KafkaSettings, Settings
from tests.support import messages as made
from tests.support.scraping import ROOT, run_process
from tests.support.stages import feed, wait_until

pytestmark = pytest.mark.integration

FRAMES = 40
DUE = 2
WORKERS = "generator,scheduler,aggregator"


def test_a_scrape_tells_of_lag_messages_states_latencies_and_repeats(tmp_path: Path) -> None:
    broker = EmbeddedBroker(KafkaSettings())
    with contextlib.closing(broker):
        kafka = KafkaAccess(KafkaSettings(), broker)
        config = tmp_path / "signalbox.toml"
        settings = Settings(
            kafka=KafkaSettings(
                mode="cluster",
                bootstrap_servers=broker.bootstrap_servers,
                consumer={"session.timeout.ms": 3000, "heartbeat.interval.ms": 500},
            ),
            aggregator=AggregatorSettings(database=tmp_path / "alarms.db"),
        )
        settings_file.save(settings, config)
        frames = [
            ("cam-1", encode(made.detection(f"frame-{number}", due=DUE, timestamp=utc_now())))
            for number in range(FRAMES)
        ]
        topics = settings.kafka.topics
        with run_process(config, WORKERS, tmp_path / "home") as process:
            # One frame twice, one that nobody can read.
            feed(kafka, topics.detection_results, [*frames, frames[0], ("cam-1", b"no JSON")])
            wait_until(
                "all verdicts are stored",
                lambda: (
                    process.value("signalbox_messages_in_total", worker="aggregator")
                    == DUE * (FRAMES + 1)
                ),
            )
            wait_until(
                "the lag is 0 again and the dead letter is seen",
                lambda: (
                    process.value("signalbox_lag_messages") == 0
                    and process.value(
                        "signalbox_end_offset",
                        topic=topics.detection_results,
                        group=settings.kafka.groups.generator,
                    )
                    == FRAMES + 2
                    and process.value("signalbox_dead_letters", topic=topics.detection_results) == 1
                ),
            )
            value = process.value
            assert value("signalbox_messages_in_total", worker="generator") == FRAMES + 2
            assert value("signalbox_messages_out_total", worker="generator") == DUE * (FRAMES + 1)
            assert value("signalbox_messages_out_total", worker="scheduler") == DUE * (FRAMES + 1)
            assert value("signalbox_dead_lettered_total", worker="generator") == 1
            assert value("signalbox_duplicates_total", worker="aggregator") == DUE
            assert value("signalbox_events_total", worker="aggregator", event="alarms") >= 1
            assert value("signalbox_kafka_up") == 1
            assert value("process_resident_memory_bytes") > 0 or sys.platform == "win32"
            partitions = {
                dict(labels)["partition"]
                for name, labels in process.samples()
                if name == "signalbox_lag_messages"
                and ("topic", topics.assessment_tasks) in labels
                and ("group", settings.kafka.groups.scheduler) in labels
            }
            assert partitions == {"0", "1", "2", "3"}
            for worker in WORKERS.split(","):
                states = {
                    dict(labels)["state"]: state
                    for (name, labels), state in process.samples().items()
                    if name == "signalbox_worker_state" and ("worker", worker) in labels
                }
                assert [name for name, state in states.items() if state == 1] == ["running"]
                assert len(states) == 7
                median_s = value("signalbox_worker_latency_seconds", worker=worker, quantile="0.5")
                assert 0 < median_s < 60
                assert value("signalbox_worker_heartbeat_age_seconds", worker=worker) < 10
            assert process.stop() == 0


def test_a_port_in_use_is_told_before_any_worker_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [
                sys.executable,
                "main.py",
                "run",
                "--workers",
                "generator",
                "--metrics-port",
                f"{port}",
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60.0,
            check=False,
            env=os.environ | {"SIGNALBOX_HOME": str(tmp_path)},
        )
    assert ended.returncode == 2
    assert f"The port {port} on 127.0.0.1 cannot be opened for metrics" in ended.stderr
    assert "--metrics-port" in ended.stderr
    assert "Generator" not in ended.stdout + ended.stderr
