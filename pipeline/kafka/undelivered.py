"""What becomes of messages that a producer could not deliver by its end."""

from __future__ import annotations

import threading

from loguru import logger

from pipeline.kafka.sending import Headers, Sending
from pipeline.kafka.spool import SPOOL_MAX_BYTES, Spooled, TopicSpool
from pipeline.paths import shown
from pipeline.states import WorkerName


class UndeliveredMessages:
    """The messages of one producer that the broker has not acknowledged. Safe for threads.

    With a spool they are written down at the end, and those of an earlier producer come first.
    Without one they are only counted: their input is read again.

    Attributes:
        keeps: whether there is a spool.
    """

    def __init__(self, spool: TopicSpool | None, worker: WorkerName) -> None:
        self.keeps = spool is not None
        self._spool = spool
        self._log = logger.bind(worker=worker.value)
        self._lock = threading.Lock()
        self._kept: dict[Sending, None] = {}
        self._from_before: set[Sending] = set()

    def load(self) -> list[Spooled]:
        """Return what an earlier producer left, oldest first; `keep_from_before` must follow."""
        return [] if self._spool is None else self._spool.load()

    def keep_from_before(self, sendings: list[Sending]) -> None:
        """Remember what `load` returned, as messages that are to be sent."""
        self._kept.update(dict.fromkeys(sendings))
        self._from_before.update(sendings)
        self._log.info(
            "{} messages that could not be delivered before are sent first", len(sendings)
        )

    def keep(self, sending: Sending) -> None:
        """Remember a message until the broker has it."""
        if self._spool is not None and sending.topic == self._spool.topic:
            with self._lock:
                self._kept[sending] = None

    def release(self, sending: Sending) -> None:
        """Forget a message that the broker has, or will never take."""
        if self._spool is None:
            return
        with self._lock:
            self._kept.pop(sending, None)
            was_last = self._from_before == {sending}
            self._from_before.discard(sending)
        if was_last:
            self._write([])
            self._log.success("the messages kept from before are delivered")

    def close(self, undelivered: int) -> int:
        """Write down what is left; return how many messages were not delivered.

        Args:
            undelivered: how many the client library counts, for a producer without a spool.
        """
        if self._spool is None:
            if undelivered:
                self._log.error(
                    "{} messages could not be delivered before the stop; their input is read again",
                    undelivered,
                )
            return undelivered
        kept = [
            Spooled(_as_bytes(sending.key), sending.payload, _as_spooled(sending.headers))
            for sending in self._kept
        ]
        left_out = self._write(kept)
        self._spool.close()
        place = shown(self._spool.path)
        if left_out is None:
            self._log.error(
                "{} messages could not be delivered before the stop, and are lost", len(kept)
            )
            return len(kept)
        if kept:
            self._log.warning(
                "{} messages could not be delivered before the stop; {} of them are kept in {} and "
                "sent first at the next start",
                len(kept),
                len(kept) - left_out,
                place,
            )
        if left_out:
            self._log.error(
                "{} of the oldest undelivered messages are lost: {} takes {} MB",
                left_out,
                place,
                SPOOL_MAX_BYTES // 1_000_000,
            )
        return len(kept)

    def _write(self, messages: list[Spooled]) -> int | None:
        """Return how many had to be left out; None when the disk takes none."""
        assert self._spool is not None
        try:
            return self._spool.save(messages)
        except OSError as error:
            self._log.error(
                "undelivered messages cannot be written to {}: {}; see that the disk has space",
                shown(self._spool.path),
                error,
            )
            return None


def _as_bytes(text: str | bytes | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text


def _as_spooled(headers: Headers) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, _as_bytes(value) or b"") for name, value in headers)
