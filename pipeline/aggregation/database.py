"""The aggregator's SQLite file: opening, schema, and what happens to a damaged one."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from loguru import logger

from pipeline.paths import data_folder
from pipeline.settings import AggregatorSettings
from pipeline.texts import say

BUSY_TIMEOUT_S: Final = 5.0
CHECK_TIME_S: Final = 5.0
"""How long looking for damage may take at the start; a database too large for it is trusted."""
_CHECK_STEP: Final = 10_000
"""Instructions of SQLite's machine between two looks at the clock."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)

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
    """
    CREATE TABLE requests (
        request_id TEXT PRIMARY KEY,
        camera_id TEXT NOT NULL,
        expected INTEGER NOT NULL,
        received INTEGER NOT NULL,
        risk_level TEXT NOT NULL,
        captured_us INTEGER NOT NULL,
        opened_us INTEGER NOT NULL,
        closed_us INTEGER
    ) WITHOUT ROWID;
    CREATE INDEX requests_open ON requests (opened_us) WHERE closed_us IS NULL;
    CREATE INDEX results_by_request ON results (request_id);
    INSERT INTO requests
        SELECT request_id, max(camera_id), max(group_count), count(*), 'none',
            min(captured_us), min(stored_us), max(stored_us)
        FROM results GROUP BY request_id;
    """,
    """
    CREATE TABLE acknowledgements (
        number INTEGER PRIMARY KEY,
        alarm_id TEXT NOT NULL REFERENCES alarms (alarm_id) ON DELETE CASCADE,
        at_us INTEGER NOT NULL,
        state TEXT NOT NULL,
        note TEXT NOT NULL
    );
    CREATE INDEX acknowledgements_by_alarm ON acknowledgements (alarm_id);
    CREATE TABLE daily_counts (
        day TEXT NOT NULL,
        camera_id TEXT NOT NULL,
        name TEXT NOT NULL,
        amount INTEGER NOT NULL,
        PRIMARY KEY (day, camera_id, name)
    ) WITHOUT ROWID;
    ALTER TABLE alarms ADD COLUMN closed_us INTEGER;
    CREATE INDEX alarms_open ON alarms (last_seen_us) WHERE closed_us IS NULL;
    CREATE INDEX requests_by_time ON requests (opened_us);
    """,
    """
    ALTER TABLE alarms ADD COLUMN reminded INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX alarms_unseen ON alarms (first_seen_us) WHERE state = 'new' AND NOT reminded;
    """,
    """
    ALTER TABLE alarms ADD COLUMN stored_us INTEGER NOT NULL DEFAULT 0;
    UPDATE alarms SET stored_us = last_seen_us;
    CREATE INDEX alarms_by_storing ON alarms (stored_us);
    """,
    # Pictures become files; those in `evidence` are moved there little by little (see `Keeper`).
    """
    CREATE TABLE pictures (
        alarm_id TEXT PRIMARY KEY REFERENCES alarms (alarm_id) ON DELETE CASCADE,
        path TEXT NOT NULL,
        size INTEGER NOT NULL
    );
    CREATE INDEX pictures_by_path ON pictures (path);
    ALTER TABLE requests ADD COLUMN facts BLOB;
    ALTER TABLE alarms ADD COLUMN facts BLOB;
    CREATE INDEX alarms_by_request ON alarms (request_id);
    """,
    # Frames whose line and zone counts are in the daily counters: read again, they count once.
    """
    CREATE TABLE counted (request_id TEXT PRIMARY KEY, at_us INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX counted_by_time ON counted (at_us);
    """,
    # Errors, expired tasks and missing groups were stored as harmless.
    """
    UPDATE results SET risk_level = 'not_assessed' WHERE risk_level = 'none'
        AND CASE WHEN json_valid(CAST(message AS TEXT))
            THEN json_array_length(CAST(message AS TEXT), '$.results') = 0 END;
    UPDATE requests SET risk_level = 'not_assessed' WHERE risk_level = 'none'
        AND (received < expected OR EXISTS (SELECT 1 FROM results
            WHERE results.request_id = requests.request_id
                AND results.risk_level = 'not_assessed'));
    """,
)
"""Each brings the schema from its index to the next version."""

