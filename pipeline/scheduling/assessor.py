"""What an assessor is: it gives verdicts about one task at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from pipeline.messages import AssessmentTask, ResultMetadata, RiskAssessment


class AssessmentError(RuntimeError):
    """A task cannot be assessed; the text says why and becomes the result's error."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Verdicts about one task, worst first, and how they came about."""

    results: tuple[RiskAssessment, ...]
    metadata: ResultMetadata


class Assessor(Protocol):
    """Gives verdicts; many calls may be under way at once.

    Attributes:
        kind: who gives the verdicts; goes into every result.
        model: name of the model, or version of the rules.
        label: for people, such as ``Offline rules (rules-1)``.
    """

    @property
    def kind(self) -> Literal["rules", "llm"]: ...

    @property
    def model(self) -> str: ...

    @property
    def label(self) -> str: ...

    async def assess(self, task: AssessmentTask) -> Outcome:
        """Return the verdicts about `task`.

        Raises:
            AssessmentError: it cannot be assessed, and trying again would not help.
        """
        ...
