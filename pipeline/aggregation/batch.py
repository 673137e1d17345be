"""What one batch of messages changes in the store: decided first, then written in one go."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from pipeline.aggregation.detections import Announced, Counted
from pipeline.aggregation.joiner import Joined
from pipeline.aggregation.situations import Change
from pipeline.kafka.delivery import Delivery
from pipeline.messages import RiskAssessmentResult


@dataclass(slots=True)
class Batch:
    """Decided, but not written yet.

    Attributes:
        deliveries: messages that are done once this is written.
        announced: requests that want verdicts.
        verdicts: those that are new.
        changes: what they do to the alarms, with the picture of each.
        joined: requests that wait no longer.
        counted: frames with objects that crossed lines or entered zones.
        daily: amounts to add to the daily counters, by day, camera and name.
    """

    deliveries: list[Delivery] = field(default_factory=list)
    announced: list[Announced] = field(default_factory=list)
    verdicts: list[RiskAssessmentResult] = field(default_factory=list)
    changes: list[tuple[Change, bytes | None]] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    daily: Counter[tuple[date, str, str]] = field(default_factory=Counter)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.announced or self.verdicts or self.joined or self.counted or self.daily)

    @property
    def payload_bytes(self) -> int:
        """About how much memory it holds."""
        return sum(len(delivery.value) for delivery in self.deliveries)
