"""Assesses cases again and compares; several at a time, in an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.messages import RiskLevel
from pipeline.replay.cases import Case
from pipeline.scheduling.assessor import AssessmentError, Assessor
from pipeline.scheduling.worker import make_assessor
from pipeline.settings_scheduler import SchedulerSettings
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry
from pipeline.texts import NOTHING, Text, say, words_of

AT_ONCE: Final = 8
"""Assessments under way at most: the pipeline's own must not starve."""

LOOK_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Row:
    """One case, as it was judged then and is judged now.

    Attributes:
        before, after: levels; `after` is None where it could not be assessed.
        risk_types, description, confidence: of the worst verdict now.
        error: why it could not be assessed; empty otherwise.
        model: who judged now.
        took_ms: how long that took.
    """

    case: Case
    before: RiskLevel
    after: RiskLevel | None
    risk_types: tuple[str, ...]
    description: str
    confidence: float
    error: Text
    model: str
    took_ms: float

    @property
    def is_same(self) -> bool:
        """Whether the level is what it was."""
        return self.before == self.after


def for_replay(settings: SchedulerSettings) -> SchedulerSettings:
    """Return settings under which stored tasks, which are old, are assessed by whom they name."""
    llm = settings.llm.model_copy(update={"max_task_age_s": 0.0, "fallback_to_rules": False})
    return settings.model_copy(
        update={"llm": llm, "max_in_flight": min(settings.max_in_flight, AT_ONCE)}
    )


def replay(
    cases: Sequence[Case],
    settings: SchedulerSettings,
    on_row: Callable[[Row], None],
    stop: threading.Event,
) -> None:
    """Assess all cases; blocks until that is done or `stop` is set.

    Args:
        cases: what to assess.
        settings: by whom and how, see `for_replay`.
        on_row: called with each outcome as it comes, in any order.
        stop: no more cases are begun, and those under way are given up.

    Raises:
        WorkerError: the prompt cannot be used.
    """
    assessor = make_assessor(settings, WorkerTelemetry(WorkerName.SCHEDULER))
    asyncio.run(_replay(cases, assessor, settings.max_in_flight, on_row, stop))


async def _replay(
    cases: Sequence[Case],
    assessor: Assessor,
    at_once: int,
    on_row: Callable[[Row], None],
    stop: threading.Event,
) -> None:
    left = iter(cases)
    await assessor.open()
    try:
        workers = [
            asyncio.create_task(_work(left, assessor, on_row, stop))
            for _ in range(min(at_once, len(cases)))
        ]
        waiting = set(workers)
        while waiting and not stop.is_set():
            _, waiting = await asyncio.wait(waiting, timeout=LOOK_S)
        for task in waiting:
            task.cancel()
        outcomes = await asyncio.gather(*workers, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
    finally:
        await assessor.close()


async def _work(
    left: Iterator[Case],
    assessor: Assessor,
    on_row: Callable[[Row], None],
    stop: threading.Event,
) -> None:
    for case in left:
        if stop.is_set():
            return
        on_row(await _assess(case, assessor))


async def _assess(case: Case, assessor: Assessor) -> Row:
    began_s = time.perf_counter()
    error = NOTHING
    after: RiskLevel | None = None
    kinds: tuple[str, ...] = ()
    description, confidence = "", 0.0
    try:
        outcome = await assessor.assess(case.task)
    except AssessmentError as failure:
        error = words_of(failure)
    else:
        worst = outcome.results[0] if outcome.results else None
        if worst is None:
            error = say("the assessor gave no verdict")
        else:
            after = worst.risk_level
            kinds, description, confidence = (
                worst.risk_types,
                worst.description,
                worst.confidence,
            )
    return Row(
        case=case,
        before=case.entry.alarm.risk_level,
        after=after,
        risk_types=kinds,
        description=description,
        confidence=confidence,
        error=error,
        model=assessor.model,
        took_ms=(time.perf_counter() - began_s) * 1000,
    )
