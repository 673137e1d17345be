"""Decides which verdict is a new alarm, and which belongs to one that is known. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.messages import (
    RISK_LEVELS,
    Box,
    RiskAlert,
    RiskAssessment,
    RiskAssessmentResult,
    RiskLevel,
)

MIN_OVERLAP = 0.2
"""Intersection over union from which two group boxes are the same place."""

OTHER_RISK = "other"

MAX_CURRENT = 2_000
"""Situations that are kept in mind; beyond it the one that was seen longest ago is forgotten."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One situation.

    Attributes:
        request_id, group_index: of its worst verdict, whose evidence and facts are kept.
        group_bbox: where it was seen last.
        risk_type: first kind of risk of its worst verdict.
        occurrences: how many verdicts belong to it.
        first_seen, last_seen: capture times.
    """

    alarm_id: str
    camera_id: str
    request_id: str
    group_index: int
    group_bbox: Box
    risk_type: str
    risk_level: RiskLevel
    confidence: float
    description: str
    assessor: str
    first_seen: datetime
    last_seen: datetime
    occurrences: int


def alert_of(alarm: Alarm) -> RiskAlert:
    """Return an alarm as it is told to others."""
    return RiskAlert(
        alarm_id=alarm.alarm_id,
        camera_id=alarm.camera_id,
        request_id=alarm.request_id,
        group_index=alarm.group_index,
        risk_level=alarm.risk_level,
        confidence=alarm.confidence,
        risk_types=(alarm.risk_type,),
        description=alarm.description,
        assessor="llm" if alarm.assessor == "llm" else "rules",
        first_seen=alarm.first_seen,
        last_seen=alarm.last_seen,
    )


def alarm_of_alert(alert: RiskAlert) -> Alarm:
    """Return what an alert tells of its alarm; how often it was seen and where is not in it."""
    return Alarm(
        alarm_id=alert.alarm_id,
        camera_id=alert.camera_id,
        request_id=alert.request_id,
        group_index=alert.group_index,
        group_bbox=(0.0, 0.0, 0.0, 0.0),
        risk_type=alert.risk_types[0] if alert.risk_types else OTHER_RISK,
        risk_level=alert.risk_level,
        confidence=alert.confidence,
        description=alert.description,
        assessor=alert.assessor,
        first_seen=alert.first_seen,
        last_seen=alert.last_seen,
        occurrences=1,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """What a verdict does to the alarms.

    Attributes:
        alarm: the alarm after it.
        is_new: it began with this verdict.
        is_escalation: its level rose with this verdict.
    """

    alarm: Alarm
    is_new: bool
    is_escalation: bool


@dataclass(frozen=True, slots=True)
class _Current:
    """An alarm that may still go on, and the group it was seen in last."""

    alarm: Alarm
    newest_group: int


class Situations:
    """Situations that may still go on.

    Two verdicts belong together when they are of one camera and kind of risk, at the same place or
    about the same group, and not more than the cooldown apart.
    """

    def __init__(self, alarm_level: RiskLevel, cooldown_s: float) -> None:
        self._min_rank = RISK_LEVELS.index(alarm_level)
        self._cooldown = timedelta(seconds=cooldown_s)
        self._current: dict[str, list[_Current]] = {}

    def __len__(self) -> int:
        """Return how many situations are kept in mind."""
        return sum(map(len, self._current.values()))

    def restore(self, alarms: list[Alarm]) -> None:
        """Take up situations of an earlier run, from the store."""
        self._current = {}
        for alarm in alarms:
            self._current.setdefault(alarm.camera_id, []).append(_Current(alarm, alarm.group_index))

    def note(self, result: RiskAssessmentResult) -> Change | None:
        """Return what the verdict of `result` changes; None when it is below the alarm level."""
        if not result.results:
            return None
        worst = max(result.results, key=lambda item: RISK_LEVELS.index(item.risk_level))
        if RISK_LEVELS.index(worst.risk_level) < max(1, self._min_rank):
            return None
        kind = worst.risk_types[0] if worst.risk_types else OTHER_RISK
        current = self._of_camera(result)
        known = next((one for one in current if self._is_same(one, result, kind)), None)
        if known is None:
            alarm = _begin(result, worst, kind)
            current.append(_Current(alarm, result.group_index))
            self._forget_oldest()
            return Change(alarm, is_new=True, is_escalation=False)
        alarm, escalated = _go_on(known.alarm, result, worst)
        current[current.index(known)] = _Current(alarm, result.group_index)
        return Change(alarm, is_new=False, is_escalation=escalated)

    def _of_camera(self, result: RiskAssessmentResult) -> list[_Current]:
        """Return the situations of the result's camera, without those that are over by its time.

        A verdict that comes late is older than they are and ends none.
        """
        current = self._current.setdefault(result.camera_id, [])
        current[:] = [
            one for one in current if result.timestamp - one.alarm.last_seen <= self._cooldown
        ]
        return current

    def _is_same(self, one: _Current, result: RiskAssessmentResult, kind: str) -> bool:
        alarm = one.alarm
        time_apart = max(alarm.first_seen - result.timestamp, result.timestamp - alarm.last_seen)
        return (
            alarm.risk_type == kind
            and time_apart <= self._cooldown
            and (
                one.newest_group == result.group_index
                or overlap(alarm.group_bbox, result.group_bbox) >= MIN_OVERLAP
            )
        )

    def _forget_oldest(self) -> None:
        if len(self) <= MAX_CURRENT:
            return
        oldest = min(
            (one for current in self._current.values() for one in current),
            key=lambda one: one.alarm.last_seen,
        )
        camera_id = oldest.alarm.camera_id
        self._current[camera_id].remove(oldest)
        if not self._current[camera_id]:
            del self._current[camera_id]


def overlap(first: Box, second: Box) -> float:
    """Return the intersection over union of two boxes, 0..1."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    union = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)) - shared
    return shared / union if union > 0 else 0.0


def _begin(result: RiskAssessmentResult, worst: RiskAssessment, kind: str) -> Alarm:
    return Alarm(
        # A result begins at most one alarm; a repeated result would begin the same one.
        alarm_id=result.message_id,
        camera_id=result.camera_id,
        request_id=result.request_id,
        group_index=result.group_index,
        group_bbox=result.group_bbox,
        risk_type=kind,
        risk_level=worst.risk_level,
        confidence=worst.confidence,
        description=worst.description,
        assessor=result.metadata.assessor,
        first_seen=result.timestamp,
        last_seen=result.timestamp,
        occurrences=1,
    )


def _go_on(known: Alarm, result: RiskAssessmentResult, worst: RiskAssessment) -> tuple[Alarm, bool]:
    escalated = RISK_LEVELS.index(worst.risk_level) > RISK_LEVELS.index(known.risk_level)
    # An alarm tells of its worst moment; only its place and time follow.
    told = worst if escalated else None
    return (
        Alarm(
            alarm_id=known.alarm_id,
            camera_id=known.camera_id,
            request_id=result.request_id if told else known.request_id,
            group_index=result.group_index if told else known.group_index,
            group_bbox=result.group_bbox,
            risk_type=known.risk_type,
            risk_level=told.risk_level if told else known.risk_level,
            confidence=told.confidence if told else known.confidence,
            description=told.description if told else known.description,
            assessor=result.metadata.assessor if told else known.assessor,
            first_seen=min(known.first_seen, result.timestamp),
            last_seen=max(known.last_seen, result.timestamp),
            occurrences=known.occurrences + 1,
        ),
        escalated,
    )
