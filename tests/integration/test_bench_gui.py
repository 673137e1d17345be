"""The benchmark of the window gives figures that fit together."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.bench import gui, scheduler_gap
from pipeline.bench import scheduler

pytestmark = pytest.mark.integration


def test_log_lines_are_taken_and_filtered(tmp_path: Path) -> None:
    figures = gui.child(tmp_path, "log_rows", "20000")
    found = {name: each["found"] for name, each in figures["filters"].items()}
    assert found["none"] == found["text of every line"] == 20_000
    assert found["level"] == 200
    assert 0 < found["pattern"] < 20_000
    assert figures["appendedPerS"] > 0


def test_a_part_that_gives_no_figures_says_why(tmp_path: Path) -> None:
    with pytest.raises(gui.GuiBenchError, match="log_rows gave no figures"):
        gui.child(tmp_path, "log_rows", "many")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_whole_benchmark() -> None:
    plan = gui.GuiPlan(
        cameras=2, seconds=4, wall_cameras=3, wall_seconds=3, lines_per_s=200, rows=5_000, starts=1
    )
    figures = gui.run(plan)
    assert len(figures["load"]["shownFps"]) == 2
    assert len(figures["wall"]["shownFps"]) == 3
    assert figures["load"]["gapSteady"]["count"] > 0
    assert 0 < figures["start"]["paintedRatio"] <= figures["start"]["readyRatio"]
    text = gui.to_text(figures)
    assert "2 cameras" in text
    assert "3 cameras" in text


def test_the_window_is_watched_while_the_scheduler_asks_a_model() -> None:
    plan = scheduler.Plan(slots=(4, 8), waves=6, latency_ms=50, picture_bytes=5_000)
    figures = scheduler_gap.beside_a_window(plan)
    assert [one["slots"] for one in figures["rounds"]] == [4, 8]
    for one in figures["rounds"]:
        assert one["perS"] > 0
        # A round of 48 requests takes 0.3 s at least; the window beats every 5 ms.
        assert one["gap"]["count"] > 10
        assert 4 < one["gap"]["p50"] <= one["gap"]["p99"] <= one["gap"]["maximum"]
    assert "8 in flight beside a window" in scheduler_gap.to_text(figures)
