"""What the aggregator writes: verdicts, the requests they belong to, alarms with their evidence."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from pipeline.aggregation.batch import Batch
from pipeline.aggregation.database import evidence_folder, open_writer, to_us
from pipeline.aggregation.detections import Announced, Counted, read_detection
from pipeline.aggregation.evidence import EvidenceFiles
from pipeline.aggregation.joiner import GroupVerdict, Joined
from pipeline.aggregation.rows import alarm_of
from pipeline.aggregation.situations import Alarm, Change
from pipeline.messages import (
    RiskAssessmentResult,
    RiskLevel,
    VerdictLevel,
    encode,
    utc_now,
    worst_level,
)

_IDS_AT_ONCE: Final = 200


class StoreWriter:
    """The writing side; one per database, used by one thread.

    Attributes:
        path: the database.
        evidence: the pictures beside it.
    """

    def __init__(self, path: Path, on_damage: Callable[[str], None] | None = None) -> None:
        """Open the database; `on_damage` is told the name under which a damaged one is kept."""
        self.path = path
        self.evidence = EvidenceFiles(evidence_folder(path))
        self._connection = open_writer(path, on_damage)

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

    def write(self, batch: Batch) -> None:
        """Write what was decided, in one transaction; pictures first, so that none is missing.

        Raises:
            sqlite3.Error, OSError: nothing of it was written; it may be tried again.
        """
        names = [self._keep_picture(change, jpeg) for change, jpeg in batch.changes]
        gone: list[str] = []
        with self.transaction():
            self._announce(batch.announced)
            self.add_results(batch.verdicts)
            for (change, jpeg), name in zip(batch.changes, names, strict=True):
                self.put_alarm(change)
                if jpeg and name:
                    gone += self._name_picture(change.alarm.alarm_id, name, len(jpeg))
            self.close_requests(batch.joined)
            for item in batch.counted:
                self._count(item)
            for (day, camera_id, counter), amount in batch.daily.items():
                self.add_daily(day, camera_id, counter, amount)
        for name in gone:
            self.evidence.remove(name)

    def add_results(self, results: Sequence[RiskAssessmentResult]) -> None:
        """Store verdicts, all of them `unknown` before, and count them to their requests."""
        now_us = to_us(utc_now())
        self._connection.executemany(
            "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_result_row(result, now_us) for result in results],
        )
        self._connection.executemany(
            """
            INSERT INTO requests (request_id, camera_id, expected, received, risk_level,
                captured_us, opened_us)
            VALUES (?, ?, ?, 1, ?, ?, ?)
            ON CONFLICT (request_id) DO UPDATE SET received = received + 1
            """,
            [
                (
                    result.request_id,
                    result.camera_id,
                    result.group_count,
                    level_of(result),
                    to_us(result.timestamp),
                    now_us,
                )
                for result in results
            ],
        )

    def unknown(self, results: Sequence[RiskAssessmentResult]) -> list[RiskAssessmentResult]:
        """Return those that are not stored yet, each once."""
        by_id = {result.message_id: result for result in reversed(results)}
        known = self._ids("SELECT message_id FROM results WHERE message_id IN", list(by_id))
        return [
            result
            for result in results
            if result.message_id not in known and by_id[result.message_id] is result
        ]

    def closed(self, request_ids: Sequence[str]) -> set[str]:
        """Return those of the requests that wait for no more verdicts."""
        return self._ids(
            "SELECT request_id FROM requests WHERE closed_us IS NOT NULL AND request_id IN",
            request_ids,
        )

    def _ids(self, question: str, ids: Sequence[str]) -> set[str]:
        """Ask about ids, a few at a time; the question ends where their list begins."""
        found: set[str] = set()
        for begin in range(0, len(ids), _IDS_AT_ONCE):
            some = ids[begin : begin + _IDS_AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self._connection.execute(f"{question} ({marks})", some)
            found.update(str(row[0]) for row in rows)
        return found

    def _announce(self, announced: Sequence[Announced]) -> None:
        now_us = to_us(utc_now())
        self._connection.executemany(
            """
            INSERT INTO requests (request_id, camera_id, expected, received, risk_level,
                captured_us, opened_us, facts)
            VALUES (?, ?, ?, 0, 'not_assessed', ?, ?, ?)
            ON CONFLICT (request_id) DO UPDATE SET expected = excluded.expected,
                facts = CASE WHEN closed_us IS NULL THEN excluded.facts ELSE facts END
            """,
            [
                (
                    item.request_id,
                    item.camera_id,
                    len(item.groups),
                    to_us(item.timestamp),
                    now_us,
                    item.facts,
                )
                for item in announced
            ],
        )
        # Of alarms whose verdict came first.
        self._connection.executemany(
            "UPDATE alarms SET facts = ? WHERE request_id = ? AND facts IS NULL",
            [(item.facts, item.request_id) for item in announced],
        )

    def _count(self, item: Counted) -> None:
        """Add what a frame counted, unless it was added before."""
        cursor = self._connection.execute(
            "INSERT OR IGNORE INTO counted VALUES (?, ?)", (item.request_id, to_us(utc_now()))
        )
        if cursor.rowcount:
            day = item.timestamp.astimezone().date()
            for name, amount in item.amounts.items():
                self.add_daily(day, item.camera_id, name, amount)

    def _keep_picture(self, change: Change, jpeg: bytes | None) -> str | None:
        """Write the picture where it is wanted: at first, and where the alarm grew worse."""
        if not jpeg or not (change.is_new or change.is_escalation):
            return None
        name = self.evidence.name_of(change.alarm)
        self.evidence.write(name, jpeg)
        return name

    def _name_picture(self, alarm_id: str, name: str, size: int) -> list[str]:
        """Note the picture of an alarm; return the names of those that it replaces."""
        before = self._rows(
            "SELECT path FROM pictures WHERE alarm_id = ? AND path <> ?", (alarm_id, name)
        )
        self._connection.execute(
            "INSERT OR REPLACE INTO pictures VALUES (?, ?, ?)", (alarm_id, name, size)
        )
        self._connection.execute("DELETE FROM evidence WHERE alarm_id = ?", (alarm_id,))
        return [row["path"] for row in before]

    def put_alarm(self, change: Change) -> None:
        """Store an alarm or its new state.

        An escalation makes an acknowledged alarm new again. A new or worse alarm owes an alert
        until `alerts_sent`.
        """
        alarm, is_escalation = change.alarm, change.is_escalation
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
            "alert": change.is_new or is_escalation,
        }
        self._connection.execute(
            """
            INSERT INTO alarms (alarm_id, camera_id, request_id, group_index, x1, y1, x2, y2,
                risk_type, risk_level, confidence, description, assessor,
                first_seen_us, last_seen_us, occurrences, alert_pending, stored_us, facts)
            VALUES (:alarm_id, :camera_id, :request_id, :group_index, :x1, :y1, :x2, :y2,
                :risk_type, :risk_level, :confidence, :description, :assessor,
                :first_seen_us, :last_seen_us, :occurrences, :alert, :stored_us,
                (SELECT facts FROM requests WHERE request_id = :request_id))
            ON CONFLICT (alarm_id) DO UPDATE SET
                request_id = excluded.request_id, group_index = excluded.group_index,
                x1 = excluded.x1, y1 = excluded.y1, x2 = excluded.x2, y2 = excluded.y2,
                risk_level = excluded.risk_level, confidence = excluded.confidence,
                description = excluded.description, assessor = excluded.assessor,
                first_seen_us = excluded.first_seen_us, last_seen_us = excluded.last_seen_us,
                occurrences = excluded.occurrences,
                state = CASE WHEN :reopen THEN 'new' ELSE state END,
                closed_us = NULL, stored_us = excluded.stored_us,
                facts = CASE WHEN :reopen THEN excluded.facts ELSE facts END,
                alert_pending = max(alert_pending, excluded.alert_pending)
            """,
            values,
        )

    def move_picture(self, alarm_id: str, jpeg: bytes) -> None:
        """Make a file of a picture that the database holds itself.

        Raises:
            sqlite3.Error, OSError: it stays where it is.
        """
        (row,) = self._rows("SELECT * FROM alarms WHERE alarm_id = ?", (alarm_id,))
        name = self.evidence.name_of(alarm_of(row))
        self.evidence.write(name, jpeg)
        with self.transaction():
            self._name_picture(alarm_id, name, len(jpeg))

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

    def close_requests(self, joined: Iterable[Joined]) -> None:
        """Note that these requests wait for no more verdicts."""
        now_us = to_us(utc_now())
        # What is complete needs its facts no longer: its alarms have them.
        self._connection.executemany(
            "UPDATE requests SET closed_us = ?, risk_level = ?, "
            "facts = CASE WHEN ? THEN facts END WHERE request_id = ?",
            [
                (now_us, request.risk_level, request.missing > 0, request.request_id)
                for request in joined
            ],
        )

    def open_requests(self) -> Iterator[Announced]:
        """Yield the requests that were announced and wait for verdicts, oldest first."""
        rows = self._rows(
            "SELECT facts FROM requests WHERE closed_us IS NULL AND facts IS NOT NULL "
            "ORDER BY opened_us, request_id"
        )
        for row in rows:
            announced = read_detection(row["facts"]).announced
            if announced is not None:
                yield announced

    def open_verdicts(self) -> list[GroupVerdict]:
        """Return the verdicts of requests that wait for more; of the oldest request first."""
        rows = self._rows(
            """
            SELECT request_id, requests.camera_id, group_index, requests.expected AS group_count,
                results.risk_level
            FROM requests JOIN results USING (request_id)
            WHERE closed_us IS NULL ORDER BY opened_us, request_id
            """
        )
        return [
            GroupVerdict(
                request_id=row["request_id"],
                camera_id=row["camera_id"],
                group_index=row["group_index"],
                group_count=row["group_count"],
                risk_level=row["risk_level"],
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

    @property
    def connection(self) -> sqlite3.Connection:
        """The writer's connection, for what works beside it in the same thread."""
        return self._connection

    def _rows(self, sql: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        cursor = self._connection.cursor()
        cursor.row_factory = sqlite3.Row
        return cursor.execute(sql, values).fetchall()


def level_of(result: RiskAssessmentResult) -> VerdictLevel:
    """Return the worst level of a verdict; ``not_assessed`` for an error or one that expired."""
    return worst_level([item.risk_level for item in result.results])


def _result_row(result: RiskAssessmentResult, now_us: int) -> tuple[object, ...]:
    # The picture is kept with the alarm, once.
    return (
        result.message_id,
        result.request_id,
        result.camera_id,
        result.group_index,
        result.group_count,
        to_us(result.timestamp),
        now_us,
        level_of(result),
        encode(replace(result, group_image_base64=None)),
    )
