"""The settings that concern one worker, as rows for people. Pure."""

from __future__ import annotations

from typing import Final

from console import joining
from pipeline.settings import Settings
from pipeline.settings_section import Section
from pipeline.states import WorkerName

SECTIONS: Final = {
    WorkerName.DETECTION: "detection",
    WorkerName.SCHEDULER: "scheduler",
    WorkerName.AGGREGATOR: "aggregator",
}
"""Where in `Settings` the settings of a worker lie, if it has any of its own."""


def worker_settings(name: WorkerName, settings: Settings) -> list[tuple[str, str]]:
    """Return ``(setting, value)`` of what the worker `name` goes by."""
    topics, groups = settings.kafka.topics, settings.kafka.groups
    match name:
        case WorkerName.DETECTION:
            enabled = [camera.name for camera in settings.cameras if camera.enabled]
            return [
                ("cameras", joining.enumerated(enabled) or "–"),
                ("writes", topics.detection_results),
                *_rows(settings.detection),
            ]
        case WorkerName.GENERATOR:
            return [
                ("reads", topics.detection_results),
                ("group", groups.generator),
                ("writes", topics.assessment_tasks),
            ]
        case WorkerName.SCHEDULER:
            return [
                ("reads", topics.assessment_tasks),
                ("group", groups.scheduler),
                ("writes", topics.risk_assessment_results),
                *_rows(settings.scheduler),
            ]
        case WorkerName.AGGREGATOR:
            return [
                ("reads", topics.risk_assessment_results),
                ("group", groups.aggregator),
                ("writes", topics.risk_alerts),
                *_rows(settings.aggregator),
            ]


def _rows(section: Section, prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key in type(section).model_fields:
        value = getattr(section, key)
        if isinstance(value, Section):
            rows += _rows(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", _words(value)))
    return rows


def _words(value: object) -> str:
    if value is None or value == ():
        return "–"
    if isinstance(value, tuple):
        # Of what has a name, such as a key, only that.
        return joining.enumerated(str(getattr(part, "id", part)) for part in value)
    return str(value)
