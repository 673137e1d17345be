"""What a change of the settings means for workers that are at work. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.settings import Settings
from pipeline.states import WorkerName


@dataclass(frozen=True, slots=True)
class Consequences:
    """What must happen before new settings hold.

    Attributes:
        restart: workers that have to start again.
        reopen: the broker connection changes, so everything has to stop for a moment.
    """

    restart: frozenset[WorkerName]
    reopen: bool


def consequences(old: Settings, new: Settings) -> Consequences:
    """Return what the step from `old` to `new` asks for; looks and language ask for nothing."""
    if old.kafka != new.kafka:
        return Consequences(frozenset(WorkerName), reopen=True)
    restart = set()
    if old.cameras != new.cameras or old.detection != new.detection:
        restart.add(WorkerName.DETECTION)
    if old.evidence != new.evidence:
        restart |= {WorkerName.DETECTION, WorkerName.SCHEDULER, WorkerName.AGGREGATOR}
    if old.scheduler != new.scheduler:
        restart.add(WorkerName.SCHEDULER)
    if old.aggregator != new.aggregator:
        restart.add(WorkerName.AGGREGATOR)
    return Consequences(frozenset(restart), reopen=False)
