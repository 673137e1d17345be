"""The aggregator: verdicts in, joined requests and alarms out, all of it in SQLite."""

from __future__ import annotations

import contextlib
import sqlite3

from pipeline.aggregation.database import (
    DatabaseTooNewError,
    database_path,
    is_damage,
    set_aside,
)
from pipeline.aggregation.desk import Desk
from pipeline.aggregation.store_writer import StoreWriter
from pipeline.states import WorkerName
from pipeline.telemetry import DAMAGED_LABEL
from pipeline.texts import say, words_of
from pipeline.worker import WorkerContext, WorkerError

BATCH = 100
FLUSH_TIMEOUT_S = 3.0
"""How long alerts may take to be acknowledged at a stop; those that do not are sent again."""


class AggregatorWorker:
    """Stage 4. A verdict is done when the transaction that stores it is committed."""

    name = WorkerName.AGGREGATOR

    def run(self, context: WorkerContext) -> None:
        """Work until stopped; see `pipeline.worker.Worker.run`."""
        path = database_path(context.settings.aggregator)
        try:
            store = StoreWriter(path, lambda name: context.telemetry.label(DAMAGED_LABEL, name))
        except DatabaseTooNewError as error:
            raise WorkerError(
                words_of(error),
                next_step=say("Update Signalbox, or set another database."),
                retriable=False,
            ) from error
        except (OSError, sqlite3.Error) as error:
            raise WorkerError(
                say(
                    "The alarm database {name} cannot be opened: {error}.",
                    name=path.name,
                    error=error,
                ),
                next_step=say("See that its folder exists, is writable and has space."),
            ) from error
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
