"""The benchmark runs to its end on a real broker and gives figures that fit together."""

from __future__ import annotations

import json
import statistics
from dataclasses import replace
from pathlib import Path

import pytest

from commands import execute, resolve
from pipeline.bench import kafka
from tests.integration.tansu import running_tansu

pytestmark = pytest.mark.integration

SMALL = kafka.Plan(detections=200, verdicts=400, rounds=1)


def check(comparisons: list[kafka.Comparison]) -> None:
    assert len(comparisons) == 3
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
    assert "there are: kafka" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_writes_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures" / "bench.json"
    assert execute(resolve(["bench", "kafka", "--rounds", "1", "--json", str(file)])) == 0
    figures = json.loads(file.read_text(encoding="utf-8"))["kafka"]
    assert figures["plan"]["rounds"] == 1
    shown = capsys.readouterr().out
    assert all(one["name"] in shown for one in figures["comparisons"])
