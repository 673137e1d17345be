"""What an assessor is: it gives verdicts about one task at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.messages import AssessmentTask, ErrorKind, ResultMetadata, RiskAssessment
from pipeline.texts import Text


class AssessmentError(RuntimeError):
    """A task cannot be assessed; the text says why and becomes the result's error.

    Attributes:
        kind: what sort of error the result tells of.
        raw_answer: beginning of an answer that is no verdict, free of secrets.
        metadata: how it came about, where that is more than the time it took.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: ErrorKind = "failed",
        raw_answer: str | None = None,
        metadata: ResultMetadata | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.raw_answer = raw_answer
        self.metadata = metadata


@dataclass(frozen=True, slots=True)
class Outcome:
    """Verdicts about one task, worst first, and how they came about."""

    results: tuple[RiskAssessment, ...]
    metadata: ResultMetadata


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an assessor is only half well.

    Attributes:
        reason: for people, with when it goes on; changes only when there is news.
        pauses: whether no more tasks should be taken meanwhile.
    """

    reason: Text
    pauses: bool


class Assessor:
    """Gives verdicts; many calls may be under way at once. To be derived from."""

    @property
    def kind(self) -> Literal["rules", "llm"]:
        """Who gives the verdicts; goes into every result."""
        raise NotImplementedError

    @property
    def model(self) -> str:
        """Name of the model, or version of the rules."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """For people, such as ``offline rules (rules-2)``."""
        raise NotImplementedError

    @property
    def parked(self) -> int:
        """How many of the calls under way wait before they try again, and use no slot."""
        return 0

    @property
    def ahead(self) -> int:
        """How many more calls than there are slots are wanted; they wait inside for one."""
        return 0

    @property
    def in_flight(self) -> int | None:
        """How many calls use a slot; None for all that are neither parked nor over."""
        return None

    async def open(self) -> None:
        """Get ready; called once, in the event loop of all calls."""

    async def close(self) -> None:
        """Let go of everything; no call is under way any more."""

    def trouble(self) -> Trouble | None:
        """Return why it is only half well; None when it is well. Called several times a second."""
        return None

    async def assess(self, task: AssessmentTask) -> Outcome:
        """Return the verdicts about `task`.

        Raises:
            AssessmentError: it cannot be assessed, and trying again would not help.
        """
        raise NotImplementedError
