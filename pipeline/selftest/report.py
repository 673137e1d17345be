"""What a self-test found, as JSON and as text for people."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

SHOWN_IDS = 5


class TopicCount(Struct, rename="camel", kw_only=True):
    """Messages of one topic: read by the witness, repeats among them, dead-lettered.

    `dead_lettered` counts origins; a dead letter that came twice adds to `dead_letter_repeats`.
    """

    messages: int
    duplicates: int
    dead_lettered: int
    dead_letter_repeats: int = 0


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
        restarts: how often each worker started anew after a failure.
        faults: what was brought about on purpose, in order.
        poison: messages that nobody can process put into each topic; as many must be dead-lettered.
        lag: unread messages of each worker's group at the end.
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
    restarts: dict[str, int] = {}
    faults: list[str] = []
    poison: dict[str, int] = {}
    lag: dict[str, int] = {}
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
            + (f" ({count.dead_letter_repeats} repeats)" if count.dead_letter_repeats else "")
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
        lines += [f"  fault: {fault}" for fault in self.faults]
        if self.poison:
            lines.append(f"  poison sent {sum(self.poison.values())}, one dead letter due for each")
        lines += [
            f"  {worker} started anew {times} times" for worker, times in self.restarts.items()
        ]
        if self.lag:
            lag = ", ".join(f"{worker} {messages}" for worker, messages in self.lag.items())
            lines.append(f"  unread at the end: {lag}")
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
