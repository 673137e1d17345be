"""Suppression: one object keeps one box, and neighbours keep theirs."""

from __future__ import annotations

import numpy as np

from pipeline.detection.models import Detections
from pipeline.detection.models.suppression import suppress

PERSON, CAR, BUS = 0, 1, 2
VEHICLES = np.array([False, True, True])


def kept(*objects: tuple[int, float, tuple[float, float, float, float]]) -> list[tuple[int, float]]:
    detections = Detections(
        np.array([box for _, _, box in objects], np.float32).reshape(-1, 4),
        np.array([confidence for _, confidence, _ in objects], np.float32),
        np.array([class_id for class_id, _, _ in objects], np.int32),
    )
    result = suppress(detections, 0.5, VEHICLES)
    return [
        (int(c), round(float(p), 2))
        for c, p in zip(result.class_id, result.confidence, strict=True)
    ]


def test_of_overlapping_boxes_of_a_class_the_surest_stays() -> None:
    assert kept((CAR, 0.5, (0, 0, 100, 100)), (CAR, 0.8, (10, 0, 110, 100))) == [(CAR, 0.8)]


def test_neighbours_of_a_class_both_stay() -> None:
    objects = kept((CAR, 0.5, (0, 0, 100, 100)), (CAR, 0.8, (60, 0, 160, 100)))
    assert objects == [(CAR, 0.8), (CAR, 0.5)]


def test_a_vehicle_seen_as_car_and_as_bus_is_one() -> None:
    assert kept((BUS, 0.6, (0, 0, 100, 100)), (CAR, 0.7, (5, 5, 95, 95))) == [(CAR, 0.7)]


def test_the_surer_inner_box_wins_over_the_outer_one() -> None:
    assert kept((CAR, 0.9, (20, 20, 100, 100)), (BUS, 0.5, (0, 0, 110, 110))) == [(CAR, 0.9)]


def test_a_small_car_before_a_bus_stays() -> None:
    objects = kept((BUS, 0.9, (0, 0, 200, 100)), (CAR, 0.5, (10, 50, 60, 90)))
    assert objects == [(BUS, 0.9), (CAR, 0.5)]


def test_a_person_before_a_car_stays() -> None:
    objects = kept((CAR, 0.9, (0, 0, 100, 100)), (PERSON, 0.5, (10, 5, 90, 95)))
    assert objects == [(CAR, 0.9), (PERSON, 0.5)]


def test_nothing_stays_nothing() -> None:
    assert kept() == []
