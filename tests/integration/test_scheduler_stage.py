"""The scheduler between two topics of a real broker: slow, stopped in the middle, broken down."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Final, Literal

import pytest

from pipeline.messages import AssessmentTask
from pipeline.registry import make_worker
from pipeline.scheduling.assessor import Assessor, Outcome
from pipeline.scheduling.rules.assessor import RulesAssessor
from pipeline.scheduling.worker import SchedulerWorker
from pipeline.settings_scheduler import RulesSettings
from pipeline.states import WorkerName, WorkerState
from pipeline.worker import Worker
from tests.support import messages as made
from tests.support.log_guard import ExpectLog
from tests.support.stages import (
    STAGES,
    MakeWorker,
    feed_detections,
    line,
    owed,
    rows,
    stage_settings,
    stored,
    wait_for_books,
    wait_until,
)

pytestmark = pytest.mark.integration

_, SCHEDULER, _ = STAGES


class SlowAssessor(Assessor):
    """The rules, as slow as a model far away; fails on request."""

    kind: Final[Literal["rules"]] = "rules"
    model: Final = "slow-1"
    label: Final = "Slow rules"

    def __init__(self, longest_s: float, fails_on: str = "") -> None:
        self._rules = RulesAssessor(RulesSettings())
        self._random = random.Random(2)
        self._longest_s = longest_s
        self._fails_on = fails_on
        self.under_way = 0
        self.most_under_way = 0

    async def assess(self, task: AssessmentTask) -> Outcome:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if task.camera_id == self._fails_on:
                raise KeyError(task.camera_id)
            await asyncio.sleep(self._random.uniform(0, self._longest_s))
            return await self._rules.assess(task)
        finally:
            self.under_way -= 1


def with_assessor(assessor: SlowAssessor) -> MakeWorker:
    def make(name: WorkerName) -> Worker:
        return SchedulerWorker(assessor) if name is SCHEDULER else make_worker(name)

    return make


def test_verdicts_finish_in_any_order_and_slots_are_kept_busy(database: Path) -> None:
    frames = [made.detection(f"r{number}", f"cam-{number % 4}") for number in range(200)]
    assessor = SlowAssessor(0.2)
    settings = stage_settings(database, scheduler={"max_in_flight": 20})
    with line(settings, with_assessor(assessor)) as running:
        running.start()
        feed_detections(running.session.kafka, frames)
        wait_for_books(running, database, owed(frames))
        assert assessor.most_under_way == 20
        assert running.snapshot(SCHEDULER).gauges["in_flight"] <= 20


def test_assessments_under_way_at_a_stop_are_finished_or_done_again(
    database: Path, expect_log: ExpectLog
) -> None:
    expect_log("WARNING .* assessments were handed back", maybe=True)
    frames = [made.detection(f"r{number}", f"cam-{number % 4}") for number in range(150)]
    settings = stage_settings(database, scheduler={"max_in_flight": 25})
    with line(settings, with_assessor(SlowAssessor(0.5))) as running:
        running.start()
        feed_detections(running.session.kafka, frames)
        for _ in range(3):
            before = len(stored(database))
            wait_until("some are done", lambda: len(stored(database)) > before)  # noqa: B023
            running.restart(SCHEDULER)
        wait_for_books(running, database, owed(frames))


def test_an_assessor_that_breaks_down_ends_its_task_as_an_error_and_no_other(
    database: Path, expect_log: ExpectLog
) -> None:
    expect_log("ERROR the assessor broke down on task .* of cam-bad.*KeyError")
    frames = [made.detection(f"good-{number}") for number in range(20)]
    bad = made.detection("bad", "cam-bad")
    assessor = SlowAssessor(0.01, fails_on="cam-bad")
    with line(stage_settings(database), with_assessor(assessor)) as running:
        running.start()
        feed_detections(running.session.kafka, [*frames, bad])
        wait_for_books(running, database, owed([*frames, bad]))
        ((message, level),) = rows(
            database, "SELECT message, risk_level FROM results WHERE camera_id = 'cam-bad'"
        )
        document = json.loads(message)
        assert document["error"] == "the assessor broke down (KeyError)"
        assert document["results"] == []
        assert document["metadata"]["llmModel"] == "slow-1"
        assert level == "not_assessed"
        (verdict,) = running.session.hub.verdicts("cam-bad")
        assert verdict.risk_level == "not_assessed"
        counted = rows(
            database, "SELECT camera_id, amount FROM daily_counts WHERE name = 'not_assessed'"
        )
        assert counted == [("cam-bad", 1)]
        assert running.count(SCHEDULER, "errors") == 1
        assert {change.new for change in running.changes} == {
            WorkerState.STARTING,
            WorkerState.RUNNING,
        }