SCHEMA_VERSION: Final = len(_MIGRATIONS)


class DatabaseTooNewError(RuntimeError):
    """A newer Signalbox has written this database."""


def database_path(settings: AggregatorSettings) -> Path:
    """Return where the alarms are kept."""
    return settings.database or data_folder() / "alarms.db"


def open_writer(path: Path, on_damage: Callable[[str], None] | None = None) -> sqlite3.Connection:
    """Open the database for its one writer; make it, bring it up to date, or replace it.

    A damaged file is moved aside, with a message in the log, and a new one is begun.

    Args:
        path: where it is.
        on_damage: called with the name under which a damaged file is kept.

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
        aside = set_aside(path)
        logger.error(
            "the alarm database is damaged ({}); it is kept as {}, and a new one is begun",
            error,
            aside.name,
        )
        if on_damage is not None:
            on_damage(aside.name)
        return _open_and_migrate(path)


def open_reader(path: Path) -> sqlite3.Connection | None:
    """Open an existing database beside its writer, also for acknowledging.

    The connection may be used by several threads, by one at a time.

    Returns:
        None while there is no database, or its writer has not made the tables yet.
    """
    if not path.exists():
        return None
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        version = _version(connection)
    except BaseException:
        connection.close()
        raise
    if version < SCHEMA_VERSION:
        connection.close()
        return None
    connection.row_factory = sqlite3.Row
    return connection


def evidence_folder(database: Path) -> Path:
    """Return where the pictures of a database's alarms are, in a folder for each day."""
    return database.with_name(f"{database.stem}-evidence")


def to_us(moment: datetime) -> int:
    """Return microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_us(microseconds: int) -> datetime:
    """Return the moment in UTC; one beyond the calendar becomes its first or last."""
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return _FIRST if microseconds < 0 else _LAST


def _open_and_migrate(path: Path) -> sqlite3.Connection:
    # check_same_thread: the owner decides; it hands the connection from no thread to another.
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        _check(connection)
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    """Look for damage, for at most `CHECK_TIME_S`.

    Raises:
        sqlite3.DatabaseError: the file is damaged.
    """
    deadline_s = time.monotonic() + CHECK_TIME_S
    connection.set_progress_handler(lambda: time.monotonic() > deadline_s, _CHECK_STEP)
    try:
        found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        logger.info("the alarm database is large; it was not looked through for damage")
        return
    finally:
        connection.set_progress_handler(None, 0)
    if found != "ok":
        raise sqlite3.DatabaseError(found)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate(connection: sqlite3.Connection) -> None:
    version = _version(connection)
    if version > SCHEMA_VERSION:
        raise DatabaseTooNewError(
            say(
                "The alarm database has version {version}; this Signalbox knows {known}.",
                version=version,
                known=SCHEMA_VERSION,
            )
        )
    for number in range(version, SCHEMA_VERSION):
        connection.executescript(
            f"BEGIN; {_MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
        )


def look_again(path: Path) -> None:
    """Read a little of a database that is in use, past what its writer has in memory.

    Raises:
        sqlite3.DatabaseError: the file is damaged.
    """
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as connection:
        for table in ("alarms", "requests", "results"):
            # Names of our own only.
            connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()  # noqa: S608


def is_damage(error: Exception) -> bool:
    """Return whether an error says that the file is damaged."""
    code = getattr(error, "sqlite_errorcode", None)
    # The low byte is the kind; the rest says which of its cases.
    return code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def set_aside(path: Path) -> Path:
    """Rename the database with its journal and pictures, so that somebody can try to rescue it."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(aside.with_name(aside.name + suffix))
    # Left where they are, its pictures would be tidied up as those of no alarm.
    with contextlib.suppress(OSError):
        evidence_folder(path).rename(aside.with_name(f"{aside.name}-evidence"))
    return aside
