"""Stored evidence assessed again: by other thresholds, and by a model on a real server."""

from __future__ import annotations

import base64
import csv
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipeline import settings_file
from pipeline.aggregation.store import AlarmReader
from pipeline.picture import Picture
from pipeline.replay.cases import Case, find_case
from pipeline.replay.run import Row, for_replay, replay
from pipeline.settings import AggregatorSettings, Settings
from pipeline.settings_scheduler import LlmSettings, RulesSettings, SchedulerSettings
from tests.support.alarms import alarm, jpeg, store_alarms, store_judged
from tests.support.llm_server import llm_server

pytestmark = [pytest.mark.integration]

ROOT = Path(__file__).resolve().parents[2]
COUNT = 5
BLIND = RulesSettings(
    near_distance=0.0,
    conflict_distance=0.0,
    time_to_collision_medium_s=0.001,
    time_to_collision_high_s=0.001,
    crowd_size=999,
)
"""Rules that see no danger anywhere."""


@pytest.fixture
def database(database: Path) -> Path:
    store_judged(database, COUNT)
    return database


def cases_of(database: Path) -> list[Case]:
    with AlarmReader(database) as reader:
        found = [find_case(reader, entry) for entry in reader.newest()]
    return [case for case in found if case is not None]


def replayed(cases: list[Case], settings: SchedulerSettings) -> list[Row]:
    rows: list[Row] = []
    replay(cases, for_replay(settings), rows.append, threading.Event())
    return rows


def test_the_same_rules_say_the_same_and_others_say_something_else(database: Path) -> None:
    cases = cases_of(database)
    assert len(cases) == COUNT
    assert all(case.task.group_image_base64 == Picture.of(jpeg()) for case in cases)
    again = replayed(cases, SchedulerSettings())
    assert [(row.is_same, row.description) for row in again] == [
        (True, row.case.entry.alarm.description) for row in again
    ]
    assert [row.after for row in replayed(cases, SchedulerSettings(rules=BLIND))] == ["none"] * 5


def test_a_model_gets_the_stored_picture_and_its_verdict_stands_beside_the_rules(
    database: Path,
) -> None:
    with llm_server() as server:
        settings = SchedulerSettings(
            assessor="llm", llm=LlmSettings(base_url=server.base_url, model="another")
        )
        rows = replayed(cases_of(database), settings)
        seen = list(server.seen)
    assert len(rows) == COUNT
    assert {row.after for row in rows} == {server.verdict["riskLevel"]}
    assert {row.model for row in rows} == {"another"}
    picture = base64.b64encode(jpeg()).decode()
    assert all(picture in json.dumps(one.body) for one in seen)


def test_a_server_that_is_away_is_an_error_of_each_case_not_of_the_replay(database: Path) -> None:
    llm = LlmSettings(base_url="http://127.0.0.1:9/v1", model="m", max_tries=1, task_budget_s=2)
    rows = replayed(cases_of(database), SchedulerSettings(assessor="llm", llm=llm))
    assert len(rows) == COUNT
    assert all(row.after is None and row.error for row in rows)


def test_it_can_be_stopped(database: Path) -> None:
    with llm_server() as server:
        server.latency_s = 30.0
        settings = SchedulerSettings(
            assessor="llm", llm=LlmSettings(base_url=server.base_url, model="m")
        )
        stop = threading.Event()
        rows: list[Row] = []
        thread = threading.Thread(
            target=replay, args=(cases_of(database), for_replay(settings), rows.append, stop)
        )
        thread.start()
        stop.set()
        thread.join(10.0)
        assert not thread.is_alive()
        assert rows == []


def test_an_alarm_without_what_was_asked_is_no_case(database: Path) -> None:
    store_alarms(database, alarm("older"))
    assert len(cases_of(database)) == COUNT


def command(*args: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "main.py", "replay", *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60.0,
        check=False,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"SIGNALBOX_HOME": str(home), "PYTHONIOENCODING": "utf-8"},
    )


def test_the_command(database: Path, tmp_path: Path) -> None:
    store_alarms(database, alarm("older"))
    config = tmp_path / "signalbox.toml"
    settings_file.save(Settings(aggregator=AggregatorSettings(database=database)), config)
    table = tmp_path / "table.csv"
    blind = [
        f"--set=rules.{name}={value}"
        for name, value in BLIND.model_dump().items()
        if name != "crowd_density"
    ]
    done = command(f"--config={config}", f"--csv={table}", *blind, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "5 alarms can be assessed again. 1 cannot" in done.stderr
    assert "0 of 5 have the same level" in done.stdout
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["level_now"] for row in rows] == ["none"] * COUNT
    assert all(row["model_before"].startswith("rules-") for row in rows)
    done = command(f"--config={config}", "--json", home=tmp_path)
    assert [row["same"] for row in json.loads(done.stdout)] == ["yes"] * COUNT
    nowhere = tmp_path / "no folder" / "table.csv"
    done = command(f"--config={config}", f"--csv={nowhere}", home=tmp_path)
    assert done.returncode == 1
    assert f"{nowhere} cannot be written: No such file or directory" in done.stderr
    assert f"{COUNT} of {COUNT} have the same level" in done.stdout, "told all the same"


def test_the_command_asks_before_it_sends_to_a_model(database: Path, tmp_path: Path) -> None:
    with llm_server() as server:
        llm = LlmSettings(base_url=server.base_url, model="m")
        settings = Settings(
            aggregator=AggregatorSettings(database=database),
            scheduler=SchedulerSettings(assessor="llm", llm=llm),
        )
        config = tmp_path / "signalbox.toml"
        settings_file.save(settings, config)
        refused = command(f"--config={config}", home=tmp_path)
        assert refused.returncode == 2
        assert "5 requests with pictures go to m at" in refused.stderr
        assert server.seen == []
        done = command(f"--config={config}", "--yes", home=tmp_path)
        assert done.returncode == 0, done.stderr
        assert len(server.seen) == COUNT


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--set", "rules.no_such=1"], "no such setting"),
        (["--set", "rules.crowd_size=many"], "crowd_size"),
        (["--limit", "0"], "at least 1"),
        (["--prompt", "mine.txt"], "--prompt is for a language model; add --assessor llm"),
        (["--config", "nowhere.toml"], "no settings file"),
    ],
)
def test_wrong_arguments_are_told(args: list[str], words: str, tmp_path: Path) -> None:
    done = command(*args, home=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr


def test_without_a_database_it_says_what_makes_one(tmp_path: Path) -> None:
    usual = command(home=tmp_path)
    assert usual.returncode == 1
    assert "There is no alarm database" in usual.stderr
    assert "python main.py run" in usual.stderr
    assert "--database FILE" in usual.stderr
    named = command("--database", "nowhere.db", home=tmp_path)
    assert named.returncode == 1
    assert "nowhere.db" in named.stderr
    assert "leave it out" in named.stderr
