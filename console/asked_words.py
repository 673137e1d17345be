"""What an assessor was asked about an alarm, in words; and who answered."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from console import formatting, joining, regional
from console.counted import Counted
from console.pipeline_words import object_word
from console.window_texts import shown
from pipeline.wording import text_of

if TYPE_CHECKING:
    from pipeline.aggregation.store import Asked
    from pipeline.messages import DetectionResult, RiskAssessmentResult, TrafficGroup

translate = QCoreApplication.translate


def asked_words(asked: Asked, group_index: int) -> str:
    """Return what the assessor was told about the group; that it is not known any more, otherwise."""
    detection = asked.detection
    group = _group(detection, group_index) if detection is not None else None
    if detection is None or group is None:
        return translate("Asked", "Not stored with this alarm.")
    counts = Counter(
        detection.detected_objects[index].object_class
        for index in group.object_indices
        if index < len(detection.detected_objects)
    )
    parts = [
        translate("Asked", "The picture, and {0}.").format(
            joining.enumerated(
                f"{number} × {object_word(name)}" for name, number in sorted(counts.items())
            )
        )
    ]
    if group.metadata.pairs:
        pair = group.metadata.pairs[0]
        pattern = (
            translate("Asked", "Nearest pair: {0} person heights apart, closing at {1} a second.")
            if pair.closing_speed >= 0
            else translate(
                "Asked", "Nearest pair: {0} person heights apart, parting at {1} a second."
            )
        )
        speed = regional.decimal(abs(pair.closing_speed), 2)
        parts.append(pattern.format(regional.decimal(pair.distance, 2), speed))
    return joining.one_after_another(parts)


def answered_by(result: RiskAssessmentResult | None) -> str:
    """Return model, prompt and effort of an answer; empty when they are not kept any more."""
    if result is None:
        return ""
    made = result.metadata
    parts = [made.llm_model]
    if made.prompt_version:
        parts.append(translate("Asked", "prompt {0}").format(made.prompt_version))
    parts.append(formatting.milliseconds(made.llm_latency))
    if made.input_tokens is not None:
        tokens = made.input_tokens + (made.output_tokens or 0)
        parts.append(Counted().tokens(tokens))
    if made.retry_count:
        parts.append(Counted().retries(made.retry_count))
    if made.fallback_reason:
        reason = shown(text_of(made.fallback_reason, made.fallback_wording))
        parts.append(translate("Asked", "rules in its place: {0}").format(reason))
    return " · ".join(parts)


def _group(detection: DetectionResult, group_index: int) -> TrafficGroup | None:
    return next(
        (group for group in detection.traffic_groups if group.group_index == group_index), None
    )
