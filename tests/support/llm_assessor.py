"""The language model's assessor at work on a real server, and what each task ends as."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from pipeline.evidence_store import EvidenceStore
from pipeline.messages import AssessmentTask, utc_now
from pipeline.scheduling.assessor import AssessmentError, Outcome
from pipeline.scheduling.llm.assessor import LlmAssessor
from pipeline.scheduling.llm.keys import fetch_keys
from pipeline.scheduling.llm.prompt import load_template
from pipeline.settings_scheduler import SchedulerSettings
from pipeline.states import WorkerName
from pipeline.telemetry import WorkerTelemetry
from tests.support import messages as made
from tests.support.llm_server import LlmServer

PATIENCE_S = 20.0
"""How long a server may take in tests: on a busy machine a good answer may take a second, too."""

KEYS = {"first": "test-key-1-f00dcafe", "second": "test-key-2-deadbeef"}


def patience_s(fault: str) -> float:
    """Return how long to wait for a server with `fault`: of one that hangs nothing comes anyhow."""
    return 1.0 if fault == "hang" else PATIENCE_S


def settings(server: LlmServer, *names: str, **changes: Any) -> SchedulerSettings:
    keys = [
        {"id": name, "secret": f"env:SIGNALBOX_TEST_{name.upper()}"} for name in names or ("first",)
    ]
    slots = changes.pop("max_in_flight", 20)
    table: dict[str, Any] = {"base_url": server.base_url, "model": "qwen-vl", "keys": keys}
    return SchedulerSettings(
        assessor="llm", max_in_flight=slots, llm=table | {"timeout_s": PATIENCE_S} | changes
    )


def task(number: int = 0, *, age_s: float = 0.0) -> AssessmentTask:
    timestamp = utc_now() - timedelta(seconds=age_s)
    return replace(made.task(f"request-{number}"), timestamp=timestamp)


class Run:
    """An assessor at work, and what it tells."""

    def __init__(self, of: SchedulerSettings, pictures: EvidenceStore | None = None) -> None:
        self.telemetry = WorkerTelemetry(WorkerName.SCHEDULER)
        self.assessor = LlmAssessor(
            of, fetch_keys(of.llm), load_template(of.llm.prompt), self.telemetry, pictures=pictures
        )

    async def outcome(self, of: AssessmentTask) -> Outcome | AssessmentError:
        try:
            return await self.assessor.assess(of)
        except AssessmentError as error:
            return error

    def counted(self, name: str) -> int:
        return self.telemetry.snapshot().counters.get(name, 0)


def working(
    of: SchedulerSettings,
    work: Callable[[Run], Awaitable[None]],
    pictures: EvidenceStore | None = None,
) -> Run:
    """Do `work` with an open assessor."""
    run = Run(of, pictures)

    async def go() -> None:
        await run.assessor.open()
        try:
            await work(run)
        finally:
            await run.assessor.close()

    asyncio.run(go())
    return run


def assessed(
    of: SchedulerSettings, *tasks: AssessmentTask, pictures: EvidenceStore | None = None
) -> tuple[list[Outcome | AssessmentError], Run]:
    """Have tasks assessed all at once; return what each ends as."""
    ended: list[Outcome | AssessmentError] = []

    async def work(run: Run) -> None:
        ended.extend(await asyncio.gather(*(run.outcome(one) for one in tasks)))

    run = working(of, work, pictures)
    return ended, run


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not within 20 s")


def good(of: Outcome | AssessmentError) -> Outcome:
    assert isinstance(of, Outcome), of
    assert of.results[0].risk_level == "medium"
    assert of.metadata.assessor == "llm"
    return of


def bad(of: Outcome | AssessmentError) -> AssessmentError:
    assert isinstance(of, AssessmentError), of
    return of
