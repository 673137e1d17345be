"""From boxes to messages: what one camera reports over frames."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.detection.analysis import Analysis, CameraAnalyst
from pipeline.detection.models import Detections
from pipeline.messages import DetectionResult, decode, encode, utc_now
from pipeline.settings_areas import GroundSettings

NAMES = ("person", "car", "traffic light")
SIZE = (640, 360)
FROM_ABOVE = GroundSettings(
    image=((0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0)),
    metres=((0.0, 0.0), (64.0, 0.0), (64.0, 36.0), (0.0, 36.0)),
)
"""Ten pixels are a metre everywhere."""


def analyst(ground: GroundSettings | None = None) -> CameraAnalyst:
    return CameraAnalyst(NAMES, 0.4, 1.0, 5.0, evidence_max_bytes=60_000, ground=ground)


def street(car_x: float) -> Detections:
    """A car that draws near to a person, beside a traffic light."""
    boxes = [[car_x, 140, car_x + 100, 200], [220, 140, 245, 200], [300, 20, 310, 50]]
    return Detections(
        np.array(boxes, np.float32),
        np.array([0.8, 0.7, 0.6], np.float32),
        np.array([1, 0, 2], np.int32),
    )


def play(camera: CameraAnalyst, frames: int, scene: int = 1, start_s: float = 10) -> list[Analysis]:
    return [
        camera.analyse(street(40 + 8 * n), start_s + 0.2 * n, scene, SIZE) for n in range(frames)
    ]


def test_a_car_drawing_near_a_person_becomes_a_group_that_is_due() -> None:
    seen = play(analyst(), 8)
    last = seen[-1]
    (group,) = last.groups
    assert group.classes == ("car", "person")
    assert group.object_indices == (0, 1)
    assert [found.track_id for found in last.objects] == [1, 2, 3]
    (pair,) = group.metadata.pairs
    assert (pair.vehicle_index, pair.person_index) == (0, 1)
    assert 0 < pair.distance < 1
    assert 0.5 < pair.closing_speed < 0.8
    reasons = [group.reason for analysis in seen for group in analysis.groups]
    assert reasons[0] == "new"
    assert set(reasons[1:]) <= {None, "changed"}


def test_the_result_keeps_the_contract() -> None:
    analysis = play(analyst(), 6)[-1]
    message = DetectionResult(
        request_id="r",
        camera_id="c",
        timestamp=utc_now(),
        image_width=640,
        image_height=360,
        detected_objects=analysis.objects,
        traffic_groups=analysis.groups,
    )
    again = decode(encode(message), DetectionResult)
    assert again.detected_objects == analysis.objects
    assert again.traffic_groups == analysis.groups


def test_the_overlay_shows_all_objects_and_groups() -> None:
    overlay = play(analyst(), 6)[-1].overlay((640, 360))
    assert [box.label for box in overlay.boxes] == ["car", "person", "traffic light"]
    assert [group.object_count for group in overlay.groups] == [2]


def test_when_the_picture_jumps_tracks_and_groups_are_new() -> None:
    camera = analyst()
    before = play(camera, 6)[-1]
    after = play(camera, 6, scene=2, start_s=20)
    assert [found.track_id for found in after[0].objects] == [None, None, None]
    assert {found.track_id for found in after[-1].objects} == {4, 5, 6}
    assert after[-1].groups[0].group_index != before.groups[0].group_index


def test_an_empty_street_reports_nothing() -> None:
    analysis = analyst().analyse(Detections.empty(), 1.0, 1, SIZE)
    assert analysis == Analysis((), ())


def test_with_a_known_ground_places_speeds_and_gaps_are_in_metres() -> None:
    seen = play(analyst(FROM_ABOVE), 11)
    last = seen[-1]
    car, person, _ = last.objects
    assert car.ground_position == (17.0, 16.0)
    assert car.ground_velocity is not None
    assert car.ground_velocity[0] == pytest.approx(4.0, abs=0.1)
    assert person.ground_velocity == pytest.approx((0.0, 0.0), abs=0.01)
    (pair,) = last.groups[0].metadata.pairs
    assert pair.distance_metres == pytest.approx(0.0, abs=0.01)
    (earlier,) = seen[-2].groups[0].metadata.pairs
    assert earlier.distance_metres == pytest.approx(0.8, abs=0.01)
    assert earlier.distance == pytest.approx(0.8 / 1.7, abs=0.01)
    assert earlier.closing_metres_per_s == pytest.approx(4.0, abs=0.1)
    assert last.groups[0].metadata.mean_metres_per_s == pytest.approx(2.0, abs=0.1)
    # In the picture they are near already, on the road they are not: 4 m apart.
    assert not seen[5].groups
    assert play(analyst(), 6)[-1].groups


def test_without_a_ground_there_are_no_metres() -> None:
    last = play(analyst(), 9)[-1]
    assert last.objects[0].ground_position is None
    assert last.objects[0].ground_velocity is None
    assert last.groups[0].metadata.mean_metres_per_s is None
    assert last.groups[0].metadata.pairs[0].distance_metres is None


def test_another_size_of_picture_scales_the_ground() -> None:
    camera = analyst(FROM_ABOVE)
    small = camera.analyse(street(40), 1.0, 1, SIZE).objects[0]
    large = camera.analyse(street(40), 1.2, 1, (1280, 720)).objects[0]
    assert small.ground_position == (9.0, 16.0)
    assert large.ground_position == (4.5, 26.0)
