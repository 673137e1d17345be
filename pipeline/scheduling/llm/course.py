"""How far one task is on its way to a verdict, and how long it waits before it tries again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from pipeline.messages import AssessmentTask, ResultMetadata
from pipeline.scheduling.llm import request

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 20.0
JITTER: Final = 0.5
"""Share of a pause that is random, so that tasks that failed together do not come back together."""


@dataclass(slots=True)
class Course:
    """How far one task is.

    Attributes:
        task: what is to be assessed.
        conversation: what is said to the model, so far.
        tokens: estimate of what one request takes, input and output.
        clock: monotonic seconds.
        began_s: when the task was taken, by `clock`.
        tries: requests that count, of `max_tries`.
        retries: requests beyond the first, of whatever cause; -1 before the first.
        spent_s: time of requests and of pauses between them.
        key_id: of the key that was used last; None without keys.
        input_tokens: counted by the server, of all requests; None where it does not count.
        output_tokens: the same of its answers.
        is_repaired: whether the model was asked already for the right form.
        refused: forms of a request to try next, since the server refused others.
    """

    task: AssessmentTask
    conversation: list[request.Message]
    tokens: int
    clock: Callable[[], float]
    began_s: float
    tries: int = 0
    retries: int = -1
    spent_s: float = 0.0
    key_id: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    is_repaired: bool = False
    refused: list[request.Dialect] = field(default_factory=list)

    def count(self, said: request.Said) -> None:
        """Add the tokens of an answer."""
        if said.input_tokens is not None:
            self.input_tokens = (self.input_tokens or 0) + said.input_tokens
        if said.output_tokens is not None:
            self.output_tokens = (self.output_tokens or 0) + said.output_tokens

    @property
    def took_ms(self) -> float:
        """Milliseconds since the task was taken."""
        return (self.clock() - self.began_s) * 1000

    @property
    def retry_count(self) -> int:
        """Requests beyond the first; 0 before the first."""
        return max(0, self.retries)

    def next_pause_s(self) -> float:
        """Return how long to wait before the next try: doubled with each, and a little random."""
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (self.tries - 1))
        return pause_s * random.uniform(1 - JITTER, 1 + JITTER)

    def metadata(self, model: str, prompt_version: str) -> ResultMetadata:
        """Return what a result tells of how it was come by."""
        return ResultMetadata(
            assessor="llm",
            llm_latency=self.took_ms,
            llm_model=model,
            api_key_id=self.key_id,
            retry_count=self.retry_count,
            prompt_version=prompt_version,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
        )
