"""Lag of the pipeline's consumer groups: one monitor for each cluster, in a thread of its own.

Lag is the end offset (as a committed reader sees it) minus the committed offset, read in that
order's reverse: committed first, so that messages arriving in between cannot make it negative.

No `AdminClient` is used: its requests can end the whole process (see `offsets_read`).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException

from pipeline.kafka import clients
from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.dead_letters import dead_letter_topic
from pipeline.kafka.errors import KafkaSettingsError, connection_words
from pipeline.kafka.lag_link import LagRules, LinkBook, LinkLag, PartitionLag
from pipeline.kafka.offsets_read import (
    REQUEST_TIMEOUT_S,
    End,
    Place,
    committed_by,
    ends_of,
    partitions_of,
)
from pipeline.kafka.tips import TipReader
from pipeline.redact import redact_text

__all__ = ["LagMonitor", "LagSnapshot", "LinkLag", "PartitionLag"]

INTERVAL_S: Final = 1.0
PARTITIONS_REFRESH_S: Final = 15.0
"""How often the topics' partitions are asked for: the answer of a big cluster is long."""
STOP_S: Final = 3.0
_UNANSWERED: Final = frozenset({KafkaError._TIMED_OUT, KafkaError._WAIT_COORD})
_AT_END: Final = frozenset({"latest", "largest", "end"})


@dataclass(frozen=True, slots=True)
class LagSnapshot:
    """All links at one moment.

    Attributes:
        taken_at_s: monotonic seconds at which the reading began; 0 before the first.
        broker_ok: whether the last reading came through; the links are old otherwise.
        error: why it did not.
        links: by ``(group, topic)``.
        dlq: messages that each dead-letter topic keeps, by the topic they came from.
    """

    taken_at_s: float = 0.0
    broker_ok: bool = False
    error: str | None = None
    links: dict[tuple[str, str], LinkLag] = field(default_factory=dict)
    dlq: dict[str, int] = field(default_factory=dict)


class _Asking:
    """What the monitor asks the broker with.

    Attributes:
        rules: what the settings say of the readers.

    Raises:
        KafkaSettingsError: no client can be made with the settings.
    """

    def __init__(self, access: KafkaAccess) -> None:
        kafka, servers = access.settings, access.bootstrap_servers
        reading = clients.consumer_properties(kafka, servers, "signalbox-lag", "signalbox-lag")
        self.rules = LagRules(
            kafka.allowed_lag, begins_at_end=str(reading["auto.offset.reset"]) in _AT_END
        )
        self._topics: dict[str, list[str]] = {}
        for group, topic in access.readers():
            self._topics.setdefault(group, []).append(topic)
        # Never subscribed, so none of them joins its group.
        self._members = {group: clients.make_asker(kafka, servers, group) for group in self._topics}
        embedded = kafka.mode == "embedded"  # that one tells its ends as they are
        self._tips = None if embedded else TipReader(lambda: clients.make_reader(kafka, servers))

    @property
    def _any(self) -> Consumer:
        return next(iter(self._members.values()))

    def partitions(self, topics: list[str]) -> dict[str, list[int]]:
        """Return the partitions of those of `topics` that exist."""
        return partitions_of(self._any, topics)

    def committed(
        self, partitions: dict[str, list[int]]
    ) -> dict[tuple[str, str], dict[int, int | None]]:
        """Return what each group has committed, by ``(group, topic)`` and partition."""
        found = {}
        for group, topics in self._topics.items():
            there = {topic: partitions[topic] for topic in topics if topic in partitions}
            if there:
                told = committed_by(self._members[group], there)
                found.update({(group, topic): offsets for topic, offsets in told.items()})
        return found

    def ends(self, partitions: dict[str, list[int]]) -> dict[Place, End]:
        """Return the ends of partitions, as the pipeline's readers see them."""
        told = ends_of(self._any, partitions) if partitions else {}
        return told if self._tips is None else self._tips.correct(told)

    def doubt_ends(self) -> None:
        """Do not rely on ends that were found before."""
        if self._tips is not None:
            self._tips.doubt()

    def close(self) -> None:
        """Let go of the clients."""
        for member in self._members.values():
            member.close()
        if self._tips is not None:
            self._tips.close()


