"""Whether a client reaches its brokers: from its errors and statistics to the worker's condition.

There is no "reconnected" event: the statistics say which connections are up.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime

import msgspec
from confluent_kafka import KafkaError
from loguru import logger

from pipeline.kafka.errors import KafkaUnavailableError, refusal
from pipeline.redact import redact_text
from pipeline.telemetry import WorkerTelemetry
from pipeline.texts import say

REPEAT_QUIET_S = 30.0
"""A message of the same kind is logged again after this time, with how often it came meanwhile."""

STATISTICS_INTERVAL_MS = 1000

LIBRDKAFKA_RETRY_MS = 10_000
"""``reconnect.backoff.max.ms`` where nobody sets it."""

SILENT_S = 20.0
"""A broker that is reached and acknowledges nothing for so long is told of; after a restart in which
it lost its data, a client may wait until its messages expire."""


class _Broker(msgspec.Struct):
    nodeid: int
    state: str


class _Statistics(msgspec.Struct):
    brokers: dict[str, _Broker] = {}


_decoder = msgspec.json.Decoder(_Statistics)


class QuietLog:
    """Logs a kind of message once, then at most every `REPEAT_QUIET_S`, saying how often it came.

    A broker that is away makes each client report tens of errors a second.
    """

    def __init__(self, client: str) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._kinds: dict[str, tuple[float, int]] = {}

    def write(self, level: str, kind: str, text: str) -> None:
        """Log `text` unless a message of its `kind` was logged a moment ago."""
        now_s = time.monotonic()
        with self._lock:
            last_s, swallowed = self._kinds.get(kind, (-REPEAT_QUIET_S, 0))
            if now_s - last_s < REPEAT_QUIET_S:
                self._kinds[kind] = (last_s, swallowed + 1)
                return
            self._kinds[kind] = (now_s, 0)
        more = f" (and {swallowed} more of its kind)" if swallowed else ""
        logger.bind(worker="kafka").log(level, "{}: {}{}", self._client, text, more)

    def sum_up(self) -> None:
        """Log how many messages were swallowed since each kind was logged last; forget them."""
        with self._lock:
            swallowed = sum(count for _, count in self._kinds.values())
            self._kinds = {kind: (last_s, 0) for kind, (last_s, _) in self._kinds.items()}
        if swallowed:
            logger.bind(worker="kafka").info(
                "{}: {} more messages of these kinds were not logged", self._client, swallowed
            )


class ClientLogHandler(logging.Handler):
    """Takes librdkafka's own log lines, which come through `logging`, into ours."""

    def __init__(self, quiet: QuietLog) -> None:
        super().__init__()
        self._quiet = quiet

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        # "FAIL [rdkafka#producer-1] [thrd:...]: words": the first word is the kind.
        kind = text.split(" ", 1)[0]
        level = "WARNING" if record.levelno >= logging.WARNING else "DEBUG"
        self._quiet.write(level, kind, text)


class BrokerCondition:
    """Turns one client's errors and statistics into its worker's condition.

    Attributes:
        trouble: why this client is of no use any more; None while it is.
        retry_ms: the longest that the client waits after a failed attempt to connect, which is
            its ``reconnect.backoff.max.ms``.
    """

    def __init__(self, client: str, servers: str, telemetry: WorkerTelemetry) -> None:
        self.quiet = QuietLog(client)
        self.trouble: KafkaUnavailableError | None = None
        self.retry_ms = LIBRDKAFKA_RETRY_MS
        self._servers = servers
        self._telemetry = telemetry
        self._key = f"broker-{client}"
        self._silence_key = f"silence-{client}"
        self._waits_since_s: float | None = None
        self._is_silent = False
        self._down = False
        self._forgotten = False

    @property
    def is_down(self) -> bool:
        """Whether no broker can be reached now."""
        return self._down

    def on_error(self, error: KafkaError) -> None:
        """Take an error event of the client."""
        code = error.code()
        if error.fatal():
            self.trouble = KafkaUnavailableError(
                say("The Kafka client broke down: {words}.", words=redact_text(error.str())),
                next_step=say("The worker starts anew with a new one and reads its input again."),
            )
        else:
            self.trouble = refusal(error) or self.trouble
        if code == KafkaError._ALL_BROKERS_DOWN:
            self._set_down()
        self.quiet.write("WARNING", str(error.name()), error.str())

    def on_statistics(self, text: str) -> None:
        """Take the statistics of the client, JSON."""
        brokers = _decoder.decode(text).brokers.values()
        if any(broker.state == "UP" for broker in brokers):
            self.set_up()

    def set_up(self) -> None:
        """Note that a broker answers."""
        if self._down:
            self._down = False
            self._telemetry.recover(self._key)
            logger.bind(worker="kafka").success("broker {} is back", self._servers)
            self.quiet.sum_up()

    def acknowledged(self) -> None:
        """Note that a broker has acknowledged messages."""
        self.set_up()
        self._end_silence()

    def watch(self, waiting: int, now_s: float) -> None:
        """Tell of a broker that answers and acknowledges nothing.

        Args:
            waiting: messages that are sent and not acknowledged.
            now_s: monotonic time.
        """
        if not waiting or self._down or self._forgotten:
            self._end_silence()
        elif self._waits_since_s is None:
            self._waits_since_s = now_s
        elif now_s - self._waits_since_s >= SILENT_S and not self._is_silent:
            self._is_silent = True
            self._telemetry.degrade(
                self._silence_key,
                say(
                    "broker {servers} is reached, but has acknowledged nothing for {wait_s:g} s; "
                    "what is sent waits, nothing is lost. See the broker's own log",
                    servers=self._servers,
                    wait_s=SILENT_S,
                ),
            )

    def _end_silence(self) -> None:
        self._waits_since_s = None
        if self._is_silent:
            self._is_silent = False
            self._telemetry.recover(self._silence_key)

    def forget(self) -> None:
        """The client ends: its condition no longer counts, whatever it still reports."""
        self._forgotten = True
        self._end_silence()
        self._down = False
        self._telemetry.recover(self._key)

    def _set_down(self) -> None:
        if not self._down and not self._forgotten:
            self._down = True
            since = datetime.now().astimezone().strftime("%H:%M:%S")
            self._telemetry.degrade(
                self._key,
                say(
                    "broker {servers} not reachable since {since}; tries again at the "
                    "latest {wait_s:g} s after each failure, nothing is lost",
                    servers=self._servers,
                    since=since,
                    wait_s=self.retry_ms / 1000,
                ),
            )
