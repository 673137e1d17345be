"""What is told of a machine that sleeps and wakes."""

from __future__ import annotations

import threading
import time

import pytest

from pipeline import power
from pipeline.power import PowerState


def test_before_a_sleep_nothing_new_is_promised_until_the_machine_wakes() -> None:
    state = PowerState()
    rests = [state.is_resting]
    state.going_to_sleep()
    rests.append(state.is_resting)
    state.awoke()
    rests.append(state.is_resting)
    assert rests == [False, True, False]
    assert state.wakes == 1


def test_a_sleep_that_does_not_come_after_all_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(power, "REST_S", 0.0)
    state = PowerState()
    state.going_to_sleep()
    assert not state.is_resting


@pytest.mark.parametrize("what", ["wake", "stop", "time"])
def test_a_wait_ends_by_waking_by_the_stop_or_by_its_time(what: str) -> None:
    state, stop, begun = PowerState(), threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        state.wait(stop, 0.3 if what == "time" else 60.0)

    thread = threading.Thread(target=wait)
    began_s = time.monotonic()
    thread.start()
    assert begun.wait(5)
    if what == "wake":
        # Also one that comes between the start of the thread and its first look ends it: again.
        while thread.is_alive():
            state.awoke()
            thread.join(0.05)
    elif what == "stop":
        stop.set()
    thread.join(10)
    assert not thread.is_alive()
    if what == "time":
        assert time.monotonic() - began_s >= 0.3
