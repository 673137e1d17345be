"""The four figures on a worker's card: which, in what words."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from console import formatting
from console.figures import Figures
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerSnapshot

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as shown: what it is, how much, and more words for the tooltip.

    Attributes:
        exact: the value in full, where `value` is rounded.
    """

    label: str
    value: str
    hint: str
    exact: str = ""


def card_figures(name: WorkerName, figures: Figures) -> tuple[Figure, Figure, Figure, Figure]:
    """Return the four figures of a worker."""
    snapshot = figures.snapshot(name)
    match name:
        case WorkerName.DETECTION:
            return _detection(figures, snapshot)
        case WorkerName.GENERATOR:
            return _generator(figures, snapshot)
        case WorkerName.SCHEDULER:
            return _scheduler(figures, snapshot)
        case WorkerName.AGGREGATOR:
            return _aggregator(figures, snapshot)


def _counted(label: str, value: int, hint: str) -> Figure:
    short, full = formatting.compact(value), formatting.count(value)
    return Figure(label, short, hint, "" if short == full else full)


def _gauge(snapshot: WorkerSnapshot, name: str) -> int:
    return round(snapshot.gauges.get(name, 0))


def _detection(figures: Figures, snapshot: WorkerSnapshot) -> tuple[Figure, Figure, Figure, Figure]:
    counters = snapshot.counters
    lost = counters.get("frames_skipped", 0)
    return (
        Figure(
            translate("WorkerCard", "frames/s"),
            formatting.rate(figures.rate(WorkerName.DETECTION, "frames_detected")),
            translate("WorkerCard", "Frames that went through the model, each second"),
        ),
        Figure(
            translate("WorkerCard", "infer"),
            formatting.milliseconds(snapshot.gauges.get("infer_ms")),
            translate("WorkerCard", "Time the model takes for one frame"),
        ),
        Figure(
            translate("WorkerCard", "cameras"),
            f"{_gauge(snapshot, 'cameras_live')}/{_gauge(snapshot, 'cameras_total')}",
            translate("WorkerCard", "Cameras that deliver pictures, of all that are switched on"),
        ),
        _counted(
            translate("WorkerCard", "skipped"),
            lost,
            translate(
                "WorkerCard", "Frames left out because the broker had no room for their results"
            ),
        ),
    )


def _generator(figures: Figures, snapshot: WorkerSnapshot) -> tuple[Figure, Figure, Figure, Figure]:
    return (
        Figure(
            translate("WorkerCard", "results/s"),
            formatting.rate(figures.rate(WorkerName.GENERATOR, "in")),
            translate("WorkerCard", "Detection results taken from Kafka, each second"),
        ),
        Figure(
            translate("WorkerCard", "tasks/s"),
            formatting.rate(figures.rate(WorkerName.GENERATOR, "tasks")),
            translate("WorkerCard", "Assessment tasks made, each second"),
        ),
        Figure(
            translate("WorkerCard", "p95"),
            formatting.milliseconds(snapshot.percentile_ms(0.95)),
            translate("WorkerCard", "95 of 100 messages are done within this time"),
        ),
        _counted(
            translate("WorkerCard", "rejected"),
            snapshot.counters.get("dead_lettered", 0),
            translate(
                "WorkerCard", "Messages that could not be used; they are in the dead letter topic"
            ),
        ),
    )


def _scheduler(figures: Figures, snapshot: WorkerSnapshot) -> tuple[Figure, Figure, Figure, Figure]:
    total = _gauge(snapshot, "keys_total")
    keys_or_rate = (
        Figure(
            translate("WorkerCard", "keys"),
            f"{_gauge(snapshot, 'keys_ok')}/{total}",
            translate("WorkerCard", "API keys that may be used now, of all"),
        )
        if total
        else Figure(
            translate("WorkerCard", "verdicts/s"),
            formatting.rate(figures.rate(WorkerName.SCHEDULER, "out")),
            translate("WorkerCard", "Groups assessed, each second"),
        )
    )
    return (
        _counted(
            translate("WorkerCard", "in flight"),
            _gauge(snapshot, "in_flight"),
            translate("WorkerCard", "Tasks being assessed at this moment"),
        ),
        Figure(
            translate("WorkerCard", "p95"),
            formatting.milliseconds(snapshot.percentile_ms(0.95)),
            translate("WorkerCard", "95 of 100 verdicts take no longer than this"),
        ),
        keys_or_rate,
        _counted(
            translate("WorkerCard", "retries"),
            snapshot.counters.get("retries", 0),
            translate("WorkerCard", "Verdicts that had to be asked for again"),
        ),
    )


def _aggregator(
    figures: Figures, snapshot: WorkerSnapshot
) -> tuple[Figure, Figure, Figure, Figure]:
    return (
        Figure(
            translate("WorkerCard", "joined/s"),
            formatting.rate(figures.rate(WorkerName.AGGREGATOR, "joined")),
            translate("WorkerCard", "Requests whose groups have all been assessed, each second"),
        ),
        _counted(
            translate("WorkerCard", "pending"),
            _gauge(snapshot, "open_requests"),
            translate("WorkerCard", "Requests that still wait for verdicts on some groups"),
        ),
        _counted(
            translate("WorkerCard", "alarms"),
            snapshot.counters.get("alarms", 0),
            translate("WorkerCard", "Alarms raised since the program started"),
        ),
        Figure(
            translate("WorkerCard", "DB"),
            formatting.size(snapshot.gauges.get("db_bytes", 0)),
            translate("WorkerCard", "Size of the alarm database"),
        ),
    )
