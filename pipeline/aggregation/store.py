"""The memory of verdicts and alarms: what the aggregator writes and the window reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from msgspec.structs import replace

from pipeline.aggregation.database import from_us, open_reader, open_writer, to_us
from pipeline.aggregation.situations import Alarm
from pipeline.messages import (
    RiskAssessmentResult,
    RiskLevel,
    decode,
    encode,
    utc_now,
    worst_level,
)

AlarmState = Literal["new", "acknowledged", "false_alarm"]

RECENT_US = 120_000_000
"""How far back open requests are looked for after a restart."""


class AggregationStore:
    """The writing side; one per database, used by one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = open_writer(path)

    def close(self) -> None:
        """Close the database; what was committed stays."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything done within at its end, nothing if it fails."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def add_result(self, result: RiskAssessmentResult) -> bool:
        """Store a verdict; False when it was stored before."""
        level = worst_level([item.risk_level for item in result.results])
        # The picture is kept with the alarm, once.
        row = (
            result.message_id,
            result.request_id,
            result.camera_id,
            result.group_index,
            result.group_count,
            to_us(result.timestamp),
            to_us(utc_now()),
            level,
            encode(_without_picture(result)),
        )
        cursor = self._connection.execute(
            "INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row
        )
        return cursor.rowcount == 1

    def put_alarm(
        self, alarm: Alarm, jpeg: bytes | None, *, is_new: bool, is_escalation: bool
    ) -> None:
        """Store an alarm or its new state; the picture is that of its worst moment.

        An escalation makes an acknowledged alarm new again. A new or worse alarm owes an alert
        until `alert_sent`.
        """
        values = {
            "alarm_id": alarm.alarm_id,
            "camera_id": alarm.camera_id,
            "request_id": alarm.request_id,
            "group_index": alarm.group_index,
            "x1": alarm.group_bbox[0],
            "y1": alarm.group_bbox[1],
            "x2": alarm.group_bbox[2],
            "y2": alarm.group_bbox[3],
            "risk_type": alarm.risk_type,
            "risk_level": alarm.risk_level,
            "confidence": alarm.confidence,
            "description": alarm.description,
            "assessor": alarm.assessor,
            "first_seen_us": to_us(alarm.first_seen),
            "last_seen_us": to_us(alarm.last_seen),
            "occurrences": alarm.occurrences,
            "reopen": is_escalation,
            "alert": is_new or is_escalation,
        }
        self._connection.execute(
            """
            INSERT INTO alarms (alarm_id, camera_id, request_id, group_index, x1, y1, x2, y2,
                risk_type, risk_level, confidence, description, assessor,
                first_seen_us, last_seen_us, occurrences, alert_pending)
            VALUES (:alarm_id, :camera_id, :request_id, :group_index, :x1, :y1, :x2, :y2,
                :risk_type, :risk_level, :confidence, :description, :assessor,
                :first_seen_us, :last_seen_us, :occurrences, :alert)
            ON CONFLICT (alarm_id) DO UPDATE SET
                request_id = excluded.request_id, group_index = excluded.group_index,
                x1 = excluded.x1, y1 = excluded.y1, x2 = excluded.x2, y2 = excluded.y2,
                risk_level = excluded.risk_level, confidence = excluded.confidence,
                description = excluded.description, assessor = excluded.assessor,
                first_seen_us = excluded.first_seen_us, last_seen_us = excluded.last_seen_us,
                occurrences = excluded.occurrences,
                state = CASE WHEN :reopen THEN 'new' ELSE state END,
                alert_pending = max(alert_pending, excluded.alert_pending)
            """,
            values,
        )
        if jpeg:
            self._connection.execute(
                "INSERT INTO evidence VALUES (?, ?) ON CONFLICT (alarm_id) DO UPDATE SET "
                "jpeg = excluded.jpeg WHERE ?",
                (alarm.alarm_id, jpeg, is_escalation),
            )

    def owed_alerts(self) -> list[Alarm]:
        """Return the alarms whose alert was never acknowledged by the broker."""
        return [_alarm(row) for row in self._rows("SELECT * FROM alarms WHERE alert_pending", ())]

    def alert_sent(self, alarm_ids: list[str]) -> None:
        """Note that the broker has the alerts of these alarms."""
        self._connection.executemany(
            "UPDATE alarms SET alert_pending = 0 WHERE alarm_id = ?",
            [(alarm_id,) for alarm_id in alarm_ids],
        )

    def recent_alarms(self, since: datetime) -> list[Alarm]:
        """Return the alarms last seen after `since`, for going on with them after a restart."""
        rows = self._rows("SELECT * FROM alarms WHERE last_seen_us >= ?", (to_us(since),))
        return [_alarm(row) for row in rows]

    def unjoined_results(self) -> list[RiskAssessmentResult]:
        """Return recent verdicts of requests whose other groups were not stored yet."""
        rows = self._rows(
            """
            SELECT message FROM results WHERE stored_us >= :since AND request_id IN (
                SELECT request_id FROM results WHERE stored_us >= :since
                GROUP BY request_id HAVING count(*) < max(group_count))
            """,
            {"since": to_us(utc_now()) - RECENT_US},
        )
        return [decode(row["message"], RiskAssessmentResult) for row in rows]

    def _rows(self, sql: str, values: object) -> list[sqlite3.Row]:
        cursor = self._connection.cursor()
        cursor.row_factory = sqlite3.Row
        return cursor.execute(sql, values).fetchall()  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class AlarmEntry:
    """An alarm as people see it: the situation, and what they made of it."""

    alarm: Alarm
    state: AlarmState
    note: str


@dataclass(frozen=True, slots=True)
class AlarmFilter:
    """Which alarms to list; None or empty means all.

    Attributes:
        min_level: this level and worse.
        text: part of the description or the note, any case.
    """

    camera_id: str | None = None
    min_level: RiskLevel = "low"
    state: AlarmState | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


_LEVELS_FROM: dict[RiskLevel, tuple[str, ...]] = {
    "none": ("none", "low", "medium", "high"),
    "low": ("low", "medium", "high"),
    "medium": ("medium", "high"),
    "high": ("high",),
}


class AlarmReader:
    """The reading side, for one thread at a time; also notes what people made of an alarm.

    Opens its own connection to the database when it is first used; while there is no database
    there are no alarms.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def newest(self, wanted: AlarmFilter | None = None, limit: int = 200) -> list[AlarmEntry]:
        """Return up to `limit` alarms, newest first."""
        wanted = wanted or AlarmFilter()
        levels = _LEVELS_FROM[wanted.min_level]
        rows = self._query(
            # Placeholders only: their number is that of a fixed table.
            f"SELECT * FROM alarms WHERE risk_level IN ({', '.join('?' * len(levels))}) "  # noqa: S608
            "AND (? IS NULL OR camera_id = ?) AND (? IS NULL OR state = ?) "
            "AND (? IS NULL OR first_seen_us >= ?) AND (? IS NULL OR first_seen_us < ?) "
            "AND (? = '' OR instr(lower(description || ' ' || note), lower(?))) "
            "ORDER BY first_seen_us DESC, alarm_id LIMIT ?",
            (
                *levels,
                *[wanted.camera_id] * 2,
                *[wanted.state] * 2,
                *[to_us(wanted.since) if wanted.since else None] * 2,
                *[to_us(wanted.until) if wanted.until else None] * 2,
                *[wanted.text] * 2,
                limit,
            ),
        )
        return [_entry(row) for row in rows]

    def one(self, alarm_id: str) -> AlarmEntry | None:
        """Return one alarm; None when there is no such one."""
        rows = self._query("SELECT * FROM alarms WHERE alarm_id = ?", (alarm_id,))
        return _entry(rows[0]) if rows else None

    def evidence(self, alarm_id: str) -> bytes | None:
        """Return the JPEG of an alarm's worst moment; None when it has none."""
        rows = self._query("SELECT jpeg FROM evidence WHERE alarm_id = ?", (alarm_id,))
        return bytes(rows[0]["jpeg"]) if rows else None

    def counts(self, since: datetime) -> tuple[int, int]:
        """Return how many alarms began after `since`, and how many of all are new."""
        rows = self._query(
            "SELECT count(*) FILTER (WHERE first_seen_us >= ?) AS since, "
            "count(*) FILTER (WHERE state = 'new') AS new FROM alarms",
            (to_us(since),),
        )
        return (int(rows[0]["since"]), int(rows[0]["new"])) if rows else (0, 0)

    def acknowledge(self, alarm_id: str, note: str = "") -> None:
        """Mark an alarm as seen, with a note."""
        self._set_state(alarm_id, "acknowledged", note)

    def mark_false(self, alarm_id: str, note: str = "") -> None:
        """Mark an alarm as false."""
        self._set_state(alarm_id, "false_alarm", note)

    def reopen(self, alarm_id: str, note: str = "") -> None:
        """Take a mark back: the alarm is new again."""
        self._set_state(alarm_id, "new", note)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _set_state(self, alarm_id: str, state: AlarmState, note: str) -> None:
        self._query(
            "UPDATE alarms SET state = ?, note = ? WHERE alarm_id = ?", (state, note, alarm_id)
        )

    def _query(self, sql: str, values: tuple[object, ...]) -> list[sqlite3.Row]:
        if self._connection is None:
            if not self._path.exists():
                return []
            self._connection = open_reader(self._path)
        return self._connection.execute(sql, values).fetchall()


def _without_picture(result: RiskAssessmentResult) -> RiskAssessmentResult:
    return replace(result, group_image_base64=None)


def _entry(row: sqlite3.Row) -> AlarmEntry:
    return AlarmEntry(_alarm(row), row["state"], row["note"])


def _alarm(row: sqlite3.Row) -> Alarm:
    return Alarm(
        alarm_id=row["alarm_id"],
        camera_id=row["camera_id"],
        request_id=row["request_id"],
        group_index=row["group_index"],
        group_bbox=(row["x1"], row["y1"], row["x2"], row["y2"]),
        risk_type=row["risk_type"],
        risk_level=row["risk_level"],
        confidence=row["confidence"],
        description=row["description"],
        assessor=row["assessor"],
        first_seen=from_us(row["first_seen_us"]),
        last_seen=from_us(row["last_seen_us"]),
        occurrences=row["occurrences"],
    )
