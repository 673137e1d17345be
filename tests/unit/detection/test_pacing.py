"""Pacing: files play at their own speed, detection gets frames at an even rate."""

from __future__ import annotations

import random
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detection import pacing
from pipeline.detection.pacing import (
    DelayMeter,
    Pacer,
    PiecesPacer,
    RateMeter,
    Sampler,
    reconnect_delay_s,
)


class Clock:
    """A clock that only moves when somebody waits or works."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


class Waiting(threading.Event):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.now_s += timeout or 0.0
        return False


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pacing, "time", clock)
    return clock


def test_pictures_come_at_the_rate_of_the_file(clock: Clock) -> None:
    pacer, stop = Pacer(10.0), Waiting(clock)
    times = []
    for _ in range(5):
        assert pacer.wait(stop) == 0
        times.append(round(clock.now_s - 1000, 3))
    assert times == [0, 0.1, 0.2, 0.3, 0.4]


def test_after_slow_work_pictures_are_passed_over_to_keep_the_time(clock: Clock) -> None:
    pacer, stop = Pacer(10.0), Waiting(clock)
    pacer.wait(stop)
    clock.now_s += 0.35
    assert pacer.wait(stop) == 2
    pacer.wait(stop)
    assert clock.now_s == pytest.approx(1000.4)


def test_after_a_long_sleep_the_clock_starts_anew(clock: Clock) -> None:
    pacer, stop = Pacer(10.0), Waiting(clock)
    pacer.wait(stop)
    clock.now_s += 3600
    assert pacer.wait(stop) == 0
    began_s = clock.now_s
    assert pacer.wait(stop) == 0
    assert clock.now_s == pytest.approx(began_s + 0.1)


def test_a_source_with_its_own_pace_is_not_held_up(clock: Clock) -> None:
    pacer, stop = Pacer(None), Waiting(clock)
    assert pacer.wait(stop) == 0
    assert clock.now_s == 1000


@pytest.mark.parametrize(("source", "wanted", "expected"), [(15, 5, 50), (30, 12, 120), (4, 5, 40)])
def test_the_wanted_share_of_frames_is_chosen(source: int, wanted: int, expected: int) -> None:
    sampler = Sampler(wanted)
    chosen = sum(sampler.is_due(100 + n / source) for n in range(source * 10))
    assert chosen == pytest.approx(expected, abs=1)


@given(st.floats(10, 1e6), st.sampled_from([(10, 5), (25, 5), (30, 10), (15, 5), (10, 2)]))
def test_frames_on_the_grid_are_chosen_evenly_however_times_are_rounded(
    start_s: float, rates: tuple[int, int]
) -> None:
    source, wanted = rates
    sampler = Sampler(wanted)
    time_s, chosen = start_s, []
    for n in range(source * 6):
        time_s += 1 / source
        if sampler.is_due(time_s):
            chosen.append(n)
    assert chosen == list(range(0, source * 6, source // wanted))


@pytest.mark.parametrize(("source", "wanted"), [(14.985, 15), (4.99, 5), (4.9, 5), (5, 5)], ids=str)
def test_a_camera_at_about_the_wanted_rate_loses_nothing_to_uneven_arrival(
    source: float, wanted: float
) -> None:
    sampler, chance = Sampler(wanted), random.Random(1)
    times_s = [100 + (n + chance.uniform(-0.1, 0.1)) / source for n in range(1000)]
    chosen = [time_s for time_s in times_s if sampler.is_due(time_s)]
    assert len(chosen) >= 990


@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=200), st.sampled_from([0.5, 5.0, 15.0]))
def test_no_more_than_the_wanted_rate_is_chosen(gaps_s: list[float], wanted: float) -> None:
    sampler, time_s, chosen = Sampler(wanted), 100.0, 0
    for gap_s in gaps_s:
        time_s += gap_s
        chosen += sampler.is_due(time_s)
    # Frames that were late let the next ones come a little early.
    assert chosen <= (time_s - 100) * wanted / (1 - pacing.JITTER_SHARE) + 2


def test_after_a_gap_there_is_no_burst() -> None:
    sampler = Sampler(5)
    assert sampler.is_due(100.0)
    assert sampler.is_due(160.0)
    assert not sampler.is_due(160.05)


@given(st.lists(st.floats(0.0, 0.5), min_size=1, max_size=50))
def test_a_delay_is_measured_against_the_quickest_picture(lateness: list[float]) -> None:
    meter = DelayMeter()
    least = lateness[0]
    for n, late in enumerate(lateness):
        position_s = n / 10
        least = min(least, late)
        measured = meter.note(position_s, 1_000 + position_s + late)
        assert measured == pytest.approx(late - least, abs=0.01)


def test_a_stream_that_falls_behind_shows_a_growing_delay() -> None:
    meter = DelayMeter()
    delays = [meter.note(n / 25, 50 + n / 20) for n in range(200)]
    assert delays == sorted(delays)
    assert delays[-1] == pytest.approx(199 * (1 / 20 - 1 / 25), abs=0.01)


def test_a_clock_that_runs_apart_or_is_set_is_no_delay() -> None:
    meter = DelayMeter()
    assert max(meter.note(n * (1 - 1e-4), 50 + n) for n in range(10_000)) < 0.01
    assert meter.note(5.0, 20_000) == 0.0


def test_tries_to_reconnect_come_slower_and_not_all_at_once() -> None:
    for failures, usual in ((0, 1.0), (1, 2.0), (3, 8.0), (5, 30.0), (10_000, 30.0)):
        delays = {reconnect_delay_s(failures) for _ in range(50)}
        assert len(delays) > 10
        assert all(usual * 0.8 <= delay <= usual * 1.2 for delay in delays)


def test_the_rate_of_pictures_is_measured() -> None:
    meter = RateMeter()
    assert meter.note(10.0) == 0.0
    assert [meter.note(10 + n / 15) for n in range(1, 60)][-1] == pytest.approx(15)


def test_a_sampler_that_becomes_quicker_does_not_wait_for_its_old_turn() -> None:
    sampler = Sampler(0.1)
    assert sampler.is_due(100.0)
    assert not sampler.is_due(101.0)
    sampler.set_rate(5)
    assert sampler.is_due(101.1)
    assert not sampler.is_due(101.2)


def test_pieces_are_played_at_the_pace_of_their_own_times() -> None:
    pacer = PiecesPacer()
    assert pacer.wait_s(10.0, 100.0) == 0
    assert pacer.wait_s(10.1, 100.0) == pytest.approx(0.1)
    assert pacer.wait_s(10.2, 100.15) == pytest.approx(0.05)
    # Another rate is no other clock.
    assert pacer.wait_s(10.24, 100.2) == pytest.approx(0.04)
    # Late, but not by much: it catches up.
    assert pacer.wait_s(10.28, 100.9) == 0
    assert pacer.wait_s(10.98, 100.9) == pytest.approx(0.08)


@pytest.mark.parametrize("position_s", [0.0, 500.0], ids=["back", "far ahead"])
def test_a_piece_with_another_clock_is_played_at_once(position_s: float) -> None:
    pacer = PiecesPacer()
    pacer.wait_s(10.0, 100.0)
    assert pacer.wait_s(position_s, 100.1) == pytest.approx(0)
    assert pacer.wait_s(position_s + 0.1, 100.1) == pytest.approx(0.1)


def test_after_a_stall_pieces_are_not_rushed_through() -> None:
    pacer = PiecesPacer()
    pacer.wait_s(10.0, 100.0)
    assert pacer.wait_s(10.1, 105.0) == 0
    assert pacer.wait_s(10.2, 105.0) == pytest.approx(0.1)
