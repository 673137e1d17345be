"""Looks into the dead-letter topics, and sends messages back to where they came from.

Reading takes part in no consumer group and commits nothing. Kafka cannot delete single messages,
so which ones were sent back is noted in a file of this computer; another one does not know of it,
and a message sent back twice is a repeat, which every worker takes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from pipeline.kafka import clients
from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.dead_letters import (
    CUT_HEADER,
    ORIGIN_HEADERS,
    WORDING_HEADER,
    dead_letter_topic,
)
from pipeline.kafka.errors import KafkaUnavailableError
from pipeline.paths import data_folder
from pipeline.redact import redact_text
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry
from pipeline.texts import Text, say, verbatim
from pipeline.wording import from_bytes, text_of

READ_TIMEOUT_S: Final = 10.0
REQUEST_TIMEOUT_S: Final = 5.0
PREVIEW_CHARACTERS: Final = 4000
DEFAULT_LIMIT: Final = 200
MAX_DIGITS: Final = 18
"""More digits are no size of anything."""

ALREADY: Final = say("It was sent back already.")
GONE: Final = say("Kafka no longer keeps it.")

RESENT_HEADER: Final = "resent.from"
"""Header of a message that was sent back: ``topic[partition]@offset`` of its dead letter."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be processed.

    Attributes:
        topic, partition, offset: where it lies.
        at: when it came there; None if the broker does not tell.
        source: where it came from, ``topic[partition]@offset``; empty if unknown.
        source_topic: the topic to send it back to.
        worker: which worker could not process it.
        reason: why; English words alone where the worker did not say what they are made of.
        size: bytes of its value.
        text: the beginning of its value as text, without secrets.
        whole_bytes: how long its value was before it was cut; None when it is whole.
        sent_back: whether it was sent back from this computer.
        came_back: whether it was sent back before and failed again.
    """

    topic: str
    partition: int
    offset: int
    at: datetime | None
    source: str
    source_topic: str
    worker: str
    reason: Text
    size: int
    text: str
    whole_bytes: int | None
    sent_back: bool
    came_back: bool

    @property
    def place(self) -> str:
        """Where it lies, ``topic[partition]@offset``."""
        return f"{self.topic}[{self.partition}]@{self.offset}"

    @property
    def mark(self) -> str:
        """Its name in the note of what was sent back; its time tells apart topics made anew."""
        stamp = int(self.at.timestamp() * 1000) if self.at else 0
        return f"{self.place}#{stamp}"

    @property
    def obstacle(self) -> Text | None:
        """Why it cannot be sent back; None if it can."""
        if self.sent_back:
            return ALREADY
        if self.whole_bytes is not None:
            return say(
                "Only the first {size} of its {whole} bytes were kept, since it was larger than "
                "the broker takes.",
                size=self.size,
                whole=self.whole_bytes,
            )
        if not self.source_topic:
            return say("Nothing tells which topic it came from.")
        if dead_letter_topic(self.source_topic) != self.topic:
            # Headers are anybody's who may write there: nobody is to be led to another topic.
            return say(
                "It says that it came from {source}, whose dead letters are not in {topic}.",
                source=self.source_topic,
                topic=self.topic,
            )
        return None


@dataclass(frozen=True, slots=True)
class SentBack:
    """What became of letters that were to be sent back.

    Attributes:
        sent: how many the broker has.
        refused: ``(place, why)`` of the others; they are as they were.
    """

    sent: int
    refused: tuple[tuple[str, Text], ...] = ()


class SentNote:
    """Which dead letters were sent back, kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def marks(self) -> set[str]:
        """Return the marks noted; none when the file is missing or cannot be read."""
        try:
            return set(msgspec.json.decode(self._file.read_bytes(), type=list[str]))
        except (OSError, msgspec.DecodeError):
            return set()

    def add(self, marks: set[str]) -> None:
        """Note more of them.

        Raises:
            OSError: the file cannot be written.
        """
        self._file.parent.mkdir(parents=True, exist_ok=True)
        beside = self._file.with_name(f"{self._file.name}.{os.getpid()}.tmp")
        beside.write_bytes(msgspec.json.encode(sorted(self.marks() | marks)))
        beside.replace(self._file)


