"""What the models took, by model and day, kept over restarts in a small SQLite file.

Several processes may share the file: each adds what it used. The ceiling counts what all of them
used, as of the last look.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from loguru import logger

from pipeline.settings_scheduler import LlmSettings
from pipeline.telemetry import UsageView
from pipeline.texts import NOTHING, Text, say

MILLION: Final = 1_000_000
KEEP_DAYS: Final = 400
_BUSY_S: Final = 2.0

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS usage (
    day TEXT NOT NULL, model TEXT NOT NULL, requests INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost REAL NOT NULL,
    PRIMARY KEY (day, model)
) WITHOUT ROWID
"""


@dataclass(slots=True)
class Spent:
    """Sums of one model and day."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0

    def add(self, other: Spent) -> None:
        self.requests += other.requests
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cost += other.cost


def local_today() -> date:
    """Return the day at this place: ceilings begin anew at local midnight."""
    return datetime.now().astimezone().date()


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    # The low byte is the kind; the rest says which of its cases.
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return kind in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Ledger:
    """Counts in memory at once, and in the file whenever `sync` is called.

    `add` and the sums belong to the event loop, `sync` may run in any other thread.
    """

    def __init__(
        self, path: Path, settings: LlmSettings, today: Callable[[], date] = local_today
    ) -> None:
        self._path = path
        self._settings = settings
        self._today = today
        self._lock = threading.Lock()
        self._syncing = threading.Lock()
        self._kept: dict[tuple[str, str], Spent] = {}
        self._new: dict[tuple[str, str], Spent] = {}
        self._is_broken = False

    def add(self, input_tokens: int, output_tokens: int) -> None:
        """Count one request."""
        settings = self._settings
        cost = input_tokens * settings.price_input + output_tokens * settings.price_output
        spent = Spent(1, input_tokens, output_tokens, cost / MILLION)
        with self._lock:
            place = (self._today().isoformat(), settings.model)
            self._new.setdefault(place, Spent()).add(spent)

    def views(self) -> tuple[UsageView, ...]:
        """Return what each model took today."""
        day = self._today().isoformat()
        with self._lock:
            models = sorted({model for at, model in (*self._kept, *self._new) if at == day})
            return tuple(self._view(day, model) for model in models)

    def ceiling(self, tokens: int = 0) -> Text:
        """Return which ceiling `tokens` more would break, for people; empty when none."""
        settings = self._settings
        if not settings.daily_cost and not settings.daily_tokens:
            return NOTHING
        views = self.views()
        used = sum(view.input_tokens + view.output_tokens for view in views)
        cost = sum(view.cost for view in views)
        price = max(settings.price_input, settings.price_output) / MILLION
        if settings.daily_tokens and used + tokens > settings.daily_tokens:
            return say("{tokens:,} tokens a day", tokens=settings.daily_tokens)
        if settings.daily_cost and cost + tokens * price > settings.daily_cost:
            return say("a cost of {cost:g} a day", cost=settings.daily_cost)
        return NOTHING

    def sync(self) -> None:
        """Write what is new and look at what others wrote; blocks. Trouble is logged once."""
        with self._syncing:
            with self._lock:
                new, self._new = self._new, {}
                # Counted meanwhile in any case.
                for place, spent in new.items():
                    self._kept.setdefault(place, Spent()).add(spent)
            try:
                try:
                    kept = self._write(new)
                except sqlite3.DatabaseError as error:
                    if not _is_damage(error):
                        raise
                    self._set_aside(error)
                    kept = self._write(new)
            except (sqlite3.Error, OSError) as error:
                with self._lock:
                    for place, spent in new.items():
                        self._new.setdefault(place, Spent()).add(spent)
                        kept_spent = self._kept[place]
                        kept_spent.add(
                            Spent(
                                -spent.requests,
                                -spent.input_tokens,
                                -spent.output_tokens,
                                -spent.cost,
                            )
                        )
                if not self._is_broken:
                    logger.warning("what the model used cannot be kept on disk: {}", error)
                self._is_broken = True
                return
            self._is_broken = False
            with self._lock:
                self._kept = kept

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        """Move a damaged file away: left where it is, no ceiling would outlast a restart."""
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")
        aside = self._path.with_name(f"{self._path.name}.damaged-{stamp}")
        self._path.replace(aside)
        logger.error(
            "the counts of what the model used are damaged ({}); they are kept as {}, and begin "
            "anew: today's ceilings count from here",
            error,
            aside.name,
        )

    def _view(self, day: str, model: str) -> UsageView:
        total = Spent()
        for table in (self._kept, self._new):
            total.add(table.get((day, model), Spent()))
        return UsageView(
            day, model, total.requests, total.input_tokens, total.output_tokens, total.cost
        )

    def _write(self, new: dict[tuple[str, str], Spent]) -> dict[tuple[str, str], Spent]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self._path, timeout=_BUSY_S)) as connection:
            connection.execute(_SCHEMA)
            with connection:
                connection.executemany(
                    "INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (day, model) DO UPDATE "
                    "SET requests = requests + excluded.requests, "
                    "input_tokens = input_tokens + excluded.input_tokens, "
                    "output_tokens = output_tokens + excluded.output_tokens, "
                    "cost = cost + excluded.cost",
                    [
                        (*place, one.requests, one.input_tokens, one.output_tokens, one.cost)
                        for place, one in new.items()
                    ],
                )
                connection.execute(
                    "DELETE FROM usage WHERE day < date(?, ?)",
                    (self._today().isoformat(), f"-{KEEP_DAYS} days"),
                )
            rows = connection.execute(
                "SELECT * FROM usage WHERE day = ?", (self._today().isoformat(),)
            ).fetchall()
        return {(row[0], row[1]): Spent(*row[2:]) for row in rows}
