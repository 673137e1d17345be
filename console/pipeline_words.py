"""Words of the pipeline in the language of the window: figures, settings, classes of objects."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from console import joining
from console.risk_words import risk_title

FIGURES: Final[tuple[Any, ...]] = (
    QT_TRANSLATE_NOOP("Figure", "alarms"),
    QT_TRANSLATE_NOOP("Figure", "assessor"),
    QT_TRANSLATE_NOOP("Figure", "cameras live"),
    QT_TRANSLATE_NOOP("Figure", "cameras total"),
    QT_TRANSLATE_NOOP("Figure", "db bytes"),
    QT_TRANSLATE_NOOP("Figure", "dead lettered"),
    QT_TRANSLATE_NOOP("Figure", "duplicates"),
    QT_TRANSLATE_NOOP("Figure", "errors"),
    QT_TRANSLATE_NOOP("Figure", "finish ms"),
    QT_TRANSLATE_NOOP("Figure", "frames detected"),
    QT_TRANSLATE_NOOP("Figure", "frames dropped"),
    QT_TRANSLATE_NOOP("Figure", "frames read"),
    QT_TRANSLATE_NOOP("Figure", "frames skipped"),
    QT_TRANSLATE_NOOP("Figure", "in"),
    QT_TRANSLATE_NOOP("Figure", "in flight"),
    QT_TRANSLATE_NOOP("Figure", "incomplete"),
    QT_TRANSLATE_NOOP("Figure", "infer ms"),
    QT_TRANSLATE_NOOP("Figure", "joined"),
    QT_TRANSLATE_NOOP("Figure", "late"),
    QT_TRANSLATE_NOOP("Figure", "model busy"),
    QT_TRANSLATE_NOOP("Figure", "open requests"),
    QT_TRANSLATE_NOOP("Figure", "out"),
    QT_TRANSLATE_NOOP("Figure", "prepare ms"),
    QT_TRANSLATE_NOOP("Figure", "provider"),
    QT_TRANSLATE_NOOP("Figure", "provider reason"),
    QT_TRANSLATE_NOOP("Figure", "reduced"),
    QT_TRANSLATE_NOOP("Figure", "rejected"),
    QT_TRANSLATE_NOOP("Figure", "retries"),
    QT_TRANSLATE_NOOP("Figure", "tasks"),
    QT_TRANSLATE_NOOP("Figure", "undelivered"),
    QT_TRANSLATE_NOOP("Figure", "verdicts"),
    QT_TRANSLATE_NOOP("Figure", "assessor kind"),
    QT_TRANSLATE_NOOP("Figure", "by rules"),
    QT_TRANSLATE_NOOP("Figure", "expired"),
    QT_TRANSLATE_NOOP("Figure", "keys disabled"),
    QT_TRANSLATE_NOOP("Figure", "keys ok"),
    QT_TRANSLATE_NOOP("Figure", "keys total"),
    QT_TRANSLATE_NOOP("Figure", "paused"),
    QT_TRANSLATE_NOOP("Figure", "repairs"),
    QT_TRANSLATE_NOOP("Figure", "rules stand in"),
    QT_TRANSLATE_NOOP("Figure", "alarms closed"),
    QT_TRANSLATE_NOOP("Figure", "captures abandoned"),
    QT_TRANSLATE_NOOP("Figure", "in maintenance"),
    QT_TRANSLATE_NOOP("Figure", "not assessed"),
    QT_TRANSLATE_NOOP("Figure", "reminders"),
    QT_TRANSLATE_NOOP("Figure", "unsaved"),
    QT_TRANSLATE_NOOP("Figure", "unsaved alarms"),
)

_SETTINGS: Final = (
    QT_TRANSLATE_NOOP("WorkerSetting", "alarm cooldown s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarm level"),
    QT_TRANSLATE_NOOP("WorkerSetting", "assessor"),
    QT_TRANSLATE_NOOP("WorkerSetting", "batch"),
    QT_TRANSLATE_NOOP("WorkerSetting", "cameras"),
    QT_TRANSLATE_NOOP("WorkerSetting", "classes"),
    QT_TRANSLATE_NOOP("WorkerSetting", "confidence"),
    QT_TRANSLATE_NOOP("WorkerSetting", "database"),
    QT_TRANSLATE_NOOP("WorkerSetting", "device"),
    QT_TRANSLATE_NOOP("WorkerSetting", "evidence max bytes"),
    QT_TRANSLATE_NOOP("WorkerSetting", "family"),
    QT_TRANSLATE_NOOP("WorkerSetting", "group"),
    QT_TRANSLATE_NOOP("WorkerSetting", "group distance"),
    QT_TRANSLATE_NOOP("WorkerSetting", "input size"),
    QT_TRANSLATE_NOOP("WorkerSetting", "iou"),
    QT_TRANSLATE_NOOP("WorkerSetting", "join deadline s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "max in flight"),
    QT_TRANSLATE_NOOP("WorkerSetting", "model"),
    QT_TRANSLATE_NOOP("WorkerSetting", "providers"),
    QT_TRANSLATE_NOOP("WorkerSetting", "reads"),
    QT_TRANSLATE_NOOP("WorkerSetting", "rules: conflict distance"),
    QT_TRANSLATE_NOOP("WorkerSetting", "rules: crowd density"),
    QT_TRANSLATE_NOOP("WorkerSetting", "rules: crowd size"),
    QT_TRANSLATE_NOOP("WorkerSetting", "rules: near distance"),
    QT_TRANSLATE_NOOP("WorkerSetting", "rules: post encroachment ahead s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "rules: post encroachment low s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "rules: post encroachment medium s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "rules: time to collision high s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "rules: time to collision medium s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "threads"),
    QT_TRANSLATE_NOOP("WorkerSetting", "writes"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: api"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: api version"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: base url"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: connect timeout s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: daily cost"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: daily tokens"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: fallback to rules"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: keys"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: language"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: max output tokens"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: max task age s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: max tries"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: model"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: price input"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: price output"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: prompt"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: strategy"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: structured output"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: task budget s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: temperature"),
    QT_TRANSLATE_NOOP("WorkerSetting", "llm: timeout s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: close after s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: escalate after s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: mail: ca file"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: mail: host"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: mail: level"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: mail: password"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: mail: port"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: mail: recipients"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: mail: security"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: mail: sender"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: mail: timeout s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: mail: user"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: maintenance"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: webhook: ca file"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: webhook: level"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: webhook: secret"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: webhook: timeout s"),
    QT_TRANSLATE_NOOP("WorkerSetting", "alarms: webhook: url"),
    QT_TRANSLATE_NOOP("WorkerSetting", "storage: keep alarms days"),
    QT_TRANSLATE_NOOP("WorkerSetting", "storage: keep verdicts days"),
    QT_TRANSLATE_NOOP("WorkerSetting", "storage: max mb"),
)

_OBJECTS: Final = (
    QT_TRANSLATE_NOOP("Object", "person"),
    QT_TRANSLATE_NOOP("Object", "bicycle"),
    QT_TRANSLATE_NOOP("Object", "car"),
    QT_TRANSLATE_NOOP("Object", "motorcycle"),
    QT_TRANSLATE_NOOP("Object", "bus"),
    QT_TRANSLATE_NOOP("Object", "train"),
    QT_TRANSLATE_NOOP("Object", "truck"),
    QT_TRANSLATE_NOOP("Object", "traffic light"),
    QT_TRANSLATE_NOOP("Object", "stop sign"),
    QT_TRANSLATE_NOOP("Object", "dog"),
)


FIRED: Final = "fired_"
"""Counters of how often a kind of risk was found."""


def figure_word(name: str) -> str:
    """Return the name of a counter, gauge or label of a worker."""
    if name.startswith(FIRED):
        return joining.named(
            QCoreApplication.translate("Figure", "judged as"), risk_title(name.removeprefix(FIRED))
        )
    return QCoreApplication.translate("Figure", name.replace("_", " "))


def setting_word(name: str) -> str:
    """Return the name of a setting, as `worker_settings` names it."""
    words = name.replace(".", ": ").replace("_", " ")
    return QCoreApplication.translate("WorkerSetting", words)


def object_word(label: str) -> str:
    """Return the name of a class; those that are not of the road stay as the model names them."""
    return QCoreApplication.translate("Object", label)