class DeadLetterBox:
    """The dead letters of one broker. Every method asks the broker: not for the GUI thread."""

    def __init__(self, access: KafkaAccess, note: SentNote | None = None) -> None:
        self._access = access
        self._note = note or SentNote(data_folder() / "dead-letters-sent-back.json")

    def letters(
        self, source_topic: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> list[DeadLetter]:
        """Return the newest dead letters, newest first.

        Args:
            source_topic: only those of this topic; None for all topics that workers read.
            limit: at most this many.

        Raises:
            KafkaUnavailableError: the broker does not answer.
            KafkaSettingsError: no client can be made with the settings.
        """
        sources = [source_topic] if source_topic else list(self._access.source_topics())
        marks = self._note.marks()
        found: list[DeadLetter] = []
        with _Reader(self._access) as reader:
            for source in sources:
                for place in reader.partitions(dead_letter_topic(source)):
                    low, high = reader.bounds(place)
                    start = max(low, high - limit)
                    found += [_letter(message, marks) for message in reader.read(place, start)]
        found.sort(key=lambda letter: letter.at or datetime.min.replace(tzinfo=UTC), reverse=True)
        return found[:limit]

    def send_back(
        self,
        letters: Sequence[DeadLetter],
        on_progress: Callable[[int], bool] = lambda _done: True,
    ) -> SentBack:
        """Send messages back to where they came from, as they were, and wait for the broker.

        Key, value and headers are the original ones; `RESENT_HEADER` comes on top. What stands in
        the way of one message does not hold up the others.

        Args:
            letters: from `letters`.
            on_progress: called with how many are done; returning False ends it there.

        Raises:
            KafkaUnavailableError: the broker does not answer. What it had taken by then is noted.
            KafkaSettingsError: no client can be made with the settings.
            OSError: what was sent back cannot be noted.
        """
        noted = self._note.marks()
        refused: list[tuple[str, Text]] = []
        delivered: set[str] = set()
        producer = self._access.producer(WorkerTelemetry(WorkerName.GENERATOR))
        try:
            with _Reader(self._access) as reader:
                for done, letter in enumerate(letters):
                    if not on_progress(done):
                        break
                    obstacle = letter.obstacle
                    if obstacle is None and letter.mark in noted:
                        obstacle = ALREADY
                    message = None if obstacle else reader.one(letter)
                    if message is None:
                        refused.append((letter.place, obstacle or GONE))
                        continue
                    producer.forward(
                        letter.source_topic,
                        message.key(),
                        message.value() or b"",
                        [*_original_headers(message), (RESENT_HEADER, letter.place)],
                        _noter(delivered, letter.mark),
                    )
        finally:
            left = producer.close()
            if delivered:
                self._note.add(delivered)
        if left:
            raise KafkaUnavailableError(
                say(
                    "Messages not sent back within the time for it: {left}; sent back: "
                    "{delivered}.",
                    left=left,
                    delivered=len(delivered),
                ),
                next_step=say(
                    "See whether the Kafka cluster is up, then send the others back again."
                ),
            )
        return SentBack(len(delivered), tuple(refused))


def _noter(delivered: set[str], mark: str) -> Callable[[], None]:
    return lambda: delivered.add(mark)


class _Reader:
    """Reads stretches of partitions, outside any consumer group."""

    def __init__(self, access: KafkaAccess) -> None:
        self._servers = access.bootstrap_servers
        self._consumer: Consumer = clients.make_reader(access.settings, access.bootstrap_servers)

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._consumer.close()

    def partitions(self, topic: str) -> list[TopicPartition]:
        """Return the partitions of a topic; none if there is no such topic."""
        try:
            # All topics: asking for one by name would make it on many a broker.
            topics = self._consumer.list_topics(timeout=REQUEST_TIMEOUT_S).topics
        except KafkaException as error:
            raise self._away(error.args[0].str()) from error
        if topic not in topics:
            return []
        return [TopicPartition(topic, number) for number in sorted(topics[topic].partitions)]

    def bounds(self, place: TopicPartition) -> tuple[int, int]:
        """Return the oldest offset and the one that the next message will get."""
        try:
            bounds = self._consumer.get_watermark_offsets(place, timeout=REQUEST_TIMEOUT_S)
        except KafkaException as error:
            raise self._away(error.args[0].str()) from error
        if bounds is None:
            raise self._away(say("no offsets"))
        return bounds[0], max(bounds)

    def read(self, place: TopicPartition, start: int) -> Iterator[Message]:
        """Yield the messages from offset `start` to the end of the partition.

        The end is what fetching tells: Tansu 0.6 answers a request for the end offset with the one
        after the first message of its last batch.
        """
        self._consumer.assign([TopicPartition(place.topic, place.partition, start)])
        deadline_s = time.monotonic() + READ_TIMEOUT_S
        while True:
            message = self._consumer.poll(0.2)
            if message is None:
                if time.monotonic() > deadline_s:
                    raise self._away(
                        say("nothing came within {limit_s:.0f} s", limit_s=READ_TIMEOUT_S)
                    )
                continue
            error = message.error()
            if error is not None:
                if error.code() == KafkaError._PARTITION_EOF:
                    return
                if error.retriable() or error.code() == KafkaError._TRANSPORT:
                    continue
                raise self._away(error.str())
            deadline_s = time.monotonic() + READ_TIMEOUT_S
            yield message

    def one(self, letter: DeadLetter) -> Message | None:
        """Return the message of a letter; None when Kafka no longer keeps it."""
        place = TopicPartition(letter.topic, letter.partition)
        low, _ = self.bounds(place)
        if letter.offset < low:
            return None
        message = next(self.read(place, letter.offset), None)
        return message if message is not None and message.offset() == letter.offset else None

    def _away(self, why: str) -> KafkaUnavailableError:
        return KafkaUnavailableError(
            say(
                "The dead letters cannot be read from {servers}: {why}.",
                servers=self._servers,
                why=verbatim(why).changed(redact_text),
            ),
            next_step=say(
                "See whether the broker is up and lets this user read the topics that end in .dlq."
            ),
        )


def _headers(message: Message) -> list[tuple[str, bytes]]:
    headers: Any = message.headers() or []  # the library's type allows a map, which never comes
    return [
        (name, value if isinstance(value, bytes) else str(value or "").encode())
        for name, value in headers
    ]


def _original_headers(message: Message) -> list[tuple[str, str | bytes]]:
    return [
        (name, value)
        for name, value in _headers(message)
        if name not in ORIGIN_HEADERS and name != RESENT_HEADER
    ]


def _reason(told: Mapping[str, str]) -> Text:
    wording = from_bytes(told.get(WORDING_HEADER, "").encode())
    return text_of(told.get("error", ""), wording)


def _letter(message: Message, marks: set[str]) -> DeadLetter:
    # The newest header of a name is the one that counts: the others came with the message.
    told = {name: value.decode("utf-8", "replace") for name, value in _headers(message)}
    value = message.value() or b""
    source_topic, whole = told.get("source.topic", ""), told.get(CUT_HEADER, "")
    where = f"[{told.get('source.partition', '?')}]@{told.get('source.offset', '?')}"
    letter = DeadLetter(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        at=_moment(message),
        source=f"{source_topic}{where}" if source_topic else "",
        source_topic=source_topic,
        worker=told.get("worker", ""),
        reason=_reason(told).changed(redact_text),
        size=len(value),
        text=redact_text(value[:PREVIEW_CHARACTERS].decode("utf-8", "replace")),
        whole_bytes=int(whole) if whole.isdecimal() and len(whole) <= MAX_DIGITS else None,
        sent_back=False,
        came_back=RESENT_HEADER in told,
    )
    return replace(letter, sent_back=True) if letter.mark in marks else letter


def _moment(message: Message) -> datetime | None:
    """Return when a message was written; None where that is no date.

    Whoever writes it sets it, and microseconds in the place of milliseconds are no rarity.
    """
    kind, stamp = message.timestamp()
    if not kind or stamp <= 0:
        return None
    try:
        return datetime.fromtimestamp(stamp / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