class LagMonitor:
    """Reads committed and end offsets every second, from `start` to `stop`."""

    def __init__(self, access: KafkaAccess) -> None:
        self._access = access
        self._snapshot = LagSnapshot()
        self._books: dict[tuple[str, str], LinkBook] = {}
        self._changed = threading.Condition()
        self._partitions: dict[str, list[int]] = {}
        self._partitions_read_s: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lag-monitor", daemon=True)

    def start(self) -> None:
        """Begin reading; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End reading; a reading under way is waited for, for at most `STOP_S`.

        With the broker away it takes longer; the thread then ends by itself, and nothing of what it
        reads is used any more.
        """
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def snapshot(self) -> LagSnapshot:
        """Return the newest reading."""
        return self._snapshot

    def wait_for_next(self, timeout_s: float) -> bool:
        """Wait for the next reading; False when none came within `timeout_s`."""
        before = self._snapshot
        with self._changed:
            return self._changed.wait_for(lambda: self._snapshot is not before, timeout_s)

    def history(self, group: str, topic: str) -> list[tuple[float, int]]:
        """Return ``(unix seconds, unread messages)`` of the last 15 minutes."""
        with self._changed:
            book = self._books.get((group, topic))
            return [] if book is None else list(book.history)

    def _run(self) -> None:
        asking: _Asking | None = None
        try:
            while not self._stop.wait(0.0 if asking is None else INTERVAL_S):
                try:
                    asking = asking or _Asking(self._access)
                    snapshot = self._read(asking)
                except (KafkaException, KafkaSettingsError) as error:
                    self._partitions_read_s = None
                    snapshot = replace(
                        self._snapshot, broker_ok=False, error=redact_text(_words(error))
                    )
                    if asking is None:
                        self._publish(snapshot)
                        return  # wrong settings: asking again cannot help
                self._publish(snapshot)
        finally:
            if asking is not None:
                asking.close()

    def _publish(self, snapshot: LagSnapshot) -> None:
        with self._changed:
            self._snapshot = snapshot
            self._changed.notify_all()

    def _read(self, asking: _Asking) -> LagSnapshot:
        began_s = time.monotonic()
        sources = list(self._access.source_topics())
        partitions = self._known_partitions(asking, sources, began_s)
        # Committed before the ends: what arrives in between cannot make a lag negative.
        committed = asking.committed(partitions)
        ends = asking.ends(partitions)
        now_s, links = time.monotonic(), {}
        with self._changed:
            for (group, topic), offsets in committed.items():
                self._access.note_committed(group, topic, offsets)
                book = self._books.setdefault((group, topic), LinkBook(asking.rules))
                there = {p: ends[topic, p] for p in offsets if (topic, p) in ends}
                links[group, topic] = book.note(offsets, there, now_s, time.time())
        kept = {place: end.latest - end.earliest for place, end in ends.items()}
        dlq = {
            topic: sum(kept[place] for place in kept if place[0] == dead_letter_topic(topic))
            for topic in sources
        }
        return LagSnapshot(began_s, broker_ok=True, error=None, links=links, dlq=dlq)

    def _known_partitions(
        self, asking: _Asking, sources: list[str], now_s: float
    ) -> dict[str, list[int]]:
        read_s = self._partitions_read_s
        complete = len(self._partitions) == 2 * len(sources)
        if read_s is None or not complete or now_s - read_s > PARTITIONS_REFRESH_S:
            wanted = [*sources, *map(dead_letter_topic, sources)]
            self._partitions = asking.partitions(wanted)
            asking.doubt_ends()
            self._partitions_read_s = now_s
        return self._partitions


def _words(error: Exception) -> str:
    cause: Any = error.args[0] if error.args else error
    if isinstance(cause, KafkaError) and cause.code() in _UNANSWERED:
        return f"no broker answered within {REQUEST_TIMEOUT_S:.0f} s"
    return connection_words(cause) if isinstance(cause, KafkaError) else str(cause)
