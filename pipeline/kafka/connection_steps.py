"""The steps of a connection test: which there are, how one went, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipeline.texts import NOTHING, Text, say


class StepName(StrEnum):
    """What is tested, in this order."""

    SETTINGS = "settings"
    DNS = "dns"
    TCP = "tcp"
    TLS = "tls"
    KAFKA = "kafka"
    SASL = "sasl"
    METADATA = "metadata"
    TOPICS = "topics"
    ACL = "acl"

    @property
    def words(self) -> Text:
        """What is tested, for people."""
        return _TITLES[self]


_TITLES: Final = {
    StepName.SETTINGS: say("Settings"),
    StepName.DNS: say("Name (DNS)"),
    StepName.TCP: say("Connection (TCP)"),
    StepName.TLS: say("Encryption (TLS)"),
    StepName.KAFKA: say("Kafka's answer"),
    StepName.SASL: say("Login (SASL)"),
    StepName.METADATA: say("Cluster"),
    StepName.TOPICS: say("Topics"),
    StepName.ACL: say("Rights (ACL)"),
}


class StepState(StrEnum):
    """How a step went; a skipped one is not needed, or cannot be told."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """The outcome of one step, in words for people.

    Attributes:
        detail: what was found, or why it failed or was skipped.
        next_step: what to do now; may be empty.
        took_ms: how long it took.
        missing_topics: of the step `TOPICS`: those that the cluster does not show.
    """

    name: StepName
    state: StepState
    detail: Text
    next_step: Text = NOTHING
    took_ms: float = 0.0
    missing_topics: tuple[str, ...] = ()


class StepFailedError(Exception):
    """Ends a test; `step` is the one that failed."""

    def __init__(self, name: StepName, detail: Text, next_step: Text) -> None:
        super().__init__(detail)
        self.step = Step(name, StepState.FAILED, detail, next_step)


def first_failed(steps: Sequence[Step]) -> Step | None:
    """Return the first step that failed; None when none did."""
    return next((step for step in steps if step.state is StepState.FAILED), None)


def passed(name: StepName, detail: Text) -> Step:
    """Return a step that went well, with what was found."""
    return Step(name, StepState.OK, detail)
