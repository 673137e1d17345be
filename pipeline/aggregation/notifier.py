"""Threads that tell of alarms; a slow or dead receiver never holds up the aggregator."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Final

from loguru import logger

from pipeline.aggregation.notices import NoticeError, mail, post
from pipeline.messages import RISK_LEVELS, RiskAlert, RiskLevel
from pipeline.settings_alarms import AlarmSettings

WAITING: Final = 200
"""Alerts that wait for one receiver; beyond it, new ones are not told there, and that is said."""

TRIES: Final = 6
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
JOIN_TIMEOUT_S: Final = 2.0


class Notifier:
    """Tells one receiver, one alert after the other, each again until it is taken or given up."""

    def __init__(
        self,
        name: str,
        send: Callable[[RiskAlert], None],
        level: RiskLevel,
        *,
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        self.name = name
        self._send = send
        self._rank = RISK_LEVELS.index(level)
        self._first_pause_s = first_pause_s
        self._waiting: queue.Queue[RiskAlert | None] = queue.Queue(WAITING)
        self._stop = threading.Event()
        # A daemon: a receiver that hangs must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name=f"notify-{name}", daemon=True)
        self._thread.start()

    def offer(self, alert: RiskAlert) -> bool:
        """Have an alert told; returns at once, False when it will not be."""
        if RISK_LEVELS.index(alert.risk_level) < self._rank:
            return False
        try:
            self._waiting.put_nowait(alert)
        except queue.Full:
            logger.warning("{}: alarm {} is not told, too many wait", self.name, alert.alarm_id)
            return False
        return True

    def stop(self) -> None:
        """Ask the thread to end; returns at once."""
        self._stop.set()
        # Where the queue is full, the thread looks at the event after the next alert.
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)

    def join(self) -> None:
        """Wait shortly for the thread's end; say what was not told."""
        self._thread.join(JOIN_TIMEOUT_S)
        left = sum(1 for alert in list(self._waiting.queue) if alert is not None)
        if left:
            logger.warning("{}: {} alarms were not told before the stop", self.name, left)

    def _run(self) -> None:
        while not self._stop.is_set():
            alert = self._waiting.get()
            if alert is None:
                return
            self._tell(alert)

    def _tell(self, alert: RiskAlert) -> None:
        pause_s = self._first_pause_s
        for number in range(1, TRIES + 1):
            try:
                self._send(alert)
            except NoticeError as error:
                if not error.retriable or number == TRIES or self._stop.wait(pause_s):
                    logger.error("{}: alarm {} was not told: {}", self.name, alert.alarm_id, error)
                    return
                pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
            except Exception as error:  # noqa: BLE001 - one odd alert must not silence all others
                logger.opt(exception=error).error(
                    "{}: alarm {} was not told: {}", self.name, alert.alarm_id, type(error).__name__
                )
                return
            else:
                return


def notifiers(settings: AlarmSettings) -> tuple[Notifier, ...]:
    """Return a running notifier for each receiver that the settings name."""
    found = []
    if settings.webhook.url:
        webhook = settings.webhook
        found.append(Notifier("webhook", lambda alert: post(webhook, alert), webhook.level))
    if settings.mail.host:
        server = settings.mail
        found.append(Notifier("mail", lambda alert: mail(server, alert), server.level))
    return tuple(found)
