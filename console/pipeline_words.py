"""Words of the pipeline in the language of the window: figures, settings, classes of objects."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from console import formatting, joining, regional
from console.risk_words import risk_title

FIGURES: Final[dict[str, Any]] = {
    "frames_read": QT_TRANSLATE_NOOP("Figure", "Frames read"),
    "frames_detected": QT_TRANSLATE_NOOP("Figure", "Frames detected"),
    "frames_dropped": QT_TRANSLATE_NOOP("Figure", "Frames dropped"),
    "frames_skipped": QT_TRANSLATE_NOOP("Figure", "Frames skipped"),
    "captures_abandoned": QT_TRANSLATE_NOOP("Figure", "Capture threads given up"),
    "in": QT_TRANSLATE_NOOP("Figure", "Messages read"),
    "tasks": QT_TRANSLATE_NOOP("Figure", "Tasks made"),
    "out": QT_TRANSLATE_NOOP("Figure", "Messages written"),
    "joined": QT_TRANSLATE_NOOP("Figure", "Requests joined"),
    "incomplete": QT_TRANSLATE_NOOP("Figure", "Requests incomplete"),
    "late": QT_TRANSLATE_NOOP("Figure", "Verdicts that came late"),
    "duplicates": QT_TRANSLATE_NOOP("Figure", "Repeated messages"),
    "verdicts": QT_TRANSLATE_NOOP("Figure", "Verdicts"),
    "not_assessed": QT_TRANSLATE_NOOP("Figure", "Not assessed"),
    "alarms": QT_TRANSLATE_NOOP("Figure", "Alarms raised"),
    "alarms_closed": QT_TRANSLATE_NOOP("Figure", "Alarms closed"),
    "reminders": QT_TRANSLATE_NOOP("Figure", "Reminders"),
    "in_maintenance": QT_TRANSLATE_NOOP("Figure", "In maintenance"),
    "retries": QT_TRANSLATE_NOOP("Figure", "Retries"),
    "repairs": QT_TRANSLATE_NOOP("Figure", "Answers sent back for correction"),
    "by_rules": QT_TRANSLATE_NOOP("Figure", "Judged by rules instead"),
    "expired": QT_TRANSLATE_NOOP("Figure", "Tasks expired"),
    "keys_disabled": QT_TRANSLATE_NOOP("Figure", "Keys disabled"),
    "errors": QT_TRANSLATE_NOOP("Figure", "Errors"),
    "rejected": QT_TRANSLATE_NOOP("Figure", "Messages rejected"),
    "dead_lettered": QT_TRANSLATE_NOOP("Figure", "Sent to dead letters"),
    "reduced": QT_TRANSLATE_NOOP("Figure", "Messages made smaller"),
    "undelivered": QT_TRANSLATE_NOOP("Figure", "Messages not delivered"),
    "cameras_live": QT_TRANSLATE_NOOP("Figure", "Cameras with a picture"),
    "cameras_total": QT_TRANSLATE_NOOP("Figure", "Cameras switched on"),
    "prepare_ms": QT_TRANSLATE_NOOP("Figure", "Preprocessing"),
    "infer_ms": QT_TRANSLATE_NOOP("Figure", "Inference"),
    "finish_ms": QT_TRANSLATE_NOOP("Figure", "Postprocessing"),
    "model_busy": QT_TRANSLATE_NOOP("Figure", "Model busy"),
    "in_flight": QT_TRANSLATE_NOOP("Figure", "Tasks in flight"),
    "keys_ok": QT_TRANSLATE_NOOP("Figure", "Keys usable"),
    "keys_total": QT_TRANSLATE_NOOP("Figure", "Keys in all"),
    "paused": QT_TRANSLATE_NOOP("Figure", "Assessment paused"),
    "rules_stand_in": QT_TRANSLATE_NOOP("Figure", "Rules stand in"),
    "open_requests": QT_TRANSLATE_NOOP("Figure", "Requests pending"),
    "unsaved": QT_TRANSLATE_NOOP("Figure", "Verdicts not yet stored"),
    "unsaved_alarms": QT_TRANSLATE_NOOP("Figure", "Alarms not yet stored"),
    "db_bytes": QT_TRANSLATE_NOOP("Figure", "Database"),
    "assessor": QT_TRANSLATE_NOOP("Figure", "Assessor"),
    "assessor_kind": QT_TRANSLATE_NOOP("Figure", "Kind of assessor"),
    "provider": QT_TRANSLATE_NOOP("Figure", "Runs on"),
    "provider_reason": QT_TRANSLATE_NOOP("Figure", "Not in use"),
}
"""Names of counters, gauges and labels, in the order in which they are shown: what comes in first, then
what goes out, what was in the way, and how things stand."""

_SETTINGS: Final[dict[str, Any]] = {
    "cameras": QT_TRANSLATE_NOOP("WorkerSetting", "Cameras"),
    "reads": QT_TRANSLATE_NOOP("WorkerSetting", "Reads from"),
    "group": QT_TRANSLATE_NOOP("WorkerSetting", "Consumer group"),
    "writes": QT_TRANSLATE_NOOP("WorkerSetting", "Writes to"),
    "model": QT_TRANSLATE_NOOP("WorkerSetting", "Model"),
    "family": QT_TRANSLATE_NOOP("WorkerSetting", "Model family"),
    "providers": QT_TRANSLATE_NOOP("WorkerSetting", "Runs on"),
    "device": QT_TRANSLATE_NOOP("WorkerSetting", "Graphics card"),
    "threads": QT_TRANSLATE_NOOP("WorkerSetting", "Threads"),
    "batch": QT_TRANSLATE_NOOP("WorkerSetting", "Batch size"),
    "input_size": QT_TRANSLATE_NOOP("WorkerSetting", "Input size"),
    "confidence": QT_TRANSLATE_NOOP("WorkerSetting", "Confidence"),
    "iou": QT_TRANSLATE_NOOP("WorkerSetting", "Overlap (IoU)"),
    "classes": QT_TRANSLATE_NOOP("WorkerSetting", "Classes"),
    "group_distance": QT_TRANSLATE_NOOP("WorkerSetting", "Group distance"),
    "evidence_max_bytes": QT_TRANSLATE_NOOP("WorkerSetting", "Evidence picture (bytes)"),
    "assessor": QT_TRANSLATE_NOOP("WorkerSetting", "Assessor"),
    "max_in_flight": QT_TRANSLATE_NOOP("WorkerSetting", "Tasks at a time"),
    "rules.near_distance": QT_TRANSLATE_NOOP("WorkerSetting", "Rules: near distance"),
    "rules.conflict_distance": QT_TRANSLATE_NOOP("WorkerSetting", "Rules: conflict distance"),
    "rules.crowd_size": QT_TRANSLATE_NOOP("WorkerSetting", "Rules: crowd size"),
    "rules.crowd_density": QT_TRANSLATE_NOOP("WorkerSetting", "Rules: crowd density"),
    "rules.time_to_collision_medium_s": QT_TRANSLATE_NOOP(
        "WorkerSetting", "Rules: time to collision, medium (s)"
    ),
    "rules.time_to_collision_high_s": QT_TRANSLATE_NOOP(
        "WorkerSetting", "Rules: time to collision, high (s)"
    ),
    "rules.post_encroachment_medium_s": QT_TRANSLATE_NOOP(
        "WorkerSetting", "Rules: post-encroachment, medium (s)"
    ),
    "rules.post_encroachment_low_s": QT_TRANSLATE_NOOP(
        "WorkerSetting", "Rules: post-encroachment, low (s)"
    ),
    "rules.post_encroachment_ahead_s": QT_TRANSLATE_NOOP(
        "WorkerSetting", "Rules: post-encroachment, ahead (s)"
    ),
    "llm.api": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: kind of server"),
    "llm.api_version": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: API version"),
    "llm.base_url": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: address"),
    "llm.connect_timeout_s": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: connection timeout (s)"),
    "llm.daily_cost": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: most cost a day"),
    "llm.daily_tokens": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: most tokens a day"),
    "llm.fallback_to_rules": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: rules stand in"),
    "llm.keys": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: keys"),
    "llm.language": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: language of verdicts"),
    "llm.max_output_tokens": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: output tokens, at most"),
    "llm.max_task_age_s": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: tasks expire after (s)"),
    "llm.max_tries": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: requests per task"),
    "llm.model": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: model"),
    "llm.price_input": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: price of input"),
    "llm.price_output": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: price of output"),
    "llm.prompt": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: prompt file"),
    "llm.strategy": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: order of keys"),
    "llm.structured_output": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: form of answers"),
    "llm.task_budget_s": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: time for a task (s)"),
    "llm.temperature": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: temperature"),
    "llm.timeout_s": QT_TRANSLATE_NOOP("WorkerSetting", "LLM: wait for an answer (s)"),
    "join_deadline_s": QT_TRANSLATE_NOOP("WorkerSetting", "Wait for verdicts (s)"),
    "alarm_level": QT_TRANSLATE_NOOP("WorkerSetting", "Alarm level"),
    "alarm_cooldown_s": QT_TRANSLATE_NOOP("WorkerSetting", "Alarm cooldown (s)"),
    "database": QT_TRANSLATE_NOOP("WorkerSetting", "Database"),
    "alarms.escalate_after_s": QT_TRANSLATE_NOOP("WorkerSetting", "Alarms: told again after (s)"),
    "alarms.close_after_s": QT_TRANSLATE_NOOP("WorkerSetting", "Alarms: closed after (s)"),
    "alarms.maintenance": QT_TRANSLATE_NOOP("WorkerSetting", "Alarms: maintenance"),
    "alarms.webhook.url": QT_TRANSLATE_NOOP("WorkerSetting", "Webhook: address"),
    "alarms.webhook.secret": QT_TRANSLATE_NOOP("WorkerSetting", "Webhook: signing secret"),
    "alarms.webhook.level": QT_TRANSLATE_NOOP("WorkerSetting", "Webhook: from level"),
    "alarms.webhook.ca_file": QT_TRANSLATE_NOOP("WorkerSetting", "Webhook: authorities"),
    "alarms.webhook.timeout_s": QT_TRANSLATE_NOOP("WorkerSetting", "Webhook: timeout (s)"),
    "alarms.mail.host": QT_TRANSLATE_NOOP("WorkerSetting", "Mail: server"),
    "alarms.mail.port": QT_TRANSLATE_NOOP("WorkerSetting", "Mail: port"),
    "alarms.mail.security": QT_TRANSLATE_NOOP("WorkerSetting", "Mail: encryption"),
    "alarms.mail.user": QT_TRANSLATE_NOOP("WorkerSetting", "Mail: user"),
    "alarms.mail.password": QT_TRANSLATE_NOOP("WorkerSetting", "Mail: password"),
    "alarms.mail.sender": QT_TRANSLATE_NOOP("WorkerSetting", "Mail: sender"),
    "alarms.mail.recipients": QT_TRANSLATE_NOOP("WorkerSetting", "Mail: recipients"),
    "alarms.mail.level": QT_TRANSLATE_NOOP("WorkerSetting", "Mail: from level"),
    "alarms.mail.ca_file": QT_TRANSLATE_NOOP("WorkerSetting", "Mail: authorities"),
    "alarms.mail.timeout_s": QT_TRANSLATE_NOOP("WorkerSetting", "Mail: timeout (s)"),
    "storage.keep_alarms_days": QT_TRANSLATE_NOOP("WorkerSetting", "Storage: keep alarms (days)"),
    "storage.keep_verdicts_days": QT_TRANSLATE_NOOP(
        "WorkerSetting", "Storage: keep verdicts (days)"
    ),
    "storage.max_mb": QT_TRANSLATE_NOOP("WorkerSetting", "Storage: at most (MB)"),
}

_LEFT_TO_US: Final = frozenset({"threads", "batch"})

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


_YES_OR_NO: Final = frozenset({"paused", "rules_stand_in"})
"""Gauges that are 1 while something holds."""

_ORDER: Final = {name: place for place, name in enumerate(FIGURES)}


def figure_word(name: str) -> str:
    """Return the name of a counter, gauge or label of a worker."""
    if name.startswith(FIRED):
        return joining.named(
            QCoreApplication.translate("Figure", "Judged as"), risk_title(name.removeprefix(FIRED))
        )
    return QCoreApplication.translate("Figure", FIGURES.get(name, name.replace("_", " ")))


def figure_order(name: str) -> tuple[int, str]:
    """Return by what figures are sorted: as in `FIGURES`, then what is not there by its name."""
    return _ORDER.get(name, len(_ORDER)), name


def gauge_words(name: str, value: float) -> str:
    """Return a gauge with the unit that its name tells, such as ``53 ms`` of ``infer_ms``."""
    if name.endswith("_ms"):
        return formatting.milliseconds(value)
    if name.endswith("_bytes"):
        return formatting.size(value)
    if name == "model_busy":
        return regional.percent(value * 100)
    if name in _YES_OR_NO:
        return (
            QCoreApplication.translate("Figure", "yes")
            if value
            else QCoreApplication.translate("Figure", "no")
        )
    return formatting.gauge(value)


def setting_word(name: str) -> str:
    """Return the name of a setting, as `worker_settings` names it."""
    return QCoreApplication.translate("WorkerSetting", _SETTINGS.get(name, name))


def setting_value(name: str, value: str) -> str:
    """Return the value of a setting; a 0 that leaves the choice to the program is told as that."""
    if name in _LEFT_TO_US and value == "0":
        return QCoreApplication.translate("WorkerSetting", "automatic")
    return value


def object_word(label: str) -> str:
    """Return the name of a class; those that are not of the road stay as the model names them."""
    return QCoreApplication.translate("Object", label)
