"""The aggregator: verdicts in, joined requests and alarms out, all of it in SQLite."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Final

from loguru import logger

from pipeline.aggregation.database import (
    DatabaseTooNewError,
    database_path,
    is_damage,
    set_aside,
)
from pipeline.aggregation.desk import Desk
from pipeline.aggregation.disk_room import ROOM_MB, is_full
from pipeline.aggregation.store_writer import StoreWriter
from pipeline.states import WorkerName
from pipeline.telemetry import DAMAGED_LABEL
from pipeline.texts import Text, say, words_of
from pipeline.worker import WorkerContext, WorkerError

BATCH = 100
FLUSH_TIMEOUT_S = 3.0
"""How long alerts may take to be acknowledged at a stop; those that do not are sent again."""

OPEN_AGAIN_S: Final = 5
"""How often a database is tried that could not be opened, as its disk is full."""

_FULL_DISK: Final = "full-disk"


class AggregatorWorker:
    """Stage 4. A verdict is done when the transaction that stores it is committed."""

    name = WorkerName.AGGREGATOR

    def run(self, context: WorkerContext) -> None:
        """Work until stopped; see `pipeline.worker.Worker.run`.

        Raises:
            WorkerError: the alarm database cannot be used; a damaged one is set aside.
        """
        store = _open_when_there_is_room(context)
        if store is None:
            return
        path = store.path
        try:
            self._run_with(context, store)
        except (sqlite3.Error, OSError) as error:
            store.close()
            next_step = say("See that the disk works; nothing is lost, it is read again.")
            if is_damage(error):
                # Moved away now: a large one might pass the look at the next start.
                name = set_aside(path).name
                context.telemetry.label(DAMAGED_LABEL, name)
                next_step = say("It is kept as {name}; a new one is begun by itself.", name=name)
            raise WorkerError(
                say("The alarm database cannot be used: {error}.", error=error), next_step=next_step
            ) from error
        finally:
            store.close()

    def _run_with(self, context: WorkerContext, store: StoreWriter) -> None:
        settings = context.settings.kafka
        producer = context.kafka.producer(context.telemetry)
        try:
            consumer = context.kafka.consumer(
                settings.groups.aggregator,
                [settings.topics.risk_assessment_results],
                context.telemetry,
                beside=[settings.topics.detection_results],
            )
            try:
                desk = Desk(context, store, producer)
                with contextlib.closing(desk):
                    context.ready()
                    while not context.stop.is_set():
                        producer.check()
                        desk.handle(consumer.take(BATCH if desk.has_room else 0))
                        desk.tick()
                    producer.flush(FLUSH_TIMEOUT_S)
                    desk.tick()
            finally:
                consumer.close()
        finally:
            producer.close()


def _open_when_there_is_room(context: WorkerContext) -> StoreWriter | None:
    """Open the store; while its disk is full, say so and wait. None when asked to stop meanwhile.

    Raises:
        WorkerError: it cannot be opened for another cause.
    """
    path = database_path(context.settings.aggregator)
    telemetry = context.telemetry
    since: datetime | None = None
    while True:
        try:
            store = StoreWriter(path, lambda name: telemetry.label(DAMAGED_LABEL, name))
        except DatabaseTooNewError as error:
            raise WorkerError(
                words_of(error),
                next_step=say("Update Signalbox, or set another database."),
                retriable=False,
            ) from error
        except (OSError, sqlite3.Error) as error:
            if not is_full(path.parent):
                raise WorkerError(
                    say(
                        "The alarm database {name} cannot be opened: {error}.",
                        name=path.name,
                        error=error,
                    ),
                    next_step=say("See that its folder exists, is writable and has space."),
                ) from error
        else:
            if since is not None:
                logger.success("the alarm database could be opened; the disk has room again")
                telemetry.recover(_FULL_DISK)
            return store
        if since is None:
            since = datetime.now().astimezone()
            telemetry.degrade(_FULL_DISK, _full_disk_words(path, since))
            # Degraded, not failed: the stages before go on, and their verdicts wait in Kafka.
            context.ready()
        telemetry.beat()
        if context.stop.wait(OPEN_AGAIN_S):
            return None


def _full_disk_words(path: Path, since: datetime) -> Text:
    return say(
        "the disk is full since {moment}: {name} cannot be opened, and verdicts wait in Kafka. "
        "Free at least {room} MB at {folder}; it is tried again every {seconds} s",
        moment=f"{since:%H:%M:%S}",
        name=path.name,
        room=ROOM_MB,
        folder=path.parent,
        seconds=OPEN_AGAIN_S,
    )
