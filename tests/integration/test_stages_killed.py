"""Workers killed in the middle of their work: every verdict is stored once, nothing is damaged."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import settings_file
from pipeline.kafka import KafkaAccess
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.messages import utc_now
from pipeline.settings import AggregatorSettings, KafkaSettings, Settings
from tests.support import messages as made
from tests.support.stages import feed_detections, owed, rows, stored, wait_until

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
KILLS = 3
FRAMES = 240
REJOIN_TIMEOUT_S = 60.0


@contextlib.contextmanager
def worker_process(config: Path, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the three stages in a process of their own; it is killed at the end."""
    command = [sys.executable, "main.py", "run", "--config", str(config)]
    command += ["--workers", "generator,scheduler,aggregator"]
    with (home / "output.log").open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"SIGNALBOX_HOME": str(home)},
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait(10.0)


def test_a_kill_at_any_moment_loses_nothing_and_damages_nothing(tmp_path: Path) -> None:
    database = tmp_path / "alarms.db"
    # The broker outlives the workers, as a cluster does.
    broker = EmbeddedBroker(KafkaSettings())
    with contextlib.closing(broker):
        kafka = KafkaAccess(KafkaSettings(), broker)
        settings = Settings(
            kafka=KafkaSettings(
                mode="cluster",
                bootstrap_servers=broker.bootstrap_servers,
                # A killed member is missed only after this time.
                consumer={"session.timeout.ms": 3000, "heartbeat.interval.ms": 500},
            ),
            aggregator=AggregatorSettings(database=database),
        )
        config = tmp_path / "signalbox.toml"
        settings_file.save(settings, config)
        expected: set[str] = set()
        for number in range(KILLS + 1):
            frames = [
                made.detection(
                    f"round-{number}-{frame}", f"cam-{frame % 4}", due=2, timestamp=utc_now()
                )
                for frame in range(FRAMES)
            ]
            expected |= owed(frames)
            feed_detections(kafka, frames)
            is_last = number == KILLS
            before = len(stored(database))
            with worker_process(config, tmp_path):
                # Killed in the midst of it, at another point each time.
                enough = len(expected) if is_last else before + 1 + 60 * number
                wait_until(
                    f"{enough} verdicts are stored",
                    lambda: len(stored(database)) >= enough,  # noqa: B023
                    REJOIN_TIMEOUT_S,
                )
                if is_last:
                    wait_until(
                        "every request is joined",
                        lambda: (
                            rows(database, "SELECT count(*) FROM requests WHERE closed_us IS NULL")
                            == [(0,)]
                        ),
                    )
            with contextlib.closing(sqlite3.connect(database)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert stored(database) == expected
        assert rows(database, "SELECT sum(received), sum(expected) FROM requests") == [
            (len(expected), len(expected))
        ]
        assert rows(database, "SELECT sum(occurrences) FROM alarms") == [(len(expected),)]
