"""An alarm in words, in the language of the window."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from console import regional
from console.risk_words import risk_title, risk_word
from console.rule_words import rule_words
from console.supervision.wording import Level
from pipeline.messages import RiskLevel

if TYPE_CHECKING:
    from pipeline.aggregation.situations import Alarm
    from pipeline.aggregation.store import AlarmEntry, AlarmState
    from pipeline.settings import Settings

translate = QCoreApplication.translate

BADGES: dict[RiskLevel, Level] = {
    "none": "off",
    "low": "info",
    "medium": "warning",
    "high": "danger",
}


def camera_name(settings: Settings, camera_id: str) -> str:
    """Return the camera's name; its id when it is no longer in the settings."""
    return next((camera.name for camera in settings.cameras if camera.id == camera_id), camera_id)


def level_badge(level: RiskLevel) -> str:
    """Return the level as it stands on a badge."""
    return risk_word(level).upper()


def state_word(state: AlarmState) -> str:
    """Return what somebody made of an alarm."""
    return {
        "new": translate("Alarm", "New"),
        "acknowledged": translate("Alarm", "Acknowledged"),
        "false_alarm": translate("Alarm", "False alarm"),
    }[state]


def entry_state(entry: AlarmEntry) -> str:
    """Return what somebody made of an alarm, or that it waits to be written."""
    return state_word(entry.state) if entry.is_saved else translate("Alarm", "Not saved yet")


def title(alarm: Alarm) -> str:
    """Return the kind of risk."""
    return risk_title(alarm.risk_type)


def group(alarm: Alarm) -> str:
    """Return which group of its camera it was."""
    return translate("Alarm", "group {0}").format(alarm.group_index)


def time_of_day(moment: datetime, today: datetime) -> str:
    """Return the local time, with the date when it is not that of `today`."""
    is_today = moment.astimezone().date() == today.date()
    return regional.clock(moment) if is_today else regional.day_and_clock(moment)


def local_midnight(day: date) -> datetime:
    """Return when a day begins here, by the offset of then: clocks may change during the day."""
    return datetime.combine(day, time.min).astimezone()


def confidence(alarm: Alarm) -> str:
    """Return how sure the assessor was, 0 to 1."""
    return regional.decimal(alarm.confidence, 2)


def place(alarm: Alarm, settings: Settings) -> str:
    """Return camera, group and confidence on one line."""
    name = camera_name(settings, alarm.camera_id)
    return f"{name} · {group(alarm)} · {confidence(alarm)}"


def said(alarm: Alarm) -> str:
    """Return what the assessor said; a language model's own words stay as they are."""
    return rule_words(alarm.description) if alarm.assessor == "rules" else alarm.description


def assessor(alarm: Alarm) -> str:
    """Return who judged."""
    if alarm.assessor == "rules":
        return translate("Alarm", "Offline rules")
    return translate("Alarm", "Language model")
