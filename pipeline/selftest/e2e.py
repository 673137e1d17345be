"""Runs the workers on the demo clip beside a witness and settles the books."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from loguru import logger

from pipeline.messages import SCHEMA_VERSION
from pipeline.runner import WorkerRunner, wait_for_stop
from pipeline.selftest.faults import Faults
from pipeline.selftest.feed import feed_detections
from pipeline.selftest.ledger import Ledger, percentile
from pipeline.selftest.report import SelftestReport, TopicCount
from pipeline.selftest.witness import Witness
from pipeline.session import PipelineSession
from pipeline.settings import ConsumerGroupSettings, Settings, TopicSettings, demo_settings
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange

SETTLE_TIMEOUT_S = 30.0
"""How long after the source's end the rest of the pipeline may take to finish."""

FAULT_SETTLE_TIMEOUT_S = 90.0
"""The same after a fault: members are missed and clients reconnect only after their time-outs."""

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
    mode: str,
    duration_s: float,
    bootstrap: str | None,
    stop: threading.Event,
    faults: Faults | None = None,
) -> SelftestReport:
    """Run the workers of `mode` for `duration_s` and account for every message.

    Args:
        mode: a key of `MODES`.
        duration_s: how long the source runs; settling comes on top.
        bootstrap: ``host:port`` of an outside broker; None for the embedded one.
        stop: ends the source early; the books are settled all the same.
        faults: what is brought about meanwhile.

    Raises:
        WorkerError: the broker cannot be reached or its settings cannot be used.
    """
    run_id = secrets.token_hex(4)
    faults = faults or Faults(frozenset())
    with tempfile.TemporaryDirectory(prefix="signalbox-selftest-") as name:
        folder = Path(name)
        settings = selftest_settings(bootstrap, folder / "alarms.db", run_id)
        with PipelineSession(settings) as session:
            session.kafka.spool_folder = folder / "spool"
            with faults.prepared(session, folder):
                return _Selftest(mode, session, faults, stop).run(duration_s, run_id)


