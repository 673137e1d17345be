"""The aggregator at work: batches of verdicts stored, joined, and turned into alarms."""

from __future__ import annotations

import functools
import queue
import sqlite3
import time
from datetime import timedelta

from loguru import logger

from pipeline.aggregation.batch import Batch
from pipeline.aggregation.database import look_again
from pipeline.aggregation.detections import Announced, read_detection
from pipeline.aggregation.incomplete import IncompleteLog
from pipeline.aggregation.joiner import GroupVerdict, Joined, Joiner
from pipeline.aggregation.keeper import Keeper
from pipeline.aggregation.notifier import notifiers
from pipeline.aggregation.saver import Saver, passing_trouble
from pipeline.aggregation.situations import Alarm, Change, Situations, alert_of
from pipeline.aggregation.store_writer import StoreWriter, level_of
from pipeline.evidence_store import open_store, with_picture
from pipeline.kafka.delivery import Delivery
from pipeline.kafka.producer import ReliableProducer
from pipeline.messages import (
    MessageError,
    RiskAssessmentResult,
    RiskLevel,
    decode,
    encode,
    utc_now,
)
from pipeline.states import WorkerName
from pipeline.telemetry import AlarmHint
from pipeline.worker import WorkerContext

SIZE_INTERVAL_S = 2.0
LOOK_INTERVAL_S = 30.0
"""The writer's memory hides for long that its file was damaged by somebody else."""
STALE_S = 3_600.0
"""Detection results produced longer ago announce nothing; their verdicts are joined as they come."""

REMIND_WITHIN = timedelta(days=1)
"""An alarm that began before is not told again: the program was off, or nobody ever cared."""


