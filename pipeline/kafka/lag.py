"""Lag of the pipeline's consumer groups: one monitor for each cluster, in a thread of its own.

Lag is the end offset (as a committed reader sees it) minus the committed offset, read in that
order's reverse: committed first, so that messages arriving in between cannot make it negative.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any, Final

from confluent_kafka import (
    OFFSET_INVALID,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.dead_letters import dead_letter_topic
from pipeline.kafka.errors import KafkaSettingsError
from pipeline.kafka.lag_rules import (
    LagSample,
    LagStatus,
    OffsetTimes,
    judge,
    time_to_clear_s,
    worst,
)
from pipeline.redact import redact_text

INTERVAL_S: Final = 1.0
REQUEST_TIMEOUT_S: Final = 3.0
PARTITIONS_REFRESH_S: Final = 30.0
"""How often the topics' partitions are asked for: the answer of a big cluster is long."""
HISTORY_S: Final = 900.0
RATE_WINDOW_S: Final = 5.0
VERDICT_SAMPLES: Final = 10
_SPECS: Final[tuple[Any, ...]] = (
    OffsetSpec.earliest(),  # type: ignore[no-untyped-call]
    OffsetSpec.latest(),  # type: ignore[no-untyped-call]
)


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """One partition as one group sees it.

    Attributes:
        end: offset that the next message will get.
        committed: next offset the group reads; None when it never committed.
        messages: how many it has not read; from the oldest kept message without a commit.
        seconds: how old the next message to read is; None while unknown.
    """

    partition: int
    end: int
    committed: int | None
    messages: int
    seconds: float | None
    status: LagStatus


@dataclass(frozen=True, slots=True)
class LinkLag:
    """One topic as the group that reads it sees it.

    Attributes:
        messages: unread messages, all partitions.
        seconds: age of the oldest unread message; None while unknown.
        status: of the worst partition.
        end_rate, commit_rate: messages produced and finished a second, over 5 s.
    """

    messages: int
    seconds: float | None
    status: LagStatus
    end_rate: float
    commit_rate: float
    partitions: tuple[PartitionLag, ...]

    @property
    def clears_in_s(self) -> float | None:
        """Seconds until nothing is unread at these rates; None if it does not come to that."""
        return time_to_clear_s(self.messages, self.end_rate, self.commit_rate)


@dataclass(frozen=True, slots=True)
class LagSnapshot:
    """All links at one moment.

    Attributes:
        taken_at_s: monotonic seconds at which the reading began; 0 before the first.
        broker_ok: whether the last reading came through; the links are old otherwise.
        error: why it did not.
        links: by ``(group, topic)``.
        dlq: messages in each dead-letter topic, by the topic they came from.
    """

    taken_at_s: float = 0.0
    broker_ok: bool = False
    error: str | None = None
    links: dict[tuple[str, str], LinkLag] = field(default_factory=dict)
    dlq: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Link:
    """What is remembered of one link between readings."""

    times: dict[int, OffsetTimes] = field(default_factory=lambda: defaultdict(OffsetTimes))
    samples: dict[int, deque[LagSample]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=VERDICT_SAMPLES))
    )
    totals: deque[tuple[float, int, int]] = field(default_factory=deque)
    history: deque[tuple[float, int]] = field(default_factory=deque)


