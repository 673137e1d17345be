"""Makes the result that a task ends as. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from pipeline.messages import (
    AssessmentTask,
    ResultMetadata,
    RiskAssessment,
    RiskAssessmentResult,
)
from pipeline.scheduling.assessor import AssessmentError, Assessor, Outcome


def made(task: AssessmentTask, outcome: Outcome) -> RiskAssessmentResult:
    """Return the result of a task that was assessed."""
    return _result(task, outcome.metadata, outcome.results, None)


def failed(
    task: AssessmentTask, assessor: Assessor, error: AssessmentError, took_ms: float
) -> RiskAssessmentResult:
    """Return the result of a task that `assessor` could not assess within `took_ms`."""
    metadata = error.metadata or ResultMetadata(
        assessor=assessor.kind, llm_latency=took_ms, llm_model=assessor.model
    )
    return replace(
        _result(task, metadata, (), str(error)),
        error_kind=error.kind,
        raw_answer=error.raw_answer,
    )


def _result(
    task: AssessmentTask,
    metadata: ResultMetadata,
    results: tuple[RiskAssessment, ...],
    error: str | None,
) -> RiskAssessmentResult:
    risky = any(item.risk_level != "none" for item in results)
    return RiskAssessmentResult(
        message_id=task.task_id,
        request_id=task.request_id,
        camera_id=task.camera_id,
        timestamp=task.timestamp,
        group_index=task.group_index,
        group_count=task.group_count,
        group_bbox=task.group_bbox,
        results=results,
        metadata=metadata,
        error=error,
        # Pictures of harmless groups are of no use downstream.
        group_image_base64=task.group_image_base64 if risky else None,
        group_image_ref=task.group_image_ref if risky else None,
    )
