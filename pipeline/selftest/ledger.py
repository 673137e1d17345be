"""The books of a self-test: which ids were seen at which stage, and which are missing. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.messages import (
    AssessmentTask,
    DetectionResult,
    RiskAlert,
    RiskAssessmentResult,
    task_id,
)


@dataclass(slots=True)
class Ledger:
    """Ids seen in each topic by somebody who reads along.

    A task is owed for each group that a detection result marks as due, a result for each task,
    a stored verdict for each result. A dead-lettered message owes nothing further.

    Attributes:
        requests: request ids in ``detection-results``.
        owed_tasks, tasks, results: task ids that must come, came as tasks, came as results.
        dead_letters: origins (``partition@offset``) of dead letters, by source topic.
        duplicates: repeats by topic.
        alert_latency_ms: capture of the frame until its alert was read, ms.
    """

    requests: set[str] = field(default_factory=set)
    owed_tasks: set[str] = field(default_factory=set)
    tasks: set[str] = field(default_factory=set)
    results: set[str] = field(default_factory=set)
    alerts: int = 0
    dead_letters: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    dead_letter_repeats: Counter[str] = field(default_factory=Counter)
    duplicates: Counter[str] = field(default_factory=Counter)
    alert_latency_ms: list[float] = field(default_factory=list)

    def note_detection(self, message: DetectionResult) -> None:
        """Enter one message of ``detection-results``."""
        if message.request_id in self.requests:
            self.duplicates["detection-results"] += 1
        self.requests.add(message.request_id)
        self.owed_tasks.update(
            task_id(message.request_id, group.group_index)
            for group in message.traffic_groups
            if group.reason is not None
        )

    def note_task(self, message: AssessmentTask) -> None:
        """Enter one message of ``assessment-tasks``."""
        if message.task_id in self.tasks:
            self.duplicates["assessment-tasks"] += 1
        self.tasks.add(message.task_id)

    def note_result(self, message: RiskAssessmentResult) -> None:
        """Enter one message of ``risk-assessment-results``."""
        if message.message_id in self.results:
            self.duplicates["risk-assessment-results"] += 1
        self.results.add(message.message_id)

    def note_alert(self, message: RiskAlert, read_at: datetime) -> None:
        """Enter one message of ``risk-alerts``, read at `read_at`."""
        self.alerts += 1
        self.alert_latency_ms.append((read_at - message.last_seen).total_seconds() * 1000)

    def note_dead_letter(self, source_topic: str, origin: str) -> None:
        """Enter one dead letter of `source_topic`, made from the message at `origin`."""
        if origin in self.dead_letters[source_topic]:
            self.dead_letter_repeats[source_topic] += 1
        self.dead_letters[source_topic].add(origin)

    def wrong_dead_letters(self, poison: Mapping[str, int]) -> list[str]:
        """Return what is wrong with the dead letters where `poison` says how many are due."""
        counts = {topic: len(self.dead_letters[topic]) for topic in {*poison, *self.dead_letters}}
        return [
            f"{topic}: {count} messages dead-lettered, {poison.get(topic, 0)} due"
            for topic, count in sorted(counts.items())
            if count != poison.get(topic, 0)
        ]

    def missing(self, acknowledged: int, stored: set[str]) -> dict[str, list[str]]:
        """Return what is missing, by stage; empty when every accepted message is accounted for.

        Args:
            acknowledged: how many detection results the broker acknowledged to their producer.
            stored: task ids in the aggregator's database.
        """
        gaps = {
            "tasks": sorted(self.owed_tasks - self.tasks),
            "results": sorted(self.tasks - self.results),
            "stored": sorted(self.results - stored),
        }
        unread = acknowledged - len(self.requests) - self.duplicates["detection-results"]
        if unread > 0:
            gaps["detectionResults"] = [f"{unread} acknowledged messages were never read"]
        return {stage: ids for stage, ids in gaps.items() if ids}

    def unexpected(self) -> dict[str, list[str]]:
        """Return ids that nobody owed: a sign of made-up or mixed-up messages."""
        gaps = {
            "tasks": sorted(self.tasks - self.owed_tasks),
            "results": sorted(self.results - self.tasks),
        }
        return {stage: ids for stage, ids in gaps.items() if ids}


def percentile(samples: list[float], share: float) -> float | None:
    """Return the value below which `share` (0..1) of the samples lie; None without samples."""
    if not samples:
        return None
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
