"""The alarms as the window reads them, and what people make of them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal, Self

from pipeline.aggregation.database import evidence_folder, from_us, open_reader, to_us
from pipeline.aggregation.evidence import EvidenceFiles
from pipeline.aggregation.rows import alarm_of
from pipeline.aggregation.situations import Alarm
from pipeline.messages import (
    RISK_LEVELS,
    DetectionResult,
    RiskAssessmentResult,
    RiskLevel,
    decode,
    utc_now,
)

AlarmState = Literal["new", "acknowledged", "false_alarm"]


@dataclass(frozen=True, slots=True)
class AlarmEntry:
    """An alarm as people see it: the situation, and what they made of it.

    Attributes:
        is_saved: whether it is in the store; else it waits in memory for a disk with room.
    """

    alarm: Alarm
    state: AlarmState
    note: str
    is_saved: bool = True


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One thing that somebody made of an alarm."""

    at: datetime
    state: AlarmState
    note: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What an assessor was asked about the worst moment of an alarm, and what it answered.

    Attributes:
        detection: the frame's objects and groups, without pictures; None when not known.
        result: its verdicts, and by whom; None once it was too old to be kept.
    """

    detection: DetectionResult | None
    result: RiskAssessmentResult | None


@dataclass(frozen=True, slots=True)
class Happening:
    """What became of an alarm: it was raised, was closed, or somebody gave it another state.

    Attributes:
        said: the note that went with a state.
    """

    at: datetime
    what: Literal["raised", "closed"] | AlarmState
    said: str
    alarm: Alarm


@dataclass(frozen=True, slots=True)
class DailyCount:
    """How often something happened at a camera on one day."""

    day: date
    camera_id: str
    name: str
    amount: int


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

    def admits(self, entry: AlarmEntry) -> bool:
        """Return whether an alarm is wanted; for those that are not in the store."""
        alarm = entry.alarm
        return (
            self.camera_id in {None, alarm.camera_id}
            and RISK_LEVELS.index(alarm.risk_level) >= RISK_LEVELS.index(self.min_level)
            and self.state in {None, entry.state}
            and (self.since is None or alarm.first_seen >= self.since)
            and (self.until is None or alarm.first_seen < self.until)
            and self.text.lower() in f"{alarm.description} {entry.note}".lower()
        )


_LEVELS_FROM: dict[RiskLevel, tuple[str, ...]] = {
    "none": ("none", "low", "medium", "high"),
    "low": ("low", "medium", "high"),
    "medium": ("medium", "high"),
    "high": ("high",),
}


class AlarmReader:
    """The reading side, safe to use from several threads; also notes what people make of an alarm.

    Opens its own connection to the database when it is first used, and again when the database was
    replaced. While there is none there are no alarms.

    All methods raise `sqlite3.Error` when the database cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._evidence = EvidenceFiles(evidence_folder(path))
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

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
        rows = self._query("SELECT path FROM pictures WHERE alarm_id = ?", (alarm_id,))
        if rows:
            return self._evidence.read(rows[0]["path"])
        # Where an older version put it; moved from there little by little.
        rows = self._query("SELECT jpeg FROM evidence WHERE alarm_id = ?", (alarm_id,))
        return bytes(rows[0]["jpeg"]) if rows else None

    def asked(self, alarm_id: str) -> Asked:
        """Return what was asked about an alarm's worst moment, and what was answered."""
        rows = self._query(
            "SELECT facts, message FROM alarms LEFT JOIN results "
            "ON results.request_id = alarms.request_id "
            "AND results.group_index = alarms.group_index WHERE alarm_id = ?",
            (alarm_id,),
        )
        if not rows:
            return Asked(None, None)
        facts, message = rows[0]["facts"], rows[0]["message"]
        return Asked(
            decode(facts, DetectionResult) if facts else None,
            decode(message, RiskAssessmentResult) if message else None,
        )

    def counts(self, since: datetime) -> tuple[int, int]:
        """Return how many alarms began after `since`, and how many of all are new."""
        rows = self._query(
            "SELECT count(*) FILTER (WHERE first_seen_us >= ?) AS since, "
            "count(*) FILTER (WHERE state = 'new') AS new FROM alarms",
            (to_us(since),),
        )
        return (int(rows[0]["since"]), int(rows[0]["new"])) if rows else (0, 0)

    def acknowledge(self, alarm_id: str, note: str | None = None) -> bool:
        """Mark an alarm as seen; False when there is no such alarm.

        Args:
            alarm_id: which one.
            note: replaces the note there is; None keeps it.
        """
        return self._set_state(alarm_id, "acknowledged", note)

    def mark_false(self, alarm_id: str, note: str | None = None) -> bool:
        """Mark an alarm as false; otherwise like `acknowledge`."""
        return self._set_state(alarm_id, "false_alarm", note)

    def reopen(self, alarm_id: str, note: str | None = None) -> bool:
        """Take a mark back: the alarm is new again; otherwise like `acknowledge`."""
        return self._set_state(alarm_id, "new", note)

    def acknowledgements(self, alarm_id: str) -> list[Acknowledgement]:
        """Return what people made of an alarm, one after the other, oldest first."""
        rows = self._query(
            "SELECT * FROM acknowledgements WHERE alarm_id = ? ORDER BY number", (alarm_id,)
        )
        return [Acknowledgement(from_us(row["at_us"]), row["state"], row["note"]) for row in rows]

    def happenings(self, since: datetime, until: datetime, limit: int) -> list[Happening]:
        """Return the newest of what became of alarms from `since` to `until`, newest first."""
        rows = self._query(
            """
            SELECT first_seen_us AS at_us, 'raised' AS what, '' AS said, alarms.* FROM alarms
                WHERE first_seen_us >= :since AND first_seen_us < :until
            UNION ALL SELECT closed_us, 'closed', '', alarms.* FROM alarms
                WHERE closed_us >= :since AND closed_us < :until
            UNION ALL SELECT at_us, acknowledgements.state, acknowledgements.note, alarms.*
                FROM acknowledgements JOIN alarms USING (alarm_id)
                WHERE at_us >= :since AND at_us < :until
            ORDER BY at_us DESC LIMIT :most
            """,
            {"since": to_us(since), "until": to_us(until), "most": limit},
        )
        return [
            Happening(from_us(row["at_us"]), row["what"], row["said"], alarm_of(row))
            for row in rows
        ]

    def daily(self, first: date, last: date) -> list[DailyCount]:
        """Return the counters of the days from `first` to `last`, both included."""
        rows = self._query(
            "SELECT * FROM daily_counts WHERE day BETWEEN ? AND ? ORDER BY day, camera_id, name",
            (first.isoformat(), last.isoformat()),
        )
        return [_daily(row) for row in rows]

    def daily_levels(self, first: date, last: date) -> list[DailyCount]:
        """Return how many alarms of each level began on each local day, both included.

        Of those that are kept; they are named ``alarms:high`` and so on.
        """
        begin, end = (
            datetime.combine(day, time.min).astimezone()
            for day in (first, last + timedelta(days=1))
        )
        rows = self._query(
            "SELECT date(first_seen_us / 1000000, 'unixepoch', 'localtime') AS day, camera_id, "
            "'alarms:' || risk_level AS name, count(*) AS amount FROM alarms "
            "WHERE first_seen_us >= ? AND first_seen_us < ? GROUP BY 1, 2, 3",
            (to_us(begin), to_us(end)),
        )
        return [_daily(row) for row in rows]

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _set_state(self, alarm_id: str, state: AlarmState, note: str | None) -> bool:
        # One statement each, so that no transaction stays open: what was said, then what holds.
        said = self._query(
            "INSERT INTO acknowledgements (alarm_id, at_us, state, note) "
            "SELECT alarm_id, ?, ?, coalesce(?, note) FROM alarms WHERE alarm_id = ? "
            "RETURNING alarm_id",
            (to_us(utc_now()), state, note, alarm_id),
        )
        if not said:
            return False
        self._query(
            "UPDATE alarms SET state = ?, note = coalesce(?, note) WHERE alarm_id = ? "
            "RETURNING alarm_id",
            (state, note, alarm_id),
        )
        return True

    def _query(
        self, sql: str, values: tuple[object, ...] | Mapping[str, object]
    ) -> list[sqlite3.Row]:
        with self._lock:
            connection = self._current()
            if connection is None:
                return []
            return connection.execute(sql, values).fetchall()

    def _current(self) -> sqlite3.Connection | None:
        """Return a connection to the file that now has the database's name."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._drop()
            return None
        file = (status.st_dev, status.st_ino)
        if file != self._file:
            # A damaged database was set aside; the old connection would go on reading that one.
            self._drop()
        if self._connection is None:
            self._connection = open_reader(self._path)
            self._file = file if self._connection else None
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._file = None


def _daily(row: sqlite3.Row) -> DailyCount:
    day = date.fromisoformat(row["day"])
    return DailyCount(day, row["camera_id"], row["name"], row["amount"])


def _entry(row: sqlite3.Row) -> AlarmEntry:
    return AlarmEntry(alarm_of(row), row["state"], row["note"])
