"""Proximity: who is near whom, who belongs together, how fast gaps close."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.detection.grouping import form_groups
from pipeline.detection.proximity import (
    RoadScene,
    companions,
    conflict_pairs,
    describe_group,
    neighbours,
)

Spot = tuple[str, tuple[float, float, float, float], tuple[float, float]]
STILL = (0.0, 0.0)


def scene(*spots: Spot) -> RoadScene:
    return RoadScene(
        np.array([box for _, box, _ in spots], np.float32).reshape(-1, 4),
        np.array([velocity for _, _, velocity in spots], np.float32).reshape(-1, 2),
        [name for name, _, _ in spots],
        np.ones(len(spots), np.bool_),
    )


def person(x: float, foot: float = 200, height: float = 50, speed: float = 0) -> Spot:
    return "person", (x, foot - height, x + height * 0.4, foot), (speed, 0.0)


def car(x: float, foot: float = 200, speed: float = 0) -> Spot:
    return "car", (x, foot - 60, x + 100, foot), (speed, 0.0)


def everyone(road: RoadScene) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.arange(len(road.names), dtype=np.int32)


def test_distance_counts_in_heights_of_the_smaller() -> None:
    road = scene(person(0), person(60), person(200))
    near = neighbours(road, 1.0)
    assert near[0, 1]
    assert near[1, 0]
    assert not near[1, 2]


def test_one_far_behind_is_not_near_although_the_boxes_touch() -> None:
    road = scene(car(0, foot=300), person(40, foot=245, height=20))
    assert not neighbours(road, 1.0)[0, 1]


def test_a_chain_of_neighbours_is_one_group_and_a_loner_none() -> None:
    road = scene(person(0), person(60), person(120), person(500), car(170))
    assert [members.tolist() for members in form_groups(road, 1.0)] == [[0, 1, 2, 4]]


def test_traffic_lights_belong_to_no_group() -> None:
    light: Spot = ("traffic light", (20, 150, 30, 200), STILL)
    assert form_groups(scene(person(0), light), 1.0) == []


def test_distance_and_closing_speed_of_a_car_driving_at_a_person() -> None:
    road = scene(car(0, speed=50), person(125))
    (pair,) = conflict_pairs(road, everyone(road))
    assert (pair.vehicle_index, pair.person_index) == (0, 1)
    assert pair.distance == pytest.approx(25 / 50)
    assert pair.closing_speed == pytest.approx(50 / 50)


def test_one_who_walks_away_opens_the_gap() -> None:
    road = scene(car(0), person(125, speed=25))
    (pair,) = conflict_pairs(road, everyone(road))
    assert pair.closing_speed == pytest.approx(-0.5)


def test_touching_boxes_have_no_distance_and_close_between_their_centres() -> None:
    road = scene(car(0, speed=50), person(95, height=60))
    (pair,) = conflict_pairs(road, everyone(road))
    assert pair.distance == 0
    assert pair.closing_speed > 0


def test_an_object_the_detector_is_not_sure_of_makes_no_conflict() -> None:
    road = scene(car(0, speed=50), person(125))
    doubtful = RoadScene(road.xyxy, road.velocities, road.names, np.array([True, False]))
    assert conflict_pairs(doubtful, everyone(doubtful)) == ()


def test_unknown_velocity_closes_nothing() -> None:
    unknown = ("car", (0.0, 140.0, 100.0, 200.0), (float("nan"), float("nan")))
    road = scene(unknown, person(125))
    (pair,) = conflict_pairs(road, everyone(road))
    assert pair.closing_speed == 0


def test_the_nearest_pair_comes_first_and_far_ones_are_left_out() -> None:
    road = scene(car(0), person(150), person(110), person(400))
    pairs = conflict_pairs(road, everyone(road))
    assert [pair.person_index for pair in pairs] == [2, 1]


def test_one_standing_at_another_depth_is_no_conflict() -> None:
    road = scene(car(0), person(50, foot=230, height=55))
    assert conflict_pairs(road, everyone(road)) == ()


def test_a_motorcyclist_is_in_no_conflict_with_the_own_motorcycle() -> None:
    motorcycle: Spot = ("motorcycle", (0, 160, 60, 200), STILL)
    rider: Spot = ("person", (15, 130, 40, 195), STILL)
    road = scene(motorcycle, rider)
    assert companions(road)[1, 0]
    assert conflict_pairs(road, everyone(road)) == ()


def test_a_passenger_is_in_no_conflict_with_the_own_bus() -> None:
    bus: Spot = ("bus", (0, 0, 300, 200), STILL)
    passenger: Spot = ("person", (100, 60, 130, 140), STILL)
    road = scene(bus, passenger)
    assert conflict_pairs(road, everyone(road)) == ()


def test_a_person_before_the_bus_is() -> None:
    bus: Spot = ("bus", (0, 0, 300, 200), STILL)
    road = scene(bus, person(100, foot=210, height=80))
    assert len(conflict_pairs(road, everyone(road))) == 1


def test_a_cyclist_counts_once_though_seen_as_person_and_bicycle() -> None:
    bicycle: Spot = ("bicycle", (120, 165, 160, 200), STILL)
    rider: Spot = ("person", (128, 140, 150, 195), STILL)
    road = scene(car(0), bicycle, rider)
    assert [pair.person_index for pair in conflict_pairs(road, everyone(road))] == [2]


def test_a_bicycle_without_a_person_counts_itself() -> None:
    bicycle: Spot = ("bicycle", (120, 165, 160, 200), STILL)
    road = scene(car(0), bicycle)
    assert [pair.person_index for pair in conflict_pairs(road, everyone(road))] == [1]


def test_a_group_is_described() -> None:
    road = scene(car(0), person(100, speed=25), person(120, speed=25))
    described = describe_group(road, everyone(road))
    assert described.stationary_vehicles == 1
    assert described.mean_speed == pytest.approx((50 / 3) / (160 / 3), rel=1e-4)
    assert described.crowding == pytest.approx((6000 + 1000 + 1000) / (140 * 60))
    assert len(described.pairs) == 2
