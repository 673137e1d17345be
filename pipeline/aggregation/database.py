"""The aggregator's SQLite file: opening, schema, and what happens to a damaged one."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from loguru import logger

from pipeline.paths import data_folder
from pipeline.settings import AggregatorSettings

SCHEMA_VERSION: Final = 1
BUSY_TIMEOUT_S: Final = 5.0

_MIGRATIONS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE results (
        message_id TEXT PRIMARY KEY,
        request_id TEXT NOT NULL,
        camera_id TEXT NOT NULL,
        group_index INTEGER NOT NULL,
        group_count INTEGER NOT NULL,
        captured_us INTEGER NOT NULL,
        stored_us INTEGER NOT NULL,
        risk_level TEXT NOT NULL,
        message BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX results_by_time ON results (stored_us);
    CREATE TABLE alarms (
        alarm_id TEXT PRIMARY KEY,
        camera_id TEXT NOT NULL,
        request_id TEXT NOT NULL,
        group_index INTEGER NOT NULL,
        x1 REAL NOT NULL, y1 REAL NOT NULL, x2 REAL NOT NULL, y2 REAL NOT NULL,
        risk_type TEXT NOT NULL,
        risk_level TEXT NOT NULL,
        confidence REAL NOT NULL,
        description TEXT NOT NULL,
        assessor TEXT NOT NULL,
        first_seen_us INTEGER NOT NULL,
        last_seen_us INTEGER NOT NULL,
        occurrences INTEGER NOT NULL,
        state TEXT NOT NULL DEFAULT 'new',
        note TEXT NOT NULL DEFAULT '',
        alert_pending INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX alarms_by_time ON alarms (first_seen_us);
    CREATE INDEX alarms_owing_alert ON alarms (alarm_id) WHERE alert_pending;
    CREATE TABLE evidence (
        alarm_id TEXT PRIMARY KEY REFERENCES alarms (alarm_id) ON DELETE CASCADE,
        jpeg BLOB NOT NULL
    );
    """,
)
"""Each brings the schema from its index to the next version."""


class DatabaseTooNewError(RuntimeError):
    """A newer Signalbox has written this database."""


def database_path(settings: AggregatorSettings) -> Path:
    """Return where the alarms are kept."""
    return settings.database or data_folder() / "alarms.db"


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the database for its one writer; make it, bring it up to date, or replace it.

    A damaged file is moved aside, with a message in the log, and a new one is begun.

    Raises:
        DatabaseTooNewError: a newer version has written it.
        OSError: its folder cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _open_and_migrate(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        aside = _set_aside(path)
        logger.error(
            "the alarm database is damaged ({}); it is kept as {}, and a new one is begun",
            error,
            aside.name,
        )
        return _open_and_migrate(path)


def open_reader(path: Path) -> sqlite3.Connection:
    """Open an existing database beside its writer, also for acknowledging.

    Raises:
        sqlite3.OperationalError: there is none yet.
    """
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None
    )
    connection.row_factory = sqlite3.Row
    return connection


def to_us(moment: datetime) -> int:
    """Return microseconds since 1970."""
    return int(moment.timestamp() * 1_000_000)


def from_us(microseconds: int) -> datetime:
    """Return the moment in UTC."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)


def _open_and_migrate(path: Path) -> sqlite3.Connection:
    # check_same_thread: the owner decides; it hands the connection from no thread to another.
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise DatabaseTooNewError(
            f"The alarm database has version {version}; this Signalbox knows {SCHEMA_VERSION}."
        )
    for number in range(version, SCHEMA_VERSION):
        connection.executescript(
            f"BEGIN; {_MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
        )


def _set_aside(path: Path) -> Path:
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    path.replace(aside)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return aside
