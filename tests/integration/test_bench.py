"""The benchmark runs to its end on a real broker and gives figures that fit together."""

from __future__ import annotations

import json
import statistics
from dataclasses import replace
from pathlib import Path

import pytest

from commands import execute, resolve
from pipeline.bench import detection, kafka, scheduler
from tests.integration.tansu import running_tansu

pytestmark = pytest.mark.integration

SMALL = kafka.Plan(detections=200, verdicts=400, rounds=1)


def check(comparisons: list[kafka.Comparison]) -> None:
    assert len(comparisons) == 4
    for one in comparisons:
        assert len(one.ours_per_s) == len(one.bare_per_s) == SMALL.rounds
        assert min(*one.ours_per_s, *one.bare_per_s) > 0
        medians = statistics.median(one.ours_per_s), statistics.median(one.bare_per_s)
        assert one.ratio == pytest.approx(medians[0] / medians[1])


def test_on_the_embedded_broker() -> None:
    check(kafka.run(SMALL))


@pytest.mark.slow
def test_on_an_outside_broker_which_is_left_as_it_was(tmp_path: Path) -> None:
    with running_tansu(tmp_path) as broker:
        check(kafka.run(replace(SMALL, bootstrap=broker.bootstrap_servers)))


def test_a_name_that_is_no_benchmark(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(resolve(["bench", "cafka"])) == 2
    assert "there are: kafka, detection, scheduler, doctor, gui" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_writes_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures" / "bench.json"
    assert execute(resolve(["bench", "kafka", "--rounds", "1", "--json", str(file)])) == 0
    figures = json.loads(file.read_text(encoding="utf-8"))["kafka"]
    assert figures["plan"]["rounds"] == 1
    shown = capsys.readouterr().out
    assert all(one["name"] in shown for one in figures["comparisons"])


def test_detection_is_measured_against_the_bare_runtime() -> None:
    plan = detection.Plan(
        rounds=1, seconds=1.0, cameras=3, interval_s=0.5, many_seconds=2.0, many_threads=1
    )
    report = detection.run(plan)
    assert report.steps.infer > 0
    assert report.steps.share == pytest.approx(
        (report.steps.prepare + report.steps.finish) / report.steps.infer
    )
    assert report.speed.ratio > 0
    assert all(0 <= share <= 1.01 for share in report.busy)
    assert report.many is not None
    assert 0 < report.many.slowest_share <= 1
    assert 0 < report.many.got_per_s < 2 * report.many.wanted_per_s


@pytest.mark.slow
def test_the_command_tells_of_detection(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bench.json"
    words = ["bench", "detection", "--rounds", "1", "--seconds", "1", "--cameras", "0"]
    assert execute(resolve([*words, "--json", str(file)])) == 0
    assert "of infer" in capsys.readouterr().out
    assert json.loads(file.read_text(encoding="utf-8"))["detection"]["report"]["many"] is None


@pytest.mark.parametrize("words", [["--seconds", "0"], ["--cameras", "-1"], ["--rounds", "0"]])
def test_options_of_the_bench_that_make_no_sense(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        execute(resolve(["bench", "detection", *words]))
    assert ended.value.code == 2


def test_the_scheduler_is_measured_against_bare_aiohttp() -> None:
    plan = scheduler.Plan(slots=(4,), waves=12, rounds=1, latency_ms=50, picture_bytes=5_000)
    (run,) = scheduler.run(plan)
    (ours,), (bare,) = run.ours, run.bare
    assert run.ideal_per_s == 80
    assert 0 < ours.used.most <= 4
    assert 0 < bare.used.most <= 4
    assert 0 < run.ours_share <= 1.1
    assert 0 < run.bare_share <= 1.1
