"""The installed program on a console: Ctrl+C, Ctrl+Break and a close stop all workers in order.

The broker lives on, as a cluster does, so that whatever is lost or done twice shows. Each test goes on
where the one before it stopped.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer import tools
from pipeline import settings_file
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.messages import AssessmentTask, DetectionResult, RiskAssessmentResult, task_id
from pipeline.settings import AggregatorSettings, KafkaSettings, demo_settings
from pipeline.states import WorkerName
from tests.integration.kafka_brokers import cluster_settings
from tests.support.stages import owed, rows, stored
from tests.windows.conftest import PROGRAM, note_figure
from tests.windows.topics import Topic
from tests.windows.wine import HERE, Program, Wine, at_most, wait_until, windows_path

pytestmark = [
    pytest.mark.windows,
    at_most(600),
    pytest.mark.usefixtures("runnable"),
]

CLI = f"{PROGRAM}\\signalbox-cli.exe"
EVENTS = {"Ctrl+C": 0, "Ctrl+Break": 1, "closed": 2}
ENOUGH = 3
"""So many more verdicts than before, and all is at work."""
WINDOWS_PATIENCE_MS = 5000
WINDOW_PATIENCE_MS = 30_000
"""A window has more to put away, and Wine's are slow on a machine that does other things, too."""


class Site:
    """A broker on this machine, and what the installed program needs to work with it.

    Args:
        broker: outlives the program.
        home: its folder of settings, alarms and logs.
    """

    def __init__(self, broker: EmbeddedBroker, home: Path) -> None:
        kafka = cluster_settings(broker.bootstrap_servers, embedded=True)
        self.home = home
        self.database = home / "alarms.db"
        self.config = home / "signalbox.toml"
        settings = demo_settings().model_copy(
            update={
                "kafka": kafka,
                "aggregator": AggregatorSettings(database=Path(windows_path(self.database))),
            }
        )
        settings_file.save(settings, self.config)
        names, self.groups = kafka.topics, kafka.groups
        self.detections = Topic(broker, names.detection_results, DetectionResult)
        self.tasks = Topic(broker, names.assessment_tasks, AssessmentTask)
        self.verdicts = Topic(broker, names.risk_assessment_results, RiskAssessmentResult)

    def words(self, workers: str) -> list[str]:
        """Return the command line that runs these workers."""
        return [CLI, "run", "--workers", workers, "--config", windows_path(self.config)]

    def log(self, worker: WorkerName) -> str:
        """Return all that a worker has said until now."""
        path = self.home / "logs" / "streaming" / f"{worker.value}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def check_offsets(self) -> None:
        """Check that what is committed is what was done, to the message.

        Raises:
            AssertionError: something was done and not committed, and would be done again, or was
                committed and not done, and is lost.
        """
        done = self.detections.before(self.detections.committed(self.groups.generator))
        assert done
        assert sorted(_ids(self.tasks.all())) == sorted(owed(done))
        done_tasks = self.tasks.before(self.tasks.committed(self.groups.scheduler))
        assert sorted(_ids(self.verdicts.all())) == sorted(_ids(done_tasks))
        done_verdicts = self.verdicts.before(self.verdicts.committed(self.groups.aggregator))
        assert sorted(stored(self.database)) == sorted(_ids(done_verdicts))


def _ids(messages: list[AssessmentTask] | list[RiskAssessmentResult]) -> list[str]:
    return [task_id(message.request_id, message.group_index) for message in messages]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with contextlib.closing(EmbeddedBroker(KafkaSettings())) as broker:
        yield Site(broker, tmp_path_factory.mktemp("console"))


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What runs a program in a console, sends it an event, and tells how it ended."""
    program = tmp_path_factory.mktemp("helper") / "console.exe"
    source = HERE / "helpers" / "console.c"
    tools.run([tools.find_mingw("gcc"), "-O2", "-s", "-municode", "-o", program, source])
    return windows_path(program)


def ended(started: Program) -> str:
    """Wait until a program has ended; return what it said."""
    try:
        return started.wait(120).output
    finally:
        started.kill()


def end_of(output: str) -> tuple[str, int, int]:
    """Return who ended the program, with which code, and how many milliseconds after the event."""
    found = re.search(r"^ended by (.+) (\d+) (\d+)$", output, re.MULTILINE)
    assert found, output
    return found[1], int(found[2]), int(found[3])


@pytest.mark.parametrize("event", EVENTS)
def test_all_workers_stop_in_order_and_commit_what_they_did(
    wine: Wine, site: Site, console: str, tmp_path: Path, event: str
) -> None:
    go = tmp_path / "go"
    before = len(site.verdicts.all())
    heard = {name: len(site.log(name)) for name in WorkerName}
    words = [str(EVENTS[event]), str(WINDOWS_PATIENCE_MS), windows_path(go), *site.words("all")]
    started = wine.start(console, *words, home=windows_path(site.home))
    wait_until(
        lambda: not started.is_running or len(site.verdicts.all()) >= before + ENOUGH,
        180,
        "the workers' work",
    )
    go.touch()
    said = ended(started)
    by, code, after_ms = end_of(said)
    note_figure(f"{event}: all four workers stopped and left after {after_ms / 1000:.1f} s")
    logs = {name: site.log(name)[heard[name] :] for name in WorkerName}
    assert (by, code) == ("itself", 0), f"{said}\n{logs}"
    for name, log in logs.items():
        assert f"{name.value.capitalize()} is stopped" in log
        assert "ERROR" not in log
        assert "Traceback" not in log
    site.check_offsets()


def test_in_the_end_nothing_is_missing_and_nothing_was_done_twice(wine: Wine, site: Site) -> None:
    """What a stop left in the topics is worked off by the next start."""
    words = [*site.words("generator,scheduler,aggregator"), "--duration", "1"]
    done = wine.run(*words, home=windows_path(site.home), timeout_s=180)
    assert done.code == 0, done.output
    site.check_offsets()
    detections = site.detections.all()
    expected = owed(detections)
    assert len(expected) > ENOUGH * len(EVENTS)
    assert stored(site.database) == expected
    assert rows(site.database, "SELECT count(*) FROM requests WHERE closed_us IS NULL") == [(0,)]
    assert not list(site.home.rglob("*.spool")), "the cameras' results are all in the topic"
    note_figure(
        f"stopped {len(EVENTS)} times on a console: {len(detections)} frames detected, "
        f"{len(expected)} groups assessed, none lost or twice"
    )


def test_the_console_of_the_window_takes_it_along_in_order(
    wine: Wine, console: str, tmp_path: Path
) -> None:
    """Started from a command line, that window closed: no trace of a crash at the next start."""
    go, home = tmp_path / "go", tmp_path / "home"
    words = [EVENTS["closed"], WINDOW_PATIENCE_MS, windows_path(go), CLI, "demo"]
    started = wine.start(console, *map(str, words), home=windows_path(home))
    logs = home / "logs" / "streaming"
    wait_until(lambda: not started.is_running or (logs / "detection.log").exists(), 120, "a start")
    wait_until(
        lambda: not started.is_running or "opened" in (logs / "detection.log").read_text("utf-8"),
        120,
        "opening cameras",
    )
    go.touch()
    said = ended(started)
    by, code, after_ms = end_of(said)
    log = (logs / "console.log").read_text(encoding="utf-8")
    assert (by, code) == ("itself", 0), f"{said}\n{log}"
    assert log.rstrip().endswith("Signalbox ends")
    assert "Traceback" not in log
    note_figure(f"the console of a demo closed: it had left after {after_ms / 1000:.1f} s")
