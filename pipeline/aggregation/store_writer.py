"""What the aggregator writes: verdicts, the requests they belong to, alarms with their evidence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from msgspec.structs import replace

from pipeline.aggregation.database import from_us, open_writer, to_us
from pipeline.aggregation.joiner import GroupVerdict, Joined
from pipeline.aggregation.rows import alarm_of
from pipeline.aggregation.situations import Alarm
from pipeline.messages import RiskAssessmentResult, RiskLevel, encode, utc_now, worst_level


class StoreWriter:
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
            # A full disk has rolled it back already.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def add_result(self, result: RiskAssessmentResult) -> bool:
        """Store a verdict; False when it was stored before."""
        # The picture is kept with the alarm, once.
        row = (
            result.message_id,
            result.request_id,
            result.camera_id,
            result.group_index,
            result.group_count,
            to_us(result.timestamp),
            to_us(utc_now()),
            _level(result),
            encode(replace(result, group_image_base64=None)),
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
        until `alerts_sent`.
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
            "stored_us": to_us(utc_now()),
            "reopen": is_escalation,
            "alert": is_new or is_escalation,
        }
        self._connection.execute(
            """
            INSERT INTO alarms (alarm_id, camera_id, request_id, group_index, x1, y1, x2, y2,
                risk_type, risk_level, confidence, description, assessor,
                first_seen_us, last_seen_us, occurrences, alert_pending, stored_us)
            VALUES (:alarm_id, :camera_id, :request_id, :group_index, :x1, :y1, :x2, :y2,
                :risk_type, :risk_level, :confidence, :description, :assessor,
                :first_seen_us, :last_seen_us, :occurrences, :alert, :stored_us)
            ON CONFLICT (alarm_id) DO UPDATE SET
                request_id = excluded.request_id, group_index = excluded.group_index,
                x1 = excluded.x1, y1 = excluded.y1, x2 = excluded.x2, y2 = excluded.y2,
                risk_level = excluded.risk_level, confidence = excluded.confidence,
                description = excluded.description, assessor = excluded.assessor,
                first_seen_us = excluded.first_seen_us, last_seen_us = excluded.last_seen_us,
                occurrences = excluded.occurrences,
                state = CASE WHEN :reopen THEN 'new' ELSE state END,
                closed_us = NULL, stored_us = excluded.stored_us,
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
        return [alarm_of(row) for row in self._rows("SELECT * FROM alarms WHERE alert_pending")]

    def alerts_sent(self, sent: Iterable[tuple[str, RiskLevel]]) -> None:
        """Note that the broker has the alerts of these alarms, each told at this level.

        An alarm that grew worse meanwhile still owes the alert of its new level.
        """
        self._connection.executemany(
            "UPDATE alarms SET alert_pending = 0 WHERE alarm_id = ? AND risk_level = ?", sent
        )

    def recent_alarms(self, since: datetime) -> list[Alarm]:
        """Return the alarms last seen after `since`, for going on with them after a restart."""
        rows = self._rows("SELECT * FROM alarms WHERE last_seen_us >= ?", (to_us(since),))
        return [alarm_of(row) for row in rows]

    def note_verdict(self, result: RiskAssessmentResult) -> bool:
        """Count a newly stored verdict to its request; False when the request was closed before."""
        row = (
            result.request_id,
            result.camera_id,
            result.group_count,
            _level(result),
            to_us(result.timestamp),
            to_us(utc_now()),
        )
        cursor = self._connection.execute(
            """
            INSERT INTO requests VALUES (?, ?, ?, 1, ?, ?, ?, NULL)
            ON CONFLICT (request_id) DO UPDATE SET received = received + 1
            RETURNING closed_us
            """,
            row,
        )
        (closed_us,) = cursor.fetchone()
        return closed_us is None

    def close_requests(self, joined: Iterable[Joined]) -> None:
        """Note that these requests wait for no more verdicts."""
        now_us = to_us(utc_now())
        self._connection.executemany(
            "UPDATE requests SET closed_us = ?, risk_level = ? WHERE request_id = ?",
            [(now_us, request.risk_level, request.request_id) for request in joined],
        )

    def open_verdicts(self) -> list[tuple[GroupVerdict, datetime]]:
        """Return the verdicts of requests that wait for more, with when the request was opened.

        Those of the request opened first come first.
        """
        rows = self._rows(
            """
            SELECT request_id, requests.camera_id, group_index, requests.expected AS group_count,
                results.risk_level, opened_us
            FROM requests JOIN results USING (request_id)
            WHERE closed_us IS NULL ORDER BY opened_us, request_id
            """
        )
        return [
            (
                GroupVerdict(
                    request_id=row["request_id"],
                    camera_id=row["camera_id"],
                    group_index=row["group_index"],
                    group_count=row["group_count"],
                    risk_level=row["risk_level"],
                ),
                from_us(row["opened_us"]),
            )
            for row in rows
        ]

    def close_alarms(self, unseen_since: datetime) -> int:
        """Close the alarms whose situation was last seen before; return how many those were."""
        cursor = self._connection.execute(
            "UPDATE alarms SET closed_us = ? WHERE closed_us IS NULL AND last_seen_us < ?",
            (to_us(utc_now()), to_us(unseen_since)),
        )
        return cursor.rowcount

    def remind(self, unseen_since: datetime, begun_after: datetime) -> list[Alarm]:
        """Return, once each, the alarms that nobody has acknowledged since `unseen_since`.

        Those that began before `begun_after` are too old to be told again.
        """
        rows = self._rows(
            "UPDATE alarms SET reminded = 1, alert_pending = 1 WHERE state = 'new' "
            "AND NOT reminded AND first_seen_us < ? AND first_seen_us >= ? RETURNING *",
            (to_us(unseen_since), to_us(begun_after)),
        )
        return [alarm_of(row) for row in rows]

    def add_daily(self, day: date, camera_id: str, name: str, amount: int = 1) -> None:
        """Add to a counter of one camera and day, such as ``line:gate:in`` or ``alarms``."""
        self._connection.execute(
            "INSERT INTO daily_counts VALUES (?, ?, ?, ?) ON CONFLICT (day, camera_id, name) "
            "DO UPDATE SET amount = amount + excluded.amount",
            (day.isoformat(), camera_id, name, amount),
        )

    def size_bytes(self) -> int:
        """Return what the database and its journal take on the disk."""
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    @property
    def connection(self) -> sqlite3.Connection:
        """The writer's connection, for what works beside it in the same thread."""
        return self._connection

    def _rows(self, sql: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        cursor = self._connection.cursor()
        cursor.row_factory = sqlite3.Row
        return cursor.execute(sql, values).fetchall()


def _level(result: RiskAssessmentResult) -> RiskLevel:
    return worst_level([item.risk_level for item in result.results])
