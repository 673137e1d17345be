"""The line under faults: a broker frozen or cut off, a scheduler killed, poison; nothing is lost.

The same for longer, with real video: ``main.py selftest --duration 60 --fault ...``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.selftest.e2e import run_selftest
from pipeline.selftest.faults import Fault, Faults
from pipeline.selftest.feed import RATE_PER_S
from pipeline.selftest.poison import KINDS
from pipeline.selftest.report import SelftestReport
from pipeline.worker import WorkerError
from tests.integration.kafka_brokers import BROKERS
from tests.integration.tansu import TansuBroker, running_tansu
from tests.support.log_guard import ExpectLog

pytestmark = [pytest.mark.integration, pytest.mark.slow]

DURATION_S = 12.0
MINIMUM = 0.8 * RATE_PER_S * DURATION_S
"""Detection results that must get through, or the run proved little."""


@pytest.fixture
def tansu(tmp_path: Path) -> Iterator[TansuBroker]:
    with running_tansu(tmp_path) as broker:
        yield broker


@pytest.fixture
def bootstrap(request: pytest.FixtureRequest, broker: str) -> str | None:
    """Return the address of a broker of its own, or None for the embedded one."""
    if broker == "embedded":
        return None
    made: TansuBroker = request.getfixturevalue("tansu")
    return made.bootstrap_servers


@pytest.fixture
def outage_log(expect_log: ExpectLog) -> None:
    """Expect what clients say of a broker that does not answer."""
    expect_log("self-test: ")
    expect_log("brokers are down|degraded: broker|Connection refused|Disconnected", maybe=True)
    expect_log("timed out|coordinator|Coordinator|lost [0-9]+ partitions|commit failed", maybe=True)


def run(bootstrap: str | None, faults: Faults) -> SelftestReport:
    return run_selftest("consumer", DURATION_S, bootstrap, threading.Event(), faults)


def assert_nothing_lost(report: SelftestReport) -> None:
    """Check the books; the report tells what is missing."""
    assert report.passed, report.to_text()
    assert report.detection_results_acknowledged > MINIMUM
    assert report.stored == report.results == report.tasks
    assert set(report.lag.values()) == {0}
    assert report.restarts == {}


@pytest.mark.parametrize("broker", BROKERS)
@pytest.mark.usefixtures("outage_log")
def test_a_cut_line_loses_nothing(bootstrap: str | None) -> None:
    """All connections break, new ones are refused for a third of the time."""
    report = run(bootstrap, Faults(frozenset({Fault.CUT})))
    assert_nothing_lost(report)
    assert len(report.faults) == 2


@pytest.mark.usefixtures("outage_log")
def test_a_stalled_line_loses_nothing() -> None:
    """Connections stay open, but nothing comes through."""
    report = run(None, Faults(frozenset({Fault.FREEZE})))
    assert_nothing_lost(report)
    assert len(report.faults) == 2


@pytest.mark.usefixtures("outage_log")
def test_a_broker_process_that_hangs_loses_nothing(tansu: TansuBroker) -> None:
    """The process is really stopped, and goes on with what it held."""
    report = run(tansu.bootstrap_servers, Faults(frozenset({Fault.FREEZE}), tansu.pid))
    assert_nothing_lost(report)
    assert f"process {tansu.pid} stopped" in report.faults[0]


@pytest.mark.parametrize("broker", BROKERS)
def test_another_scheduler_takes_over_from_a_killed_one(
    bootstrap: str | None, expect_log: ExpectLog
) -> None:
    """What the killed one had taken and not finished is done by the other."""
    expect_log("self-test: scheduler process [0-9]+ killed")
    report = run(bootstrap, Faults(frozenset({Fault.KILL_SCHEDULER})))
    assert_nothing_lost(report)


@pytest.mark.parametrize("broker", BROKERS)
def test_each_poisoned_message_becomes_one_dead_letter(
    bootstrap: str | None, expect_log: ExpectLog
) -> None:
    """One of a hundred, of every kind, in each topic; all else goes on."""
    expect_log("goes to the dead letters")
    report = run(bootstrap, Faults(frozenset({Fault.POISON})))
    assert_nothing_lost(report)
    assert len(report.poison) == 3
    assert min(report.poison.values()) >= len(KINDS)
    counts = [count for name, count in report.topics.items() if name != "risk-alerts"]
    assert sorted(count.dead_lettered for count in counts) == sorted(report.poison.values())


@pytest.mark.usefixtures("outage_log")
def test_faults_at_once_lose_nothing(expect_log: ExpectLog) -> None:
    """A killed scheduler and poison while the line is cut."""
    expect_log("goes to the dead letters")
    report = run(None, Faults(frozenset({Fault.CUT, Fault.KILL_SCHEDULER, Fault.POISON})))
    assert_nothing_lost(report)
    assert sum(report.poison.values()) == sum(
        count.dead_lettered for count in report.topics.values()
    )


def test_a_process_that_is_not_there_is_named_before_anything_runs() -> None:
    with pytest.raises(WorkerError, match="process 4194303 cannot be stopped"):
        run(None, Faults(frozenset({Fault.FREEZE}), broker_pid=4194303))


def test_a_fault_that_did_not_happen_is_no_success(expect_log: ExpectLog) -> None:
    """A test that was stopped early proves nothing about the fault."""
    expect_log("books did not settle", maybe=True)
    stop = threading.Event()
    stop.set()
    report = run_selftest("consumer", DURATION_S, None, stop, Faults(frozenset({Fault.CUT})))
    assert not report.passed
    assert "before they were due" in report.failures["faults"]
