"""Drawing areas: what each step makes of the shapes, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from console.models.area_drawing import AreaDrawing, drawing_of, encloses, with_areas
from pipeline.settings_cameras import CameraSettings

SQUARE = ((0.2, 0.2), (0.6, 0.2), (0.6, 0.6), (0.2, 0.6))
CAMERA = CameraSettings.model_validate(
    {
        "id": "a",
        "name": "A",
        "source": "demo",
        "region": SQUARE,
        "excluded": [{"name": "Tree", "points": SQUARE[:3]}],
        "zones": [{"name": "Crossing", "points": SQUARE}],
        "lines": [{"name": "Kerb", "points": [(0.1, 0.5), (0.9, 0.5)]}],
        "ground": {"image": SQUARE, "metres": [(0, 9), (3, 9), (3, 0), (0, 0)]},
    }
)


def with_zone() -> AreaDrawing:
    drawing = AreaDrawing()
    drawing.add("zone", SQUARE, "Z")
    return drawing


def points(drawing: AreaDrawing) -> tuple[tuple[float, float], ...]:
    assert drawing.chosen_shape is not None
    return drawing.chosen_shape.points


def test_a_camera_comes_back_as_it_was_drawn() -> None:
    assert with_areas(CAMERA, drawing_of(CAMERA).shapes) == CAMERA
    assert with_areas(CAMERA, ()).region == ()
    assert with_areas(CAMERA, ()).ground is None


def test_a_second_region_takes_the_place_of_the_first() -> None:
    drawing = drawing_of(CAMERA)
    count = len(drawing.shapes)
    drawing.add("region", SQUARE[:3])
    assert len(drawing.shapes) == count
    assert with_areas(CAMERA, drawing.shapes).region == SQUARE[:3]


def test_points_and_shapes_stay_in_the_picture() -> None:
    drawing = with_zone()
    drawing.move(5, -5)
    assert points(drawing) == ((0.6, 0.0), (1.0, 0.0), (1.0, 0.4), (0.6, 0.4))
    drawing.choose(0, 2)
    drawing.move(9, 9)
    assert points(drawing)[2] == (1.0, 1.0)


def test_a_drag_is_one_step_back() -> None:
    drawing = with_zone()
    before = drawing.shapes
    for way in (0.01, 0.05, 0.1):
        drawing.move(way, 0, since=before)
    drawing.remember(before)
    assert points(drawing)[0] == (0.3, 0.2)
    assert drawing.undo()
    assert drawing.shapes == before
    assert drawing.redo()
    assert drawing.shapes[0].points[0] == (0.3, 0.2)


def test_a_point_goes_into_the_nearest_edge_and_out_again() -> None:
    drawing = with_zone()
    assert drawing.insert((0.4, 0.25))
    assert points(drawing)[1] == (0.4, 0.25)
    assert drawing.corner == 1
    drawing.delete()
    assert points(drawing) == SQUARE
    drawing.delete()
    assert drawing.shapes == ()


def test_a_triangle_and_a_line_cannot_spare_a_point() -> None:
    drawing = AreaDrawing()
    drawing.add("line", SQUARE[:2], "L")
    assert not drawing.insert((0.4, 0.2))
    drawing.choose(0, 0)
    drawing.delete()
    assert drawing.shapes == ()


def test_a_line_that_is_turned_counts_the_other_way() -> None:
    drawing = AreaDrawing()
    drawing.add("line", SQUARE[:2], "L")
    drawing.turn()
    assert points(drawing) == SQUARE[1::-1]


def test_ground_is_as_large_as_somebody_says() -> None:
    drawing = AreaDrawing()
    drawing.add("ground", SQUARE)
    drawing.set_metres(3.5, 12)
    ground = with_areas(CAMERA, drawing.shapes).ground
    assert ground is not None
    assert ground.metres == ((0, 12), (3.5, 12), (3.5, 0), (0, 0))


def test_what_cannot_be_used_is_refused() -> None:
    drawing = with_zone()
    drawing.rename("")
    with pytest.raises(ValidationError):
        with_areas(CAMERA, drawing.shapes)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(["region", "zone", "line"])),
        st.tuples(st.just("choose"), st.integers(0, 5)),
        st.tuples(st.just("move"), st.floats(-2, 2)),
        st.sampled_from([("delete", 0), ("turn", 0), ("corner", 0), ("insert", 0)]),
    ),
    max_size=25,
)


@given(steps)
def test_undoing_everything_leads_back_and_redoing_forth_again(
    todo: list[tuple[str, object]],
) -> None:
    drawing = AreaDrawing()
    for step, value in todo:
        match step, value:
            case "add", "line":
                drawing.add("line", SQUARE[:2], "L")
            case "add", "region":
                drawing.add("region", SQUARE)
            case "add", _:
                drawing.add("zone", SQUARE, "Z")
            case "choose", int(place):
                drawing.choose(place if place < len(drawing.shapes) else None)
            case "move", float(way):
                drawing.move(way, -way)
            case "delete", _:
                drawing.delete()
            case "turn", _:
                drawing.turn()
            case "corner", _:
                drawing.step_corner()
            case "insert", _:
                drawing.insert((0.4, 0.4))
    end = drawing.shapes
    while drawing.undo():
        pass
    assert drawing.shapes == ()
    while drawing.redo():
        pass
    assert drawing.shapes == end


def test_a_point_in_a_polygon_is_found() -> None:
    assert encloses(SQUARE, (0.4, 0.4))
    assert not encloses(SQUARE, (0.7, 0.4))
