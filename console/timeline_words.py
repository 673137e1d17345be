"""Events of the timeline in words, in the language of the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from console import alarm_words, joining
from console.counted import Counted
from console.risk_words import risk_title, risk_word
from console.supervision.wording import Level, worker_title
from console.window_texts import shown
from pipeline.messages import RISK_LEVELS
from pipeline.settings import Settings
from pipeline.states import WorkerName
from pipeline.timeline.events import Event, Subject, What

translate = QCoreApplication.translate

LEVELS: dict[What, Level] = {
    What.CAMERA_LIVE: "ok",
    What.CAMERA_LOST: "danger",
    What.WORKER_RUNNING: "ok",
    What.WORKER_DEGRADED: "warning",
    What.WORKER_RESTARTING: "warning",
    What.WORKER_FAILED: "danger",
    What.STORE_SET_ASIDE: "danger",
    What.KEY_DISABLED: "warning",
    What.LAG_OK: "ok",
    What.LAG_GROWS: "warning",
    What.LAG_STALLED: "danger",
    What.BROKER_AWAY: "danger",
    What.BROKER_BACK: "ok",
}
"""How bad each is; what is not here is neither."""

TROUBLE = frozenset(what for what, level in LEVELS.items() if level != "ok")
"""What went wrong."""


def subject_word(subject: Subject) -> str:
    """Return what an event is about."""
    return {
        "camera": translate("Timeline", "Camera"),
        "worker": translate("Timeline", "Worker"),
        "lag": translate("Timeline", "Kafka"),
        "alarm": translate("Timeline", "Alarm"),
        "operator": translate("Timeline", "Operator"),
    }[subject]


def what_words(what: What) -> str:
    """Return what happened."""
    return {
        What.CAMERA_LIVE: translate("Timeline", "Gives pictures"),
        What.CAMERA_LOST: translate("Timeline", "Lost"),
        What.WORKER_RUNNING: translate("Timeline", "Runs"),
        What.WORKER_DEGRADED: translate("Timeline", "Degraded"),
        What.WORKER_RESTARTING: translate("Timeline", "Failed, starts again"),
        What.WORKER_FAILED: translate("Timeline", "Failed, stays stopped"),
        What.WORKER_STOPPED: translate("Timeline", "Stopped"),
        What.STORE_SET_ASIDE: translate("Timeline", "Damaged database set aside"),
        What.KEY_DISABLED: translate("Timeline", "API key disabled"),
        What.LAG_OK: translate("Timeline", "Keeps up again"),
        What.LAG_GROWS: translate("Timeline", "Falls behind"),
        What.LAG_STALLED: translate("Timeline", "Stalled"),
        What.BROKER_AWAY: translate("Timeline", "Broker away"),
        What.BROKER_BACK: translate("Timeline", "Broker back"),
        What.ALARM_RAISED: translate("Timeline", "Raised"),
        What.ALARM_CLOSED: translate("Timeline", "Over"),
        What.ALARM_ACKNOWLEDGED: translate("Timeline", "Alarm acknowledged"),
        What.ALARM_FALSE: translate("Timeline", "Alarm marked as false"),
        What.ALARM_REOPENED: translate("Timeline", "Alarm made new again"),
        What.STARTED_ALL: translate("Timeline", "Start of all asked for"),
        What.STOPPED_ALL: translate("Timeline", "Stop of all asked for"),
        What.STARTED: translate("Timeline", "Start asked for"),
        What.STOPPED: translate("Timeline", "Stop asked for"),
        What.SETTINGS_CHANGED: translate("Timeline", "Settings changed"),
    }[what]


def who_words(event: Event, settings: Settings) -> str:
    """Return the camera, worker, or topic and group of an event; empty where it is about all."""
    if event.subject == "worker" or event.what in {What.STARTED, What.STOPPED}:
        return worker_title(WorkerName(event.who)) if event.who in list(WorkerName) else event.who
    if event.subject == "lag":
        group, _, topic = event.who.partition(" ")
        return f"{topic} → {group}" if topic else ""
    return alarm_words.camera_name(settings, event.who)


def detail_words(event: Event) -> str:
    """Return the details of an event; those that older versions noted are English."""
    if event.subject == "lag" and event.detail.isdigit():
        return Counted().unread(int(event.detail))
    level, _, kind = event.detail.partition(" ")
    if event.alarm_id and kind and level in RISK_LEVELS:
        word = risk_word(RISK_LEVELS[RISK_LEVELS.index(level)])
        return joining.remarked(risk_title(kind), word)
    return shown(event.detail)
