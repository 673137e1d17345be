"""Detections: the arrays fit each other, and selecting keeps them together."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.detection.models import Detections


def three() -> Detections:
    boxes = np.array([[0, 0, 10, 20], [5, 5, 8, 9], [1, 2, 3, 4]], np.float32)
    return Detections(
        boxes,
        np.array([0.9, 0.5, 0.4], np.float32),
        np.array([0, 2, 2], np.int32),
        np.array([7, -1, 8], np.int32),
    )


def test_a_mask_selects_from_every_array() -> None:
    chosen = three()[three().class_id == 2]
    assert chosen.confidence.tolist() == pytest.approx([0.5, 0.4])
    assert chosen.track_id is not None
    assert chosen.track_id.tolist() == [-1, 8]


def test_positions_give_the_order() -> None:
    chosen = three()[np.array([2, 0])]
    assert chosen.xyxy[:, 0].tolist() == [1, 0]


def test_areas_are_width_times_height() -> None:
    assert three().areas.tolist() == [200, 12, 4]


def test_empty_has_the_right_shapes() -> None:
    assert Detections.empty().xyxy.shape == (0, 4)
    assert len(Detections.empty()) == 0


@pytest.mark.parametrize(
    ("boxes", "confidence", "class_id", "complaint"),
    [
        ([[0, 0, 1, 1]], [0.5, 0.5], [0], "confidence"),
        ([[0, 0, 1, 1]], [0.5], [0, 1], "class_id"),
        ([[0, 0, 1]], [0.5], [0], "xyxy"),
        ([[5, 0, 1, 1]], [0.5], [0], "ends before it begins"),
        ([[0, 0, float("nan"), 1]], [0.5], [0], "finite"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    boxes: list[list[float]], confidence: list[float], class_id: list[int], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Detections(
            np.array(boxes, np.float32),
            np.array(confidence, np.float32),
            np.array(class_id, np.int32),
        )


def test_another_number_type_is_refused() -> None:
    with pytest.raises(ValueError, match="float64"):
        Detections(np.zeros((1, 4)), np.zeros(1, np.float32), np.zeros(1, np.int32))  # type: ignore[arg-type]
