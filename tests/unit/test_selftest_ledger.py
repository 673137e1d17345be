"""The self-test's books: what is missing is named, repeats are counted, nothing is invented."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.messages import (
    AssessmentTask,
    DetectionResult,
    GroupMetadata,
    ResultMetadata,
    RiskAlert,
    RiskAssessment,
    RiskAssessmentResult,
    TrafficGroup,
    task_id,
)
from pipeline.selftest.ledger import Ledger, percentile

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BOX = (0.0, 0.0, 10.0, 10.0)


def detection(request: str, due: int = 1, idle: int = 0) -> DetectionResult:
    groups = [
        TrafficGroup(
            group_index=index,
            object_count=1,
            bbox=BOX,
            classes=("car",),
            average_confidence=0.5,
            object_indices=(0,),
            reason="new" if index < due else None,
        )
        for index in range(due + idle)
    ]
    return DetectionResult(
        request_id=request,
        camera_id="cam-1",
        timestamp=NOW,
        image_width=100,
        image_height=100,
        traffic_groups=tuple(groups),
    )


def task(request: str, group: int = 0) -> AssessmentTask:
    return AssessmentTask(
        task_id=task_id(request, group),
        request_id=request,
        camera_id="cam-1",
        timestamp=NOW,
        group_index=group,
        group_count=1,
        group_bbox=BOX,
        image_width=100,
        image_height=100,
        detected_objects=(),
        group_metadata=GroupMetadata(),
    )


def result(request: str, group: int = 0) -> RiskAssessmentResult:
    return RiskAssessmentResult(
        message_id=task_id(request, group),
        request_id=request,
        camera_id="cam-1",
        timestamp=NOW,
        group_index=group,
        group_count=1,
        group_bbox=BOX,
        results=(RiskAssessment(risk_level="none", confidence=0.9),),
        metadata=ResultMetadata(assessor="rules", llm_latency=1.0, llm_model="rules-1"),
    )


def test_a_complete_run_misses_nothing() -> None:
    ledger = Ledger()
    ledger.note_detection(detection("a", due=1, idle=2))
    ledger.note_task(task("a"))
    ledger.note_result(result("a"))
    assert ledger.missing(acknowledged=1, stored={"a-0"}) == {}
    assert ledger.unexpected() == {}


@pytest.mark.parametrize(
    ("steps", "stage"), [(0, "detectionResults"), (1, "tasks"), (2, "results"), (3, "stored")]
)
def test_the_stage_that_lost_something_is_named(steps: int, stage: str) -> None:
    ledger = Ledger()
    notes: list[Callable[[], None]] = [
        lambda: ledger.note_detection(detection("a")),
        lambda: ledger.note_task(task("a")),
        lambda: ledger.note_result(result("a")),
    ]
    for note in notes[:steps]:
        note()
    assert list(ledger.missing(acknowledged=1, stored=set())) == [stage]


def test_repeats_are_counted_and_do_not_hide_a_loss() -> None:
    ledger = Ledger()
    ledger.note_detection(detection("a"))
    ledger.note_detection(detection("a"))
    assert ledger.duplicates["detection-results"] == 1
    assert "detectionResults" not in ledger.missing(acknowledged=2, stored=set())
    assert "detectionResults" in ledger.missing(acknowledged=3, stored=set())


def test_a_result_that_nobody_asked_for_is_told() -> None:
    ledger = Ledger()
    ledger.note_result(result("ghost"))
    assert ledger.unexpected() == {"results": ["ghost-0"]}


@given(st.integers(1, 30), st.data())
def test_exactly_the_lost_tasks_are_missing(count: int, data: st.DataObject) -> None:
    lost = data.draw(st.sets(st.integers(0, count - 1)))
    ledger = Ledger()
    for number in range(count):
        ledger.note_detection(detection(f"r{number}"))
        if number not in lost:
            ledger.note_task(task(f"r{number}"))
    missing = ledger.missing(count, stored=set()).get("tasks", [])
    assert set(missing) == {f"r{number}-0" for number in lost}


def test_alert_latency_is_from_capture_to_reading() -> None:
    ledger = Ledger()
    alert = RiskAlert(
        alarm_id="x",
        camera_id="cam-1",
        request_id="a",
        group_index=0,
        risk_level="high",
        confidence=0.9,
        risk_types=("vehicle-pedestrian-conflict",),
        description="",
        assessor="rules",
        first_seen=NOW - timedelta(seconds=3),
        last_seen=NOW,
    )
    ledger.note_alert(alert, NOW + timedelta(milliseconds=250))
    assert ledger.alert_latency_ms == [250.0]


def test_percentiles_of_few_samples() -> None:
    assert percentile([], 0.95) is None
    assert percentile([3.0], 0.95) == 3.0
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0


def test_each_poisoned_message_owes_exactly_one_dead_letter() -> None:
    """A dead letter that comes twice is a repeat; one too many or too few is told."""
    ledger = Ledger()
    for origin in ("0@1", "0@2", "0@1"):
        ledger.note_dead_letter("tasks", origin)
    assert ledger.dead_letter_repeats["tasks"] == 1
    assert ledger.wrong_dead_letters({"tasks": 2}) == []
    assert ledger.wrong_dead_letters({"tasks": 3}) == ["tasks: 2 messages dead-lettered, 3 due"]
    assert ledger.wrong_dead_letters({"tasks": 2, "results": 1}) == [
        "results: 0 messages dead-lettered, 1 due"
    ]
    assert ledger.wrong_dead_letters({}) == ["tasks: 2 messages dead-lettered, 0 due"]
