"""In what order workers start and stop, what the window keeps of them, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from console import formatting
from console.supervision.link_view import link_view
from console.supervision.overall import overall
from console.supervision.sequencer import READY_TIMEOUT_S, Sequencer, Situation
from console.supervision.settings_change import consequences
from console.supervision.status import WorkerStatus
from console.supervision.wording import clock, state_word
from pipeline.kafka.lag import LinkLag
from pipeline.kafka.lag_rules import LagStatus
from pipeline.settings import Settings, demo_settings
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange
from pipeline.texts import verbatim

DETECTION, GENERATOR, SCHEDULER, AGGREGATOR = WorkerName
STOP_S, DRAIN_S = 10.0, 20.0


@dataclass
class Line:
    """Four workers as the sequencer sees them; a clock that only the test moves."""

    sequencer: Sequencer = field(default_factory=lambda: Sequencer(STOP_S, DRAIN_S))
    states: dict[WorkerName, WorkerState] = field(
        default_factory=lambda: dict.fromkeys(WorkerName, WorkerState.STOPPED)
    )
    running: set[WorkerName] = field(default_factory=set)
    undrained: set[WorkerName] = field(default_factory=set)
    now_s: float = 100.0

    def situation(self) -> Situation:
        return Situation(
            self.states, self.running, lambda name, _since: name not in self.undrained, self.now_s
        )

    def step(self, seconds: float = 0.1) -> tuple[list[WorkerName], list[WorkerName]]:
        """Let time pass; return whom to stop and whom to start, done as the controller does."""
        self.now_s += seconds
        now = self.situation()
        stops = self.sequencer.stops(now)
        for name in stops:
            self.sequencer.asked_to_stop(name, self.now_s)
            self.states[name] = WorkerState.STOPPING
        starts = self.sequencer.starts(now)
        for name in starts:
            self.running.add(name)
            self.states[name] = WorkerState.STOPPED
        return stops, starts

    def become(self, name: WorkerName, state: WorkerState) -> None:
        self.states[name] = state
        if state in {WorkerState.STOPPED, WorkerState.FAILED}:
            self.running.discard(name)

    def all_running(self) -> None:
        for name in WorkerName:
            self.running.add(name)
            self.states[name] = WorkerState.RUNNING


@pytest.fixture
def line() -> Line:
    return Line()


class TestStartAll:
    def test_consumers_first_each_when_the_one_before_is_ready(self, line: Line) -> None:
        line.sequencer.start_all()
        started = []
        for _ in WorkerName:
            _, starts = line.step()
            started += starts
            assert len(starts) == 1
            assert line.step() == ([], [])  # not ready yet: nobody else
            line.become(starts[0], WorkerState.STARTING)
            assert line.step() == ([], [])
            line.become(starts[0], WorkerState.RUNNING)
        assert started == [AGGREGATOR, SCHEDULER, GENERATOR, DETECTION]
        line.step()
        assert not line.sequencer.starting

    def test_one_that_fails_or_waits_does_not_hold_up_the_others(self, line: Line) -> None:
        line.sequencer.start_all()
        line.step()
        line.become(AGGREGATOR, WorkerState.BACKOFF)
        assert line.step() == ([], [SCHEDULER])
        line.become(SCHEDULER, WorkerState.FAILED)
        assert line.step() == ([], [GENERATOR])

    def test_one_that_never_gets_ready_holds_up_the_others_for_a_minute(self, line: Line) -> None:
        line.sequencer.start_all()
        line.step()
        line.become(AGGREGATOR, WorkerState.STARTING)
        assert line.step(READY_TIMEOUT_S - 1) == ([], [])
        assert line.step(2) == ([], [SCHEDULER])

    def test_leaves_alone_who_is_at_work(self, line: Line) -> None:
        line.running.add(SCHEDULER)
        line.become(SCHEDULER, WorkerState.DEGRADED)
        line.sequencer.start_all()
        line.step()
        line.become(AGGREGATOR, WorkerState.RUNNING)
        assert line.step() == ([], [GENERATOR])

    def test_a_failed_one_is_started_again_only_on_demand(self, line: Line) -> None:
        line.become(GENERATOR, WorkerState.FAILED)
        assert line.step() == ([], [])
        line.sequencer.start(GENERATOR)
        assert line.step() == ([], [GENERATOR])


class TestStopAll:
    def test_producers_first_each_when_the_one_before_has_ended(self, line: Line) -> None:
        line.all_running()
        line.sequencer.stop_all()
        stopped = []
        for _ in WorkerName:
            stops, _ = line.step()
            stopped += stops
            assert len(stops) == 1
            assert line.step() == ([], [])
            line.become(stops[0], WorkerState.STOPPED)
        assert stopped == [DETECTION, GENERATOR, SCHEDULER, AGGREGATOR]
        line.step()
        assert not line.sequencer.stopping

    def test_waits_until_a_consumer_has_read_what_is_left(self, line: Line) -> None:
        line.all_running()
        line.undrained = {GENERATOR}
        line.sequencer.stop_all()
        assert line.step() == ([DETECTION], [])
        line.become(DETECTION, WorkerState.STOPPED)
        assert line.step(5) == ([], [])
        line.undrained.clear()
        assert line.step() == ([GENERATOR], [])

    def test_does_not_wait_for_ever(self, line: Line) -> None:
        line.all_running()
        line.undrained = {GENERATOR}
        line.sequencer.stop_all()
        line.step()
        line.become(DETECTION, WorkerState.STOPPED)
        line.step()
        assert line.step(DRAIN_S + 1) == ([GENERATOR], [])

    def test_hurry_ends_the_waiting(self, line: Line) -> None:
        line.all_running()
        line.undrained = set(WorkerName)
        line.sequencer.stop_all()
        assert line.step() == ([], [])
        line.sequencer.hurry()
        assert line.step() == ([DETECTION, GENERATOR, SCHEDULER, AGGREGATOR], [])

    def test_one_in_backoff_or_starting_is_not_waited_for(self, line: Line) -> None:
        line.all_running()
        line.undrained = set(WorkerName)
        line.states[DETECTION] = WorkerState.BACKOFF
        line.sequencer.stop_all()
        assert line.step() == ([DETECTION], [])

    def test_a_stuck_one_is_named_once_and_does_not_hold_up_the_others(self, line: Line) -> None:
        line.all_running()
        line.sequencer.stop_all()
        line.step()
        line.step(STOP_S + 1)
        assert line.sequencer.newly_stuck(line.situation()) == [DETECTION]
        assert line.sequencer.newly_stuck(line.situation()) == []
        assert line.step() == ([GENERATOR], [])
        assert line.sequencer.stuck == {DETECTION}
        line.become(DETECTION, WorkerState.STOPPED)
        line.step()
        assert line.sequencer.stuck == frozenset()

    def test_takes_back_a_start_that_has_not_happened(self, line: Line) -> None:
        line.sequencer.start_all()
        line.step()
        line.sequencer.stop_all()
        line.become(AGGREGATOR, WorkerState.RUNNING)
        assert line.step() == ([AGGREGATOR], [])
        line.become(AGGREGATOR, WorkerState.STOPPED)
        assert line.step() == ([], [])

    def test_start_all_takes_back_a_stop_that_has_not_happened(self, line: Line) -> None:
        line.all_running()
        line.sequencer.stop_all()
        line.step()
        line.sequencer.start_all()
        line.become(DETECTION, WorkerState.STOPPED)
        assert line.step() == ([], [DETECTION])


def test_restart_starts_when_the_thread_has_ended(line: Line) -> None:
    line.all_running()
    line.sequencer.forget(GENERATOR)
    line.sequencer.asked_to_stop(GENERATOR, line.now_s)
    line.states[GENERATOR] = WorkerState.STOPPING
    line.sequencer.start(GENERATOR)
    assert line.step() == ([], [])
    line.become(GENERATOR, WorkerState.STOPPED)
    assert line.step() == ([], [GENERATOR])


def change(
    old: WorkerState, new: WorkerState, reason: str = "", at_s: float = 0.0, **more: float
) -> StateChange:
    return StateChange(GENERATOR, old, new, verbatim(reason), at_s, **more)


class TestStatus:
    NOON = datetime(2026, 1, 2, 12, 0, 0).astimezone()

    def test_uptime_counts_from_ready_and_goes_on_while_degraded(self) -> None:
        status = WorkerStatus(GENERATOR)
        status.note(change(WorkerState.STOPPED, WorkerState.STARTING, at_s=1), self.NOON)
        assert status.uptime_s(5) is None
        status.note(change(WorkerState.STARTING, WorkerState.RUNNING, at_s=2), self.NOON)
        status.note(change(WorkerState.RUNNING, WorkerState.DEGRADED, "dark", 3), self.NOON)
        status.note(change(WorkerState.DEGRADED, WorkerState.RUNNING, at_s=4), self.NOON)
        assert status.uptime_s(5) == 3
        assert clock(status, 5) == "00:00:03"
        status.note(change(WorkerState.RUNNING, WorkerState.STOPPING, at_s=6), self.NOON)
        assert status.uptime_s(7) is None

    def test_a_failure_stays_known_after_the_restart(self) -> None:
        status = WorkerStatus(GENERATOR)
        backoff = change(
            WorkerState.RUNNING, WorkerState.BACKOFF, "no broker; see", 10, retry_in_s=4.0
        )
        status.note(backoff, self.NOON)
        assert (state_word(status.state), clock(status, 11)) == ("Restarting", "in 3 s")
        status.note(change(WorkerState.BACKOFF, WorkerState.STARTING, at_s=14), self.NOON)
        assert (state_word(status.state), clock(status, 14)) == ("Starting", "")
        assert status.restarts == 1
        assert status.last_failure is not None
        assert status.last_failure.reason == "no broker; see"
        assert [entry.state for entry in status.history] == [
            WorkerState.BACKOFF,
            WorkerState.STARTING,
        ]


def link(messages: int, status: LagStatus, seconds: float | None = 1.0) -> LinkLag:
    return LinkLag(messages, seconds, status, 9.1, 9.0, ())


@pytest.mark.parametrize(
    ("status", "consumer", "level", "word"),
    [
        (LagStatus.OK, WorkerState.RUNNING, "ok", "OK"),
        (LagStatus.WARN, WorkerState.RUNNING, "warning", "Falls behind"),
        (LagStatus.STALL, WorkerState.RUNNING, "danger", "Stalled"),
        (LagStatus.STALL, WorkerState.STOPPED, "off", "Reader stopped"),
        (LagStatus.STALL, WorkerState.FAILED, "danger", "Reader failed"),
        (LagStatus.UNKNOWN, WorkerState.RUNNING, "off", "Unknown"),
        (LagStatus.STALL, WorkerState.STARTING, "info", "Reader starts"),
        (LagStatus.STALL, WorkerState.BACKOFF, "warning", "Reader waits"),
        (LagStatus.WARN, WorkerState.DEGRADED, "warning", "Falls behind"),
    ],
)
def test_lag_is_judged_together_with_what_the_operator_wants(
    status: LagStatus, consumer: WorkerState, level: str, word: str
) -> None:
    view = link_view(link(37, status, 3.9), consumer)
    assert (view.level, view.word) == (level, word)
    assert (view.rate, view.lag) == ("9.1 msg/s", "lag 37 · 3.9 s")
    assert view.about


def test_a_link_without_figures_says_so() -> None:
    assert link_view(None, WorkerState.STOPPED).lag == "no figures"


def test_overall_state_names_the_worst_first() -> None:
    states = dict.fromkeys(WorkerName, WorkerState.RUNNING)
    calm = {"starting": False, "stopping": False}
    assert overall(states, **calm) == ("ok", "All workers running")
    states[SCHEDULER] = WorkerState.DEGRADED
    assert overall(states, **calm) == ("warning", "Scheduler degraded")
    states[GENERATOR] = WorkerState.FAILED
    assert overall(states, **calm) == ("danger", "Generator failed")
    states = dict.fromkeys(WorkerName, WorkerState.DEGRADED)
    assert overall(states, **calm) == ("warning", "All workers degraded")
    states = dict.fromkeys(WorkerName, WorkerState.STOPPED)
    assert overall(states, **calm) == ("off", "All workers stopped")
    states[GENERATOR] = WorkerState.STOPPING
    assert overall(states, **calm) == ("info", "Stopping")
    states[DETECTION] = WorkerState.STARTING
    assert overall(states, **calm) == ("info", "Starting")
    states[AGGREGATOR] = WorkerState.RUNNING
    assert overall(states, **calm) == ("info", "1 of 4 workers running")


class TestSettingsChange:
    def test_looks_ask_for_nothing(self) -> None:
        old = Settings()
        looks = old.console.model_copy(update={"theme": "light"})
        assert consequences(old, old.model_copy(update={"console": looks})).restart == frozenset()

    def test_cameras_concern_the_detection_alone(self) -> None:
        what = consequences(Settings(), demo_settings())
        assert what.restart == {DETECTION}
        assert not what.reopen

    def test_the_broker_concerns_everything(self) -> None:
        old = Settings()
        kafka = old.kafka.model_copy(update={"partitions": 2})
        what = consequences(old, old.model_copy(update={"kafka": kafka}))
        assert what.reopen
        assert what.restart == set(WorkerName)


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, "–"),
        (0.02, "<0.1 ms"),
        (0.42, "0.4 ms"),
        (9.96, "10 ms"),
        (31.2, "31 ms"),
        (999.6, "1.0 s"),
        (3900, "3.9 s"),
        (600_000, "10 min"),
        (7_140_000, "119 min"),
        (7_200_000, "2 h"),
        (169_000_000, "47 h"),
        (172_800_000, "2 d"),
    ],
)
def test_latencies_read_well(milliseconds: float | None, words: str) -> None:
    assert formatting.milliseconds(milliseconds) == words


def test_other_figures_read_well() -> None:
    assert formatting.duration(761) == "00:12:41"
    assert formatting.duration(90_061) == "1d 01:01:01"
    assert formatting.seconds(0.0) == "0 s"
    assert formatting.rate(28.44) == "28.4"
    assert formatting.rate(1240.4) == "1,240"
    assert formatting.size(812) == "812 B"
    assert formatting.size(6_200_000) == "6.2 MB"
    assert formatting.size(412_000_000) == "412 MB"
    assert formatting.gauge(26.4775) == "26.5"
    assert formatting.gauge(4.0) == "4"
