"""What a timeline is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

Subject = Literal["camera", "worker", "lag", "alarm", "operator"]


class What(StrEnum):
    """What happened. The values are kept in databases: never change one."""

    CAMERA_LIVE = "camera-live"
    CAMERA_LOST = "camera-lost"
    WORKER_RUNNING = "worker-running"
    WORKER_DEGRADED = "worker-degraded"
    WORKER_RESTARTING = "worker-restarting"
    WORKER_FAILED = "worker-failed"
    WORKER_STOPPED = "worker-stopped"
    LAG_OK = "lag-ok"
    LAG_GROWS = "lag-grows"
    LAG_STALLED = "lag-stalled"
    BROKER_AWAY = "broker-away"
    BROKER_BACK = "broker-back"
    STORE_SET_ASIDE = "store-set-aside"
    KEY_DISABLED = "key-disabled"
    ALARM_RAISED = "alarm-raised"
    ALARM_CLOSED = "alarm-closed"
    ALARM_ACKNOWLEDGED = "alarm-acknowledged"
    ALARM_FALSE = "alarm-false"
    ALARM_REOPENED = "alarm-reopened"
    STARTED_ALL = "started-all"
    STOPPED_ALL = "stopped-all"
    STARTED = "started"
    STOPPED = "stopped"
    SETTINGS_CHANGED = "settings-changed"


SUBJECTS: Final[dict[What, Subject]] = {
    **dict.fromkeys((What.CAMERA_LIVE, What.CAMERA_LOST), "camera"),
    **dict.fromkeys(
        (
            What.WORKER_RUNNING,
            What.WORKER_DEGRADED,
            What.WORKER_RESTARTING,
            What.WORKER_FAILED,
            What.WORKER_STOPPED,
            What.STORE_SET_ASIDE,
            What.KEY_DISABLED,
        ),
        "worker",
    ),
    **dict.fromkeys(
        (What.LAG_OK, What.LAG_GROWS, What.LAG_STALLED, What.BROKER_AWAY, What.BROKER_BACK), "lag"
    ),
    **dict.fromkeys((What.ALARM_RAISED, What.ALARM_CLOSED), "alarm"),
    **dict.fromkeys(
        (
            What.ALARM_ACKNOWLEDGED,
            What.ALARM_FALSE,
            What.ALARM_REOPENED,
            What.STARTED_ALL,
            What.STOPPED_ALL,
            What.STARTED,
            What.STOPPED,
            What.SETTINGS_CHANGED,
        ),
        "operator",
    ),
}
"""What each is about."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        at: when it began, aware.
        who: id of the camera, name of the worker, or ``group topic`` of a lag; empty for all.
        detail: the reason, level or note; free of secrets. What the pipeline says is a `Text`.
        alarm_id: of an alarm; empty otherwise.
    """

    at: datetime
    what: What
    who: str = ""
    detail: str = ""
    alarm_id: str = ""

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return SUBJECTS[self.what]
