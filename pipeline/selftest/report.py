"""What a self-test found, as JSON and as text for people."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

SHOWN_IDS = 5


class TopicCount(Struct, rename="camel", kw_only=True):
    """Messages of one topic: read by the witness, repeats among them, dead-lettered."""

    messages: int
    duplicates: int
    dead_lettered: int


class SelftestReport(Struct, rename="camel", kw_only=True):
    """Everything counted in one self-test.

    Attributes:
        passed: nothing is missing, nothing is unexpected, no worker failed.
        frames: ``read``, ``detected``, ``dropped`` (a newer frame came first), ``skipped`` (the
            broker had no room).
        topics: counts by topic.
        stored: verdicts in the aggregator's database; `alarms`: alarms there.
        missing, unexpected: ids by stage.
        failures: workers that failed, with the reason.
        frame_to_alert_ms, frame_to_stored_ms: ``p50``, ``p95``; None without samples.
    """

    passed: bool
    mode: str
    broker: str
    duration_s: float
    frames: dict[str, int]
    topics: dict[str, TopicCount]
    detection_results_acknowledged: int
    tasks: int
    results: int
    stored: int
    alarms: int
    missing: dict[str, list[str]]
    unexpected: dict[str, list[str]]
    failures: dict[str, str]
    frame_to_alert_ms: dict[str, float | None]
    frame_to_stored_ms: dict[str, float | None]
    provider: str

    def to_json(self) -> bytes:
        """Return the report as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2)

    def to_text(self) -> str:
        """Return the report for a terminal."""
        frames = self.frames
        lines = [
            f"Self-test {self.mode}, {self.duration_s:.0f} s on {self.broker}, {self.provider}",
            (
                f"  frames       read {frames['read']}, detected {frames['detected']}, "
                f"dropped {frames['dropped']}, skipped {frames['skipped']}"
            ),
        ]
        lines += [
            f"  {name:<26} {count.messages} messages, {count.duplicates} repeats, "
            f"{count.dead_lettered} dead letters"
            for name, count in self.topics.items()
        ]
        lines += [
            (
                f"  tasks {self.tasks}, results {self.results}, stored {self.stored}, "
                f"alarms {self.alarms}"
            ),
            f"  frame to alert   {_figures(self.frame_to_alert_ms)}",
            f"  frame to stored  {_figures(self.frame_to_stored_ms)}",
        ]
        for title, gaps in (("MISSING", self.missing), ("UNEXPECTED", self.unexpected)):
            for stage, ids in gaps.items():
                more = f" and {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else ""
                lines.append(f"  {title} {stage}: {', '.join(ids[:SHOWN_IDS])}{more}")
        lines += [f"  FAILED {worker}: {reason}" for worker, reason in self.failures.items()]
        verdict = "passed: every accepted message is accounted for" if self.passed else "FAILED"
        return "\n".join([*lines, verdict])


def _figures(values: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} {'-' if value is None else f'{value:.0f} ms'}" for name, value in values.items()
    )
