"""The aggregator: verdicts in, joined requests and alarms out, all of it in SQLite."""

from __future__ import annotations

import functools
import queue
import sqlite3
import time
from datetime import timedelta

from loguru import logger

from pipeline.aggregation.database import DatabaseTooNewError, database_path
from pipeline.aggregation.joiner import Joined, Joiner
from pipeline.aggregation.situations import Alarm, Change, Situations
from pipeline.aggregation.store import AggregationStore
from pipeline.kafka.consumer import Delivery
from pipeline.kafka.producer import ReliableProducer
from pipeline.messages import (
    MessageError,
    RiskAlert,
    RiskAssessmentResult,
    decode,
    encode,
    utc_now,
)
from pipeline.states import WorkerName
from pipeline.telemetry import AlarmHint
from pipeline.worker import WorkerContext, WorkerError

BATCH = 100
SIZE_INTERVAL_S = 2.0


class AggregatorWorker:
    """Stage 4. A verdict is done when the transaction that stores it is committed."""

    name = WorkerName.AGGREGATOR

    def run(self, context: WorkerContext) -> None:
        """Work until stopped; see `pipeline.worker.Worker.run`."""
        path = database_path(context.settings.aggregator)
        try:
            store = AggregationStore(path)
        except DatabaseTooNewError as error:
            raise WorkerError(
                str(error), next_step="Update Signalbox, or set another database.", retriable=False
            ) from error
        except (OSError, sqlite3.Error) as error:
            raise WorkerError(
                f"The alarm database {path.name} cannot be opened: {error}.",
                next_step="See that its folder exists, is writable and has space.",
            ) from error
        try:
            self._run_with(context, store)
        except sqlite3.Error as error:
            raise WorkerError(
                f"The alarm database cannot be written: {error}.",
                next_step="See that the disk has space; nothing is lost, it is read again.",
            ) from error
        finally:
            store.close()

    def _run_with(self, context: WorkerContext, store: AggregationStore) -> None:
        settings = context.settings.kafka
        producer = context.kafka.producer(context.telemetry)
        try:
            consumer = context.kafka.consumer(
                settings.groups.aggregator,
                [settings.topics.risk_assessment_results],
                context.telemetry,
            )
            try:
                desk = _Desk(context, store, producer)
                context.ready()
                while not context.stop.is_set():
                    producer.check()
                    desk.handle(consumer.take(BATCH))
                    desk.tick()
                producer.flush()
                desk.tick()
            finally:
                consumer.close()
        finally:
            producer.close()


class _Desk:
    """Works through batches of verdicts."""

    def __init__(
        self, context: WorkerContext, store: AggregationStore, producer: ReliableProducer
    ) -> None:
        settings = context.settings.aggregator
        self._context = context
        self._store = store
        self._producer = producer
        self._joiner = Joiner(settings.join_deadline_s)
        self._situations = Situations(settings.alarm_level, settings.alarm_cooldown_s)
        self._sized_s = 0.0
        oldest = utc_now() - timedelta(seconds=settings.alarm_cooldown_s)
        self._situations.restore(store.recent_alarms(oldest))
        for result in store.unjoined_results():
            self._joiner.add(result, time.monotonic())
        # Filled from the producer's thread, emptied by ours: the database belongs to one thread.
        self._alerts_sent: queue.SimpleQueue[str] = queue.SimpleQueue()
        for alarm in store.owed_alerts():
            self._send_alert(alarm)

    def handle(self, deliveries: list[Delivery]) -> None:
        """Store a batch in one transaction, then tell of it and mark it as done."""
        results = []
        for delivery in deliveries:
            try:
                results.append((delivery, decode(delivery.value, RiskAssessmentResult)))
            except MessageError as error:
                self._producer.dead_letter(delivery, WorkerName.AGGREGATOR, str(error))
        if not results:
            return
        changes: list[Change] = []
        joined: list[Joined] = []
        with self._store.transaction():
            for _, result in results:
                if not self._store.add_result(result):
                    self._context.telemetry.count("duplicates")
                    continue
                joined += self._joiner.add(result, time.monotonic())
                change = self._situations.note(result)
                if change is not None:
                    self._store.put_alarm(
                        change.alarm,
                        result.group_image_base64,
                        is_new=change.is_new,
                        is_escalation=change.is_escalation,
                    )
                    changes.append(change)
        now = utc_now()
        for delivery, result in results:
            delivery.done()
            age_ms = (now - result.timestamp).total_seconds() * 1000
            self._context.telemetry.latency(age_ms)
        self._tell_joined(joined)
        for change in changes:
            self._tell_alarm(change)

    def tick(self) -> None:
        """Close requests that have waited too long; keep the figures fresh."""
        self._tell_joined(self._joiner.expire(time.monotonic()))
        self._note_alerts_sent()
        telemetry = self._context.telemetry
        telemetry.gauge("open_requests", len(self._joiner))
        if time.monotonic() - self._sized_s > SIZE_INTERVAL_S:
            self._sized_s = time.monotonic()
            telemetry.gauge("db_bytes", self._store.path.stat().st_size)

    def _tell_joined(self, joined: list[Joined]) -> None:
        for request in joined:
            self._context.telemetry.count("joined")
            if request.missing:
                self._context.telemetry.count("incomplete")
                logger.warning(
                    "request {} of {} closed with {} of {} verdicts",
                    request.request_id,
                    request.camera_id,
                    request.received,
                    request.expected,
                )

    def _tell_alarm(self, change: Change) -> None:
        alarm = change.alarm
        self._context.hub.post_alarm(
            AlarmHint(
                alarm.alarm_id,
                alarm.camera_id,
                alarm.risk_level,
                alarm.description,
                alarm.last_seen,
                change.is_new,
            )
        )
        if not (change.is_new or change.is_escalation):
            return
        if change.is_new:
            self._context.telemetry.count("alarms")
        logger.info(
            "alarm {} {}: {} on {}, group {}",
            alarm.risk_level.upper(),
            "raised" if change.is_new else "grew worse",
            alarm.risk_type,
            alarm.camera_id,
            alarm.group_index,
        )
        self._send_alert(alarm)

    def _send_alert(self, alarm: Alarm) -> None:
        alert = RiskAlert(
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
        topic = self._context.settings.kafka.topics.risk_alerts
        self._producer.send(
            topic,
            alarm.camera_id,
            encode(alert),
            functools.partial(self._alerts_sent.put, alarm.alarm_id),
        )

    def _note_alerts_sent(self) -> None:
        sent = [self._alerts_sent.get_nowait() for _ in range(self._alerts_sent.qsize())]
        if sent:
            with self._store.transaction():
                self._store.alert_sent(sent)