class _Selftest:
    """One run; the counting of what happened."""

    def __init__(
        self, mode: str, session: PipelineSession, faults: Faults, stop: threading.Event
    ) -> None:
        self._mode = mode
        self._session = session
        self._faults = faults
        self._stop = stop
        self._database = session.settings.aggregator.database or Path()
        self._acknowledged = 0
        self._restarts: Counter[str] = Counter()
        names = set(MODES[mode])
        if faults.has_own_schedulers:
            names.discard(WorkerName.SCHEDULER)
        self._runner = WorkerRunner(session, names, self._note_change)

    def run(self, duration_s: float, run_id: str) -> SelftestReport:
        """Run the workers, settle the books, and tell what came of it."""
        with _witness(self._session, f"selftest-{run_id}-witness") as witness:
            began_s = time.monotonic()
            if self._runner.start():
                with self._faults.happening(self._session, witness, duration_s):
                    self._drive(duration_s)
            elapsed_s = time.monotonic() - began_s
            lag = self._settle(witness)
            self._runner.stop(drain=False)
        # The witness has read to the end only now.
        return self._report(elapsed_s, witness, lag)

    def _drive(self, duration_s: float) -> None:
        """Let the source run and count what the broker took of it."""
        if self._mode == "consumer":
            self._acknowledged = feed_detections(self._session.kafka, duration_s, self._stop)
            return
        wait_for_stop(self._stop, duration_s)
        self._runner.stop_one(WorkerName.DETECTION)
        self._acknowledged = self._counter(WorkerName.DETECTION, "out")

    def _settle(self, witness: Witness) -> dict[str, int]:
        """Wait until nothing is missing or unread any more, a worker failed, or the time is up.

        Returns:
            Unread messages of each worker's group.
        """
        settle_s = FAULT_SETTLE_TIMEOUT_S if self._faults.wanted else SETTLE_TIMEOUT_S
        began_s = time.monotonic()
        lag = self._lag()
        while time.monotonic() - began_s < settle_s and not self._failures():
            gaps = self._missing(witness) or witness.wrong_dead_letters(self._faults.poison)
            # A reading from before the end says nothing about the end.
            is_new = self._session.lag.snapshot().taken_at_s > began_s
            lag = self._lag()
            if not gaps and is_new and not any(lag.values()):
                return lag
            time.sleep(0.2)
        logger.warning("the self-test's books did not settle in {:.0f} s", settle_s)
        return lag

    def _missing(self, witness: Witness) -> dict[str, list[str]]:
        missing = witness.missing(self._acknowledged, stored_ids(self._database))
        if self._mode == "producer":
            return {stage: ids for stage, ids in missing.items() if stage == "detectionResults"}
        return missing

    def _lag(self) -> dict[str, int]:
        links = self._session.lag.snapshot().links
        return {
            name.value: sum(link.messages for (of, _), link in links.items() if of == group)
            for name in MODES[self._mode]
            if (group := self._session.group_of(name)) is not None
        }

    def _failures(self) -> dict[str, str]:
        failed = {name.value: reason for name, reason in self._runner.failures.items()}
        return failed | self._faults.failures()

    def _note_change(self, change: StateChange) -> None:
        if change.new is WorkerState.BACKOFF:
            self._restarts[change.worker.value] += 1

    def _counter(self, worker: WorkerName, name: str) -> int:
        return self._session.hub.workers[worker].snapshot().counters.get(name, 0)

    def _topic_counts(self, ledger: Ledger) -> dict[str, TopicCount]:
        topics = self._session.settings.kafka.topics
        read = {
            "detection-results": (topics.detection_results, len(ledger.requests)),
            "assessment-tasks": (topics.assessment_tasks, len(ledger.tasks)),
            "risk-assessment-results": (topics.risk_assessment_results, len(ledger.results)),
        }
        counts = {
            name: TopicCount(
                messages=unique + ledger.duplicates[name],
                duplicates=ledger.duplicates[name],
                dead_lettered=len(ledger.dead_letters[topic]),
                dead_letter_repeats=ledger.dead_letter_repeats[topic],
            )
            for name, (topic, unique) in read.items()
        }
        counts["risk-alerts"] = TopicCount(messages=ledger.alerts, duplicates=0, dead_lettered=0)
        return counts

    def _report(self, elapsed_s: float, witness: Witness, lag: dict[str, int]) -> SelftestReport:
        session, ledger = self._session, witness.ledger
        frames = {
            name: self._counter(WorkerName.DETECTION, f"frames_{name}")
            for name in ("read", "detected", "dropped", "skipped")
        }
        missing = self._missing(witness)
        unexpected = ledger.unexpected()
        if wrong := ledger.wrong_dead_letters(self._faults.poison):
            unexpected["deadLetters"] = wrong
        failures = self._failures()
        aggregator = session.hub.workers[WorkerName.AGGREGATOR].snapshot()
        labels = session.hub.workers[WorkerName.DETECTION].snapshot().labels
        moved = self._acknowledged > 0
        settled = not (missing or unexpected or failures or any(lag.values()))
        return SelftestReport(
            passed=moved and settled,
            mode=self._mode,
            broker=f"{session.settings.kafka.mode} broker {session.kafka.bootstrap_servers}",
            duration_s=elapsed_s,
            frames=frames,
            topics=self._topic_counts(ledger),
            detection_results_acknowledged=self._acknowledged,
            tasks=len(ledger.tasks),
            results=len(ledger.results),
            stored=len(stored_ids(self._database)),
            alarms=_alarm_count(self._database),
            missing=missing if moved else {"detectionResults": ["nothing was sent at all"]},
            unexpected=unexpected,
            failures=failures,
            restarts=dict(self._restarts),
            faults=self._faults.events,
            poison=self._faults.poison,
            lag=lag,
            frame_to_alert_ms={
                f"p{round(share * 100)}": percentile(ledger.alert_latency_ms, share)
                for share in (0.5, 0.95)
            },
            frame_to_stored_ms={
                f"p{round(share * 100)}": aggregator.percentile_ms(share) for share in (0.5, 0.95)
            },
            provider=labels.get("provider", f"schema {SCHEMA_VERSION}"),
        )


@contextlib.contextmanager
def _witness(session: PipelineSession, group: str) -> Iterator[Witness]:
    witness = Witness(session.kafka, group)
    try:
        yield witness
    finally:
        witness.stop()


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
