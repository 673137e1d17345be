"""The aggregator at work: batches of verdicts stored, joined, and turned into alarms."""

from __future__ import annotations

import functools
import queue
import time
from datetime import timedelta

from loguru import logger

from pipeline.aggregation.joiner import GroupVerdict, Joined, Joiner
from pipeline.aggregation.keeper import Keeper
from pipeline.aggregation.notifier import notifiers
from pipeline.aggregation.situations import Alarm, Change, Situations
from pipeline.aggregation.store_writer import StoreWriter
from pipeline.kafka.consumer import Delivery
from pipeline.kafka.producer import ReliableProducer
from pipeline.messages import (
    MessageError,
    RiskAlert,
    RiskAssessmentResult,
    RiskLevel,
    decode,
    encode,
    utc_now,
    worst_level,
)
from pipeline.states import WorkerName
from pipeline.telemetry import AlarmHint
from pipeline.worker import WorkerContext

SIZE_INTERVAL_S = 2.0
REMIND_WITHIN = timedelta(days=1)
"""An alarm that began before is not told again: the program was off, or nobody ever cared."""


class Desk:
    """Works through batches of verdicts."""

    def __init__(
        self, context: WorkerContext, store: StoreWriter, producer: ReliableProducer
    ) -> None:
        settings = context.settings.aggregator
        self._context = context
        self._store = store
        self._producer = producer
        self._joiner = Joiner(settings.join_deadline_s)
        self._situations = Situations(settings.alarm_level, settings.alarm_cooldown_s)
        self._sized_s = 0.0
        self._keeper = Keeper(store, settings.storage)
        self._alarm_rules = settings.alarms
        self._notifiers = notifiers(settings.alarms)
        # Filled from the producer's thread, emptied by ours: the database belongs to one thread.
        self._alerts_sent: queue.SimpleQueue[tuple[str, RiskLevel]] = queue.SimpleQueue()
        self._take_up()

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
                joined += self._join(result)
                change = self._note_situation(result)
                if change is not None:
                    self._store.put_alarm(
                        change.alarm,
                        result.group_image_base64,
                        is_new=change.is_new,
                        is_escalation=change.is_escalation,
                    )
                    if change.is_new:
                        day = change.alarm.first_seen.astimezone().date()
                        self._store.add_daily(day, change.alarm.camera_id, "alarms")
                    changes.append(change)
            self._store.close_requests(joined)
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
        expired = self._joiner.expire(time.monotonic())
        if expired:
            with self._store.transaction():
                self._store.close_requests(expired)
            self._tell_joined(expired)
        self._note_alerts_sent()
        telemetry = self._context.telemetry
        telemetry.gauge("open_requests", len(self._joiner))
        if time.monotonic() - self._sized_s > SIZE_INTERVAL_S:
            self._sized_s = time.monotonic()
            telemetry.gauge("db_bytes", self._store.size_bytes())
            self._close_alarms()
            self._remind()
            self._keeper.step(utc_now())

    def _note_situation(self, result: RiskAssessmentResult) -> Change | None:
        """Return what a verdict changes; nothing in a maintenance window."""
        windows = self._alarm_rules.maintenance
        if any(window.covers(result.camera_id, result.timestamp) for window in windows):
            self._context.telemetry.count("in_maintenance")
            return None
        return self._situations.note(result)

    def _close_alarms(self) -> None:
        if not self._alarm_rules.close_after_s:
            return
        # What may still go on stays open.
        settings = self._context.settings.aggregator
        quiet_s = max(self._alarm_rules.close_after_s, settings.alarm_cooldown_s)
        with self._store.transaction():
            closed = self._store.close_alarms(utc_now() - timedelta(seconds=quiet_s))
        self._context.telemetry.count("alarms_closed", closed)

    def _remind(self) -> None:
        """Tell again of alarms that nobody has acknowledged."""
        after_s = self._alarm_rules.escalate_after_s
        if not after_s:
            return
        now = utc_now()
        with self._store.transaction():
            unseen = self._store.remind(now - timedelta(seconds=after_s), now - REMIND_WITHIN)
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
        for notifier in self._notifiers:
            notifier.stop()
        for notifier in self._notifiers:
            notifier.join()

    def _take_up(self) -> None:
        """Go on where the run before ended: open requests, situations, alerts not yet sent."""
        now, now_s = utc_now(), time.monotonic()
        closed: list[Joined] = []
        for verdict, opened in self._store.open_verdicts():
            # A clock that was set back must not make a request wait for ever.
            waited_s = max(0.0, (now - opened).total_seconds())
            closed += self._joiner.add(verdict, now_s - waited_s)
        with self._store.transaction():
            self._store.close_requests(closed)
        self._tell_joined(closed)
        cooldown = timedelta(seconds=self._context.settings.aggregator.alarm_cooldown_s)
        self._situations.restore(self._store.recent_alarms(now - cooldown))
        for alarm in self._store.owed_alerts():
            self._send_alert(alarm)

    def _join(self, result: RiskAssessmentResult) -> list[Joined]:
        """Return the requests that a newly stored verdict completes."""
        if not self._store.note_verdict(result):
            self._context.telemetry.count("late")
            return []
        verdict = GroupVerdict(
            request_id=result.request_id,
            camera_id=result.camera_id,
            group_index=result.group_index,
            group_count=result.group_count,
            risk_level=worst_level([item.risk_level for item in result.results]),
        )
        return self._joiner.add(verdict, time.monotonic())

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
        sent = [self._alerts_sent.get_nowait() for _ in range(self._alerts_sent.qsize())]
        if sent:
            with self._store.transaction():
                self._store.alerts_sent(sent)
