"""The true ends of partitions, where a broker tells them too low.

Tansu 0.6 answers a request for the end offset with the one after the first message of its last
batch. Fetching tells the truth. So a partition whose told end has stood still for a reading is
fetched once from there: a broker that told the truth answers with nothing. It is asked again when
its end moves, and now and then: a topic made anew may have the told end of the old one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from confluent_kafka import Consumer, KafkaError, TopicPartition

from pipeline.kafka.offsets_read import End, Place

MAX_PROBES: Final = 50
"""Partitions that are fetched in one reading; the others wait for the next."""

PROBE_TIMEOUT_S: Final = 1.0


@dataclass(slots=True)
class _Tip:
    """What is known of one partition.

    Attributes:
        told: the newest end that the broker told.
        end: the highest one known since the topic was made.
        is_found: whether `end` was found by fetching since `told` changed.
        is_doubted: whether it is to be fetched again nevertheless.
    """

    told: int
    end: int
    is_found: bool = False
    is_doubted: bool = False


class TipBook:
    """What the ends are, from what was told and what was found. Pure."""

    def __init__(self) -> None:
        self._tips: dict[Place, _Tip] = {}

    def note_told(self, ends: dict[Place, End]) -> list[Place]:
        """Note what the broker tells; return the partitions worth fetching.

        An end that falls means that the topic was made anew: what was known of it is forgotten.
        """
        quiet = []
        for place, end in ends.items():
            tip = self._tips.get(place)
            if tip is None or end.latest < tip.told:
                self._tips[place] = _Tip(end.latest, end.latest)
            elif end.latest > tip.told:
                tip.told, tip.end, tip.is_found = end.latest, max(tip.end, end.latest), False
            elif (tip.is_doubted or not tip.is_found) and end.latest > end.earliest:
                quiet.append(place)
        for gone in self._tips.keys() - ends.keys():
            del self._tips[gone]
        return quiet

    def note_found(self, place: Place, end: int) -> None:
        """Note the end that fetching found."""
        tip = self._tips[place]
        tip.end, tip.is_found, tip.is_doubted = max(end, tip.told), True, False

    def doubt(self) -> None:
        """Have all that was found fetched again."""
        for tip in self._tips.values():
            tip.is_doubted = True

    def told(self, place: Place) -> int:
        """Return the newest end that the broker told."""
        return self._tips[place].told

    def corrected(self, ends: dict[Place, End]) -> dict[Place, End]:
        """Return `ends`, those that were noted last, as they truly are."""
        return {
            place: replace(
                end,
                latest=self._tips[place].end,
                is_certain=self._tips[place].is_found or end.latest == end.earliest,
            )
            for place, end in ends.items()
        }


class TipReader:
    """Fetches the tips of partitions, with a consumer outside any group."""

    def __init__(self, make_reader: Callable[[], Consumer]) -> None:
        self._make_reader = make_reader
        self._reader: Consumer | None = None
        self._book = TipBook()

    def correct(self, ends: dict[Place, End]) -> dict[Place, End]:
        """Return the true ends for those that the broker told; takes `PROBE_TIMEOUT_S` at most."""
        quiet = self._book.note_told(ends)[:MAX_PROBES]
        if quiet:
            for place, end in self._fetch(quiet).items():
                self._book.note_found(place, end)
        return self._book.corrected(ends)

    def doubt(self) -> None:
        """Fetch everything again in the next readings."""
        self._book.doubt()

    def close(self) -> None:
        """Let go of the consumer."""
        if self._reader is not None:
            self._reader.close()

    def _fetch(self, places: Iterable[Place]) -> dict[Place, int]:
        if self._reader is None:
            self._reader = self._make_reader()
        reader, wanted, found = self._reader, set(places), dict[Place, int]()
        reader.assign([TopicPartition(*place, self._book.told(place)) for place in wanted])
        deadline_s = time.monotonic() + PROBE_TIMEOUT_S
        while wanted - found.keys() and time.monotonic() < deadline_s:
            message = reader.poll(0.1)
            error = message.error() if message is not None else None
            if message is None or error is None or error.code() != KafkaError._PARTITION_EOF:
                continue  # a message before the end, or trouble of which asking tells more
            place, offset = (message.topic() or "", message.partition() or 0), message.offset()
            if place in wanted and offset is not None:
                found[place] = offset
        reader.unassign()
        return found
