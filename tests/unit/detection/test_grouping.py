"""Group numbers: they come when a group settles, and stay while its members stay together."""

from __future__ import annotations

import numpy as np

from pipeline.detection.grouping import GroupNumbers
from pipeline.detection.proximity import RoadScene

Members = list[tuple[int, float]]
"""Track id (-1 for none) and place of each member."""


class Street:
    """Plays frames of groups, every `step_s`, and tells their numbers."""

    def __init__(self, step_s: float = 0.2) -> None:
        self.step_s = step_s
        self.numbers = GroupNumbers()
        self.time_s = 50.0

    def see(self, *groups: Members) -> list[int | None]:
        spots = [spot for members in groups for spot in members]
        boxes = np.array([[x, 0, x + 20, 50] for _, x in spots], np.float32).reshape(-1, 4)
        count = len(spots)
        still = np.zeros((count, 2), np.float32)
        road = RoadScene(boxes, still, ["person"] * count, np.ones(count, np.bool_))
        tracks = np.array([track for track, _ in spots], np.int32)
        positions, start = [], 0
        for members in groups:
            positions.append(np.arange(start, start + len(members), dtype=np.int32))
            start += len(members)
        self.time_s += self.step_s
        return self.numbers.assign(road, tracks, positions, self.time_s)


def test_a_group_gets_its_number_when_it_is_seen_again() -> None:
    street = Street()
    pair = [(1, 0.0), (2, 30.0)]
    assert [street.see(pair) for _ in range(3)] == [[None], [1], [1]]


def test_a_group_must_settle_before_it_gets_its_number() -> None:
    street = Street(step_s=0.05)
    pair = [(1, 0.0), (2, 30.0)]
    assert [street.see(pair) for _ in range(3)] == [[None], [None], [None]]
    street.step_s = 0.2
    assert street.see(pair) == [1]


def test_the_number_stays_while_members_come_and_go() -> None:
    street = Street()
    for _ in range(2):
        street.see([(1, 0.0), (2, 30.0)])
    assert street.see([(1, 0.0), (2, 30.0), (3, 60.0)]) == [1]
    assert street.see([(2, 30.0), (3, 60.0)]) == [1]
    assert street.see([(3, 60.0), (4, 90.0)]) == [1]


def test_of_two_parts_the_larger_keeps_the_number() -> None:
    street = Street()
    for _ in range(2):
        street.see([(1, 0.0), (2, 30.0), (3, 60.0), (4, 90.0), (5, 120.0)])
    assert street.see([(1, 0.0), (2, 30.0)], [(3, 300.0), (4, 330.0), (5, 360.0)]) == [None, 1]


def test_members_without_track_are_known_by_their_place() -> None:
    street = Street()
    for _ in range(2):
        street.see([(-1, 0.0), (-1, 30.0)])
    assert street.see([(-1, 2.0), (-1, 31.0)]) == [1]
    assert street.see([(-1, 500.0), (-1, 530.0)]) == [None]


def test_a_group_hidden_for_a_second_keeps_its_number() -> None:
    street = Street()
    pair = [(1, 0.0), (2, 30.0)]
    for _ in range(2):
        street.see(pair)
    for _ in range(5):
        street.see()
    assert street.see(pair) == [1]


def test_one_that_is_gone_for_longer_gets_another() -> None:
    street = Street()
    pair = [(1, 0.0), (2, 30.0)]
    for _ in range(2):
        street.see(pair)
    for _ in range(15):
        street.see()
    assert [street.see(pair) for _ in range(2)] == [[None], [2]]


def test_after_a_jump_numbers_are_new() -> None:
    street = Street()
    pair = [(1, 0.0), (2, 30.0)]
    for _ in range(2):
        street.see(pair)
    street.numbers.reset()
    assert [street.see(pair) for _ in range(2)] == [[None], [2]]
