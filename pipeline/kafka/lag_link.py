"""The lag of one group on one topic, from one reading of the offsets to the next. Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.kafka.lag_rules import (
    LagSample,
    LagStatus,
    OffsetTimes,
    judge,
    time_to_clear_s,
    worst,
)
from pipeline.kafka.offsets_read import End

HISTORY_S: Final = 900.0
RATE_WINDOW_S: Final = 5.0
VERDICT_SAMPLES: Final = 10


@dataclass(frozen=True, slots=True)
class LagRules:
    """What the settings say.

    Attributes:
        allowed_lag: messages of a partition that may be unread without any suspicion.
        begins_at_end: whether a group without a commit begins at the end, and not at the oldest
            message kept.
    """

    allowed_lag: int
    begins_at_end: bool = False


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """One partition as one group sees it.

    Attributes:
        end: offset that the next message will get.
        committed: next offset the group reads; None when it never committed.
        messages: how many it has not read; without a commit, or with one of a topic that was
            deleted, from where it would begin.
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


@dataclass(slots=True)
class _Known:
    """What is remembered of one partition."""

    end: int = 0
    times: OffsetTimes = field(default_factory=OffsetTimes)
    samples: deque[LagSample] = field(default_factory=lambda: deque(maxlen=VERDICT_SAMPLES))


class LinkBook:
    """What is remembered of one group on one topic.

    Attributes:
        history: ``(unix seconds, unread messages)`` of the last 15 minutes.
    """

    def __init__(self, rules: LagRules) -> None:
        self._rules = rules
        self._partitions: dict[int, _Known] = defaultdict(_Known)
        self._totals: deque[tuple[float, int, int]] = deque()
        self.history: deque[tuple[float, int]] = deque()

    def note(
        self,
        committed: Mapping[int, int | None],
        ends: Mapping[int, End],
        now_s: float,
        wall_s: float,
    ) -> LinkLag:
        """Note a reading; return what it means.

        Args:
            committed: by partition; None without a commit.
            ends: of the partitions that there are, read after `committed`.
            now_s: when, in monotonic seconds.
            wall_s: the same in unix seconds.
        """
        if any(end.latest < self._partitions[number].end for number, end in ends.items()):
            # Made anew: nothing of before says anything about it.
            self._partitions.clear()
            self._totals.clear()
        lags = [
            self._partition(number, committed.get(number), end, now_s)
            for number, end in sorted(ends.items())
        ]
        messages = sum(lag.messages for lag in lags)
        total = sum(lag.end for lag in lags)
        end_rate, commit_rate = self._rates(now_s, total, total - messages)
        self._remember(messages, wall_s)
        ages = [lag.seconds for lag in lags if lag.seconds is not None]
        return LinkLag(
            messages=messages,
            seconds=max(ages, default=None),
            status=worst([lag.status for lag in lags]),
            end_rate=end_rate,
            commit_rate=commit_rate,
            partitions=tuple(lags),
        )

    def _partition(
        self, number: int, committed: int | None, end: End, now_s: float
    ) -> PartitionLag:
        known = self._partitions[number]
        latest, position = _place(committed, end, self._rules)
        known.end = max(known.end, end.latest)
        known.times.note(latest, now_s)
        known.samples.append(LagSample(now_s, position, latest - position))
        age_s = known.times.age_s(position, now_s)
        status = judge(list(known.samples), age_s, self._rules.allowed_lag)
        return PartitionLag(number, latest, committed, latest - position, age_s, status)

    def _rates(self, now_s: float, end: int, committed: int) -> tuple[float, float]:
        self._totals.append((now_s, end, committed))
        while len(self._totals) > 2 and now_s - self._totals[0][0] > RATE_WINDOW_S:
            self._totals.popleft()
        first_s, first_end, first_committed = self._totals[0]
        seconds = now_s - first_s
        if seconds <= 0:
            return 0.0, 0.0
        return (
            max(0.0, (end - first_end) / seconds),
            max(0.0, (committed - first_committed) / seconds),
        )

    def _remember(self, messages: int, wall_s: float) -> None:
        self.history.append((wall_s, messages))
        while wall_s - self.history[0][0] > HISTORY_S:
            self.history.popleft()


def _place(committed: int | None, end: End, rules: LagRules) -> tuple[int, int]:
    """Return the end, and where the group reads on; never beyond the end."""
    start = end.latest if rules.begins_at_end else end.earliest
    if committed is None:
        return end.latest, start
    if committed <= end.latest:
        return end.latest, max(committed, end.earliest)
    if end.is_certain:
        # Of a topic of the same name that was deleted: the reader begins as without a commit.
        return end.latest, start
    # The end was told too low: a group cannot have read what is not there.
    return committed, committed