class LagMonitor:
    """Reads committed and end offsets every second, from `start` to `stop`."""

    def __init__(self, access: KafkaAccess) -> None:
        self._access = access
        self._snapshot = LagSnapshot()
        self._links: dict[tuple[str, str], _Link] = defaultdict(_Link)
        self._changed = threading.Condition()
        self._partitions: dict[str, list[int]] = {}
        self._partitions_read_s: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lag-monitor", daemon=True)

    def start(self) -> None:
        """Begin reading; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End reading; waits for a reading under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

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
            return list(self._links[group, topic].history)

    def _run(self) -> None:
        admin: AdminClient | None = None
        # `is None`: a client is false while it has nothing in its queue.
        while not self._stop.wait(0.0 if admin is None else INTERVAL_S):
            try:
                admin = self._access.admin() if admin is None else admin
                snapshot = self._read(admin)
            except (KafkaException, KafkaSettingsError, TimeoutError) as error:
                self._partitions_read_s = None
                snapshot = LagSnapshot(
                    self._snapshot.taken_at_s,
                    broker_ok=False,
                    error=redact_text(_words(error)),
                    links=self._snapshot.links,
                    dlq=self._snapshot.dlq,
                )
                if admin is None:
                    self._publish(snapshot)
                    return  # wrong settings: asking again cannot help
            self._publish(snapshot)

    def _publish(self, snapshot: LagSnapshot) -> None:
        with self._changed:
            self._snapshot = snapshot
            self._changed.notify_all()

    def _read(self, admin: AdminClient) -> LagSnapshot:
        began_s = time.monotonic()
        sources = self._access.source_topics()
        partitions = self._known_partitions(admin, list(sources), began_s)
        committed = {
            (group, topic): _committed(admin, group, topic, partitions[topic])
            for group, topic in self._access.readers()
            if topic in partitions
        }
        ends = _ends(admin, partitions)
        links = {}
        with self._changed:
            for (group, topic), offsets in committed.items():
                self._access.note_committed(group, topic, offsets)
                link = self._links[group, topic]
                links[group, topic] = _link_lag(link, topic, partitions[topic], offsets, ends)
        dlq = {
            topic: sum(
                end.latest for (name, _), end in ends.items() if name == dead_letter_topic(topic)
            )
            for topic in sources
        }
        return LagSnapshot(began_s, broker_ok=True, error=None, links=links, dlq=dlq)

    def _known_partitions(
        self, admin: AdminClient, sources: list[str], now_s: float
    ) -> dict[str, list[int]]:
        read_s = self._partitions_read_s
        complete = len(self._partitions) == 2 * len(sources)
        if read_s is None or not complete or now_s - read_s > PARTITIONS_REFRESH_S:
            self._partitions = _partitions(admin, sources)
            self._partitions_read_s = now_s
        return self._partitions


@dataclass(frozen=True, slots=True)
class _End:
    earliest: int
    latest: int


def _partitions(admin: AdminClient, topics: list[str]) -> dict[str, list[int]]:
    metadata = admin.list_topics(timeout=REQUEST_TIMEOUT_S)
    wanted = [*topics, *map(dead_letter_topic, topics)]
    return {
        topic: sorted(metadata.topics[topic].partitions)
        for topic in wanted
        if topic in metadata.topics
    }


def _committed(
    admin: AdminClient, group: str, topic: str, partitions: list[int]
) -> dict[int, int | None]:
    request = ConsumerGroupTopicPartitions(
        group, [TopicPartition(topic, partition) for partition in partitions]
    )
    answers = admin.list_consumer_group_offsets([request], request_timeout=REQUEST_TIMEOUT_S)
    result = answers[group].result(REQUEST_TIMEOUT_S)
    return {
        answer.partition: None if answer.offset in {OFFSET_INVALID, -1} else answer.offset
        for answer in result.topic_partitions or []
    }


def _ends(admin: AdminClient, partitions: dict[str, list[int]]) -> dict[tuple[str, int], _End]:
    wanted = [
        TopicPartition(topic, partition)
        for topic, numbers in partitions.items()
        for partition in numbers
    ]
    offsets: list[dict[tuple[str, int], int]] = []
    for spec in _SPECS:
        answers = admin.list_offsets(
            {partition: spec for partition in wanted},  # noqa: C420 - the type is dict[.., spec]
            isolation_level=IsolationLevel.READ_COMMITTED,
            request_timeout=REQUEST_TIMEOUT_S,
        )
        offsets.append(_answered(answers))
    earliest, latest = offsets
    return {
        key: _End(max(0, earliest[key]), max(0, latest[key])) for key in earliest.keys() & latest
    }


def _answered(answers: dict[TopicPartition, Any]) -> dict[tuple[str, int], int]:
    """Return the offsets that were answered.

    A partition that is between two leaders has none for a moment; the others are shown all the
    same.

    Raises:
        KafkaException: none was answered.
    """
    found = {}
    failed: KafkaException | None = None
    for partition, answer in answers.items():
        try:
            found[partition.topic, partition.partition] = answer.result(REQUEST_TIMEOUT_S).offset
        except KafkaException as error:
            failed = error
    if failed is not None and not found:
        raise failed
    return found


def _link_lag(
    link: _Link,
    topic: str,
    partitions: list[int],
    committed: dict[int, int | None],
    ends: dict[tuple[str, int], _End],
) -> LinkLag:
    now_s = time.monotonic()
    lags = []
    for partition in partitions:
        end = ends.get((topic, partition))
        if end is None:
            continue
        offset = committed.get(partition)
        # Some brokers (Tansu 0.6) answer an end before what is committed already: believe the
        # commit, since a group cannot have read what is not there.
        latest = max(end.latest, offset or 0)
        position = end.earliest if offset is None else max(offset, end.earliest)
        messages = max(0, latest - position)
        times = link.times[partition]
        times.note(latest, now_s)
        samples = link.samples[partition]
        samples.append(LagSample(now_s, position, messages))
        age = times.age_s(position, now_s)
        lags.append(
            PartitionLag(
                partition,
                latest,
                offset,
                messages,
                age,
                judge(list(samples), age),
            )
        )
    total_end = sum(lag.end for lag in lags)
    total_committed = sum(lag.end - lag.messages for lag in lags)
    messages = sum(lag.messages for lag in lags)
    end_rate, commit_rate = _rates(link, now_s, total_end, total_committed)
    _remember(link, messages)
    ages = [lag.seconds for lag in lags if lag.seconds is not None]
    return LinkLag(
        messages=messages,
        seconds=max(ages) if ages else None,
        status=worst([lag.status for lag in lags]),
        end_rate=end_rate,
        commit_rate=commit_rate,
        partitions=tuple(lags),
    )


def _rates(link: _Link, now_s: float, end: int, committed: int) -> tuple[float, float]:
    link.totals.append((now_s, end, committed))
    while len(link.totals) > 2 and now_s - link.totals[0][0] > RATE_WINDOW_S:
        link.totals.popleft()
    first_s, first_end, first_committed = link.totals[0]
    seconds = now_s - first_s
    if seconds <= 0:
        return 0.0, 0.0
    return (
        max(0.0, (end - first_end) / seconds),
        max(0.0, (committed - first_committed) / seconds),
    )


def _remember(link: _Link, messages: int) -> None:
    now = time.time()
    link.history.append((now, messages))
    while now - link.history[0][0] > HISTORY_S:
        link.history.popleft()


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no broker answered within {REQUEST_TIMEOUT_S:.0f} s"
    cause: Any = error.args[0] if error.args else error
    return str(cause.str()) if hasattr(cause, "str") else str(cause)