class Desk:
    """Works through batches of verdicts, and of the detection results that announce them."""

    def __init__(
        self, context: WorkerContext, store: StoreWriter, producer: ReliableProducer
    ) -> None:
        settings = context.settings.aggregator
        self._context = context
        self._store = store
        self._producer = producer
        self._pictures = open_store(context.settings.evidence)
        self._saver = Saver(store, context.telemetry)
        self._joiner = Joiner(settings.join_deadline_s)
        self._situations = Situations(settings.alarm_level, settings.alarm_cooldown_s)
        self._incomplete = IncompleteLog()
        self._sized_s = 0.0
        self._looked_s = time.monotonic()
        self._keeper = Keeper(store, settings.storage)
        self._alarm_rules = settings.alarms
        self._notifiers = notifiers(settings.alarms)
        # Filled from the producer's thread, emptied by ours: the database belongs to one thread.
        self._alerts_sent: queue.SimpleQueue[tuple[str, RiskLevel]] = queue.SimpleQueue()
        self._take_up()

    @property
    def has_room(self) -> bool:
        """Whether more messages may be taken: not while too many wait for a full disk."""
        return not self._saver.is_full

    def handle(self, deliveries: list[Delivery]) -> None:
        """Decide what a batch changes, have it stored and marked as done, and tell of it."""
        batch = Batch()
        announced, results = self._decode(deliveries, batch)
        closed = self._closed_among(announced, results)
        for item in announced:
            batch.announced.append(item)
            if item.request_id not in closed:
                joined = self._joiner.announce(
                    item.request_id, item.camera_id, item.groups, time.monotonic()
                )
                batch.joined += joined
                closed.update(request.request_id for request in joined)
        for result in self._fresh(results):
            batch.verdicts.append(result)
            if result.request_id in closed:
                self._context.telemetry.count("late")
            else:
                joined = self._joiner.add(_verdict(result), time.monotonic())
                batch.joined += joined
                closed.update(request.request_id for request in joined)
            self._note_change(result, batch)
        self._saver.save(batch)
        now = utc_now()
        self._context.telemetry.latencies(
            [(now - result.timestamp).total_seconds() * 1000 for result in results]
        )
        self._tell_joined(batch.joined)
        for change, _ in batch.changes:
            self._tell_alarm(change)

    def _decode(
        self, deliveries: list[Delivery], batch: Batch
    ) -> tuple[list[Announced], list[RiskAssessmentResult]]:
        announced, results = [], []
        detections = self._context.settings.kafka.topics.detection_results
        for delivery in deliveries:
            if delivery.topic == detections:
                seen = read_detection(delivery.value)
                if seen.announced is not None and self._concerns_us(delivery):
                    announced.append(seen.announced)
                if seen.counted is not None:
                    batch.counted.append(seen.counted)
            else:
                try:
                    results.append(decode(delivery.value, RiskAssessmentResult))
                except MessageError as error:
                    self._producer.dead_letter(delivery, WorkerName.AGGREGATOR, str(error))
                    continue
            batch.deliveries.append(delivery)
        return announced, results

    def _concerns_us(self, delivery: Delivery) -> bool:
        """Return whether the verdicts that a detection result announces will come to us.

        Of several aggregators, another one may get them: both topics go by the camera's id, so that
        the verdicts are in the partition of the same number.
        """
        topic = self._context.settings.kafka.topics.risk_assessment_results
        return not _is_stale(delivery) and delivery.source.consumer.owns(topic, delivery.partition)

    def _closed_among(
        self, announced: list[Announced], results: list[RiskAssessmentResult]
    ) -> set[str]:
        """Return the requests that are closed already, of those not known to be open."""
        ids = dict.fromkeys(item.request_id for item in announced)
        ids |= dict.fromkeys(item.request_id for item in results)
        unsure = [request_id for request_id in ids if request_id not in self._joiner]
        return self._store.closed(unsure) | self._saver.held_closed()

    def _fresh(self, results: list[RiskAssessmentResult]) -> list[RiskAssessmentResult]:
        """Return the verdicts that were never stored, each once."""
        held = self._saver.held_verdicts()
        fresh = [item for item in self._store.unknown(results) if item.message_id not in held]
        self._context.telemetry.count("duplicates", len(results) - len(fresh))
        return fresh

    def _note_change(self, result: RiskAssessmentResult, batch: Batch) -> None:
        if not result.results:
            day = result.timestamp.astimezone().date()
            batch.daily[day, result.camera_id, "not_assessed"] += 1
            self._context.telemetry.count("not_assessed")
        change = self._note_situation(result)
        if change is None:
            return
        batch.changes.append((change, self._picture(result)))
        if change.is_new:
            day = change.alarm.first_seen.astimezone().date()
            batch.daily[day, change.alarm.camera_id, "alarms"] += 1

    def _picture(self, result: RiskAssessmentResult) -> bytes | None:
        """Return the evidence, also where a shared store keeps it."""
        try:
            picture = with_picture(result, self._pictures).group_image_base64
            return None if picture is None else picture.jpeg
        except OSError as error:
            logger.warning("the evidence store cannot be read: {}", error.strerror)
            return None

    def tick(self) -> None:
        """Close requests that have waited too long; keep the figures fresh."""
        self._saver.retry()
        expired = self._joiner.expire(time.monotonic())
        if expired:
            self._saver.save(Batch(joined=expired))
            self._tell_joined(expired)
        self._incomplete.tell_when_due(time.monotonic())
        self._note_alerts_sent()
        telemetry = self._context.telemetry
        telemetry.gauge("open_requests", len(self._joiner))
        if time.monotonic() - self._sized_s > SIZE_INTERVAL_S:
            self._sized_s = time.monotonic()
            telemetry.gauge("db_bytes", self._keeper.used_bytes())
            self._close_alarms()
            self._remind()
            self._keeper_step()
        if time.monotonic() - self._looked_s > LOOK_INTERVAL_S:
            self._looked_s = time.monotonic()
            look_again(self._store.path)

    def _keeper_step(self) -> None:
        """Forget what is too old or too much; on a full disk that may make room."""
        try:
            self._keeper.step(utc_now())
        except (sqlite3.Error, OSError) as error:
            if not passing_trouble(error):
                raise
            logger.debug("nothing could be tidied up: {}", error)

    def _note_situation(self, result: RiskAssessmentResult) -> Change | None:
        """Return what a verdict changes; nothing in a maintenance window."""
        windows = self._alarm_rules.maintenance
        if windows and any(window.covers(result.camera_id, result.timestamp) for window in windows):
            self._context.telemetry.count("in_maintenance")
            return None
        return self._situations.note(result)

    def _close_alarms(self) -> None:
        if not self._alarm_rules.close_after_s:
            return
        # What may still go on stays open.
        settings = self._context.settings.aggregator
        quiet_s = max(self._alarm_rules.close_after_s, settings.alarm_cooldown_s)

        def close() -> None:
            closed = self._store.close_alarms(utc_now() - timedelta(seconds=quiet_s))
            self._context.telemetry.count("alarms_closed", closed)

        self._saver.attempt(close)

    def _remind(self) -> None:
        """Tell again of alarms that nobody has acknowledged."""
        after_s = self._alarm_rules.escalate_after_s
        if not after_s:
            return
        now = utc_now()
        unseen: list[Alarm] = []
        self._saver.attempt(
            lambda: unseen.extend(
                self._store.remind(now - timedelta(seconds=after_s), now - REMIND_WITHIN)
            )
        )
        for alarm in unseen:
            self._context.telemetry.count("reminders")
            logger.warning(
                "alarm {} on {} is not acknowledged after {:.0f} s; it is told again",
                alarm.risk_type,
                alarm.camera_id,
                after_s,
            )
            self._send_alert(alarm)

    def close(self) -> None:
        """End the threads that tell of alarms; what they could not tell is said in the log."""
        self._incomplete.tell()
        self._saver.close()
        for notifier in self._notifiers:
            notifier.stop()
        for notifier in self._notifiers:
            notifier.join()

    def _take_up(self) -> None:
        """Go on where the run before ended: open requests, situations, alerts not yet sent."""
        # The deadline counts anew: what is missing may wait in Kafka since the run before.
        now, now_s = utc_now(), time.monotonic()
        closed: list[Joined] = []
        for item in self._store.open_requests():
            closed += self._joiner.announce(item.request_id, item.camera_id, item.groups, now_s)
        for verdict in self._store.open_verdicts():
            closed += self._joiner.add(verdict, now_s)
        self._saver.save(Batch(joined=closed))
        self._tell_joined(closed)
        cooldown = timedelta(seconds=self._context.settings.aggregator.alarm_cooldown_s)
        self._situations.restore(self._store.recent_alarms(now - cooldown))
        for alarm in self._store.owed_alerts():
            self._send_alert(alarm)

    def _tell_joined(self, joined: list[Joined]) -> None:
        if joined:
            self._context.telemetry.count("joined", len(joined))
        for request in joined:
            if request.missing:
                self._context.telemetry.count("incomplete")
                self._incomplete.note(request)

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
        alert = alert_of(alarm)
        for notifier in self._notifiers:
            notifier.offer(alert)
        topic = self._context.settings.kafka.topics.risk_alerts
        self._producer.send(
            topic,
            alarm.camera_id,
            encode(alert),
            functools.partial(self._alerts_sent.put, (alarm.alarm_id, alarm.risk_level)),
        )

    def _note_alerts_sent(self) -> None:
        if self._saver.holds:
            return  # the alarms they are of may not be stored yet
        sent = [self._alerts_sent.get_nowait() for _ in range(self._alerts_sent.qsize())]
        if sent and not self._saver.attempt(lambda: self._store.alerts_sent(sent)):
            for item in sent:
                self._alerts_sent.put(item)


def _is_stale(delivery: Delivery) -> bool:
    """Return whether a message is too old to wait for what it announces.

    A group that is new to a topic begins with all that the cluster still keeps.
    """
    if delivery.timestamp_ms is None:
        return False
    return time.time() - delivery.timestamp_ms / 1000 > STALE_S


def _verdict(result: RiskAssessmentResult) -> GroupVerdict:
    return GroupVerdict(
        request_id=result.request_id,
        camera_id=result.camera_id,
        group_index=result.group_index,
        group_count=result.group_count,
        risk_level=level_of(result),
    )
