"""Runs the workers on the demo clip beside a witness and settles the books."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from loguru import logger

from pipeline.messages import SCHEMA_VERSION
from pipeline.runner import WorkerRunner, wait_for_stop
from pipeline.selftest.feed import feed_detections
from pipeline.selftest.ledger import percentile
from pipeline.selftest.report import SelftestReport, TopicCount
from pipeline.selftest.witness import Witness
from pipeline.session import PipelineSession
from pipeline.settings import ConsumerGroupSettings, Settings, TopicSettings, demo_settings
from pipeline.states import WorkerName

SETTLE_TIMEOUT_S = 30.0
"""How long after the source's end the rest of the pipeline may take to finish."""

MODES = {
    "e2e": tuple(WorkerName),
    "producer": (WorkerName.DETECTION,),
    "consumer": (WorkerName.GENERATOR, WorkerName.SCHEDULER, WorkerName.AGGREGATOR),
}
"""Workers that take part, by mode. In ``consumer`` made-up detection results are fed in."""


def selftest_settings(bootstrap: str | None, database: Path, run_id: str) -> Settings:
    """Return the demo profile with topics, groups and database of this run alone."""
    demo = demo_settings()
    prefix = f"selftest-{run_id}-"
    topics = {name: prefix + topic for name, topic in TopicSettings().model_dump().items()}
    groups = {name: prefix + group for name, group in ConsumerGroupSettings().model_dump().items()}
    changes: dict[str, object] = {
        "topics": TopicSettings(**topics),
        "groups": ConsumerGroupSettings(**groups),
    }
    if bootstrap:
        changes |= {"mode": "cluster", "bootstrap_servers": bootstrap}
    return demo.model_copy(
        update={
            "kafka": demo.kafka.model_copy(update=changes),
            "aggregator": demo.aggregator.model_copy(update={"database": database}),
        }
    )


def run_selftest(
    mode: str, duration_s: float, bootstrap: str | None, stop: threading.Event
) -> SelftestReport:
    """Run the workers of `mode` for `duration_s` and account for every message.

    Args:
        mode: a key of `MODES`.
        duration_s: how long the source runs; settling comes on top.
        bootstrap: ``host:port`` of an outside broker; None for the embedded one.
        stop: ends the source early; the books are settled all the same.

    Raises:
        WorkerError: the broker cannot be reached or its settings cannot be used.
    """
    run_id = secrets.token_hex(4)
    with tempfile.TemporaryDirectory(prefix="signalbox-selftest-") as folder:
        database = Path(folder) / "alarms.db"
        settings = selftest_settings(bootstrap, database, run_id)
        with PipelineSession(settings) as session:
            session.kafka.ensure_topics()
            with _witness(session, f"selftest-{run_id}-witness") as witness:
                runner = WorkerRunner(session, MODES[mode])
                began_s = time.monotonic()
                started = runner.start()
                acknowledged = 0
                if started and mode == "consumer":
                    acknowledged = feed_detections(session.kafka, duration_s, stop)
                elif started:
                    wait_for_stop(stop, duration_s)
                    runner.stop_one(WorkerName.DETECTION)
                    acknowledged = _counter(session, WorkerName.DETECTION, "out")
                elapsed_s = time.monotonic() - began_s
                _settle(runner, witness, acknowledged, database, mode)
                runner.stop(drain=False)
            # The witness has read to the end only now.
            return _report(mode, elapsed_s, session, witness, runner, acknowledged, database)


@contextlib.contextmanager
def _witness(session: PipelineSession, group: str) -> Iterator[Witness]:
    witness = Witness(session.kafka, group)
    try:
        yield witness
    finally:
        witness.stop()


def _settle(
    runner: WorkerRunner, witness: Witness, acknowledged: int, database: Path, mode: str
) -> None:
    """Wait until nothing is missing any more, a worker failed, or the time is up."""
    deadline_s = time.monotonic() + SETTLE_TIMEOUT_S
    while time.monotonic() < deadline_s and not runner.failures:
        missing = _missing(witness, acknowledged, database, mode)
        if not missing:
            return
        time.sleep(0.2)
    logger.warning("the self-test's books did not settle in {:.0f} s", SETTLE_TIMEOUT_S)


def _missing(
    witness: Witness, acknowledged: int, database: Path, mode: str
) -> dict[str, list[str]]:
    missing = witness.missing(acknowledged, stored_ids(database))
    if mode == "producer":
        return {stage: ids for stage, ids in missing.items() if stage == "detectionResults"}
    return missing


def stored_ids(database: Path) -> set[str]:
    """Return the ids of the verdicts in an aggregator's database; empty while there is none."""
    if not database.exists():
        return set()
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        try:
            return {row[0] for row in connection.execute("SELECT message_id FROM results")}
        except sqlite3.OperationalError:
            return set()


def _alarm_count(database: Path) -> int:
    if not database.exists():
        return 0
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM alarms").fetchone()[0])


def _counter(session: PipelineSession, worker: WorkerName, name: str) -> int:
    return session.hub.workers[worker].snapshot().counters.get(name, 0)


def _report(
    mode: str,
    elapsed_s: float,
    session: PipelineSession,
    witness: Witness,
    runner: WorkerRunner,
    acknowledged: int,
    database: Path,
) -> SelftestReport:
    ledger = witness.ledger
    topics = session.settings.kafka.topics
    frames = {
        name: _counter(session, WorkerName.DETECTION, f"frames_{name}")
        for name in ("read", "detected", "dropped", "skipped")
    }
    read = {
        "detection-results": (topics.detection_results, len(ledger.requests)),
        "assessment-tasks": (topics.assessment_tasks, len(ledger.tasks)),
        "risk-assessment-results": (topics.risk_assessment_results, len(ledger.results)),
    }
    counts = {
        name: TopicCount(
            messages=unique + ledger.duplicates[name],
            duplicates=ledger.duplicates[name],
            dead_lettered=ledger.dead_letters[topic],
        )
        for name, (topic, unique) in read.items()
    }
    counts["risk-alerts"] = TopicCount(messages=ledger.alerts, duplicates=0, dead_lettered=0)
    missing = _missing(witness, acknowledged, database, mode)
    unexpected = ledger.unexpected()
    failures = {name.value: reason for name, reason in runner.failures.items()}
    stored = stored_ids(database)
    aggregator = session.hub.workers[WorkerName.AGGREGATOR].snapshot()
    labels = session.hub.workers[WorkerName.DETECTION].snapshot().labels
    moved = acknowledged > 0
    return SelftestReport(
        passed=moved and not missing and not unexpected and not failures,
        mode=mode,
        broker=f"{session.settings.kafka.mode} broker {session.kafka.bootstrap_servers}",
        duration_s=elapsed_s,
        frames=frames,
        topics=counts,
        detection_results_acknowledged=acknowledged,
        tasks=len(ledger.tasks),
        results=len(ledger.results),
        stored=len(stored),
        alarms=_alarm_count(database),
        missing=missing if moved else {"detectionResults": ["nothing was sent at all"]},
        unexpected=unexpected,
        failures=failures,
        frame_to_alert_ms={
            f"p{round(share * 100)}": percentile(ledger.alert_latency_ms, share)
            for share in (0.5, 0.95)
        },
        frame_to_stored_ms={
            f"p{round(share * 100)}": aggregator.percentile_ms(share) for share in (0.5, 0.95)
        },
        provider=labels.get("provider", f"schema {SCHEMA_VERSION}"),
    )
