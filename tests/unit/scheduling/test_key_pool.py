"""The key pool keeps its invariants in every history, and chooses as each strategy says."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pipeline.scheduling.key_health import ENOUGH, LONGEST_S, SHORTEST_S, SPAN_S
from pipeline.scheduling.key_limits import KeyLimits
from pipeline.scheduling.key_pool import (
    Ending,
    KeyCondition,
    KeyConfig,
    KeyPool,
    KeyState,
    Lease,
    Strategy,
)

STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
IDS = ("a", "b", "c")

limits = st.builds(
    KeyLimits,
    per_second=st.sampled_from([0, 1, 3]),
    per_minute=st.sampled_from([0, 2, 7]),
    tokens_per_minute=st.sampled_from([0, 50, 300]),
    in_flight=st.sampled_from([0, 1, 4]),
)
configs = st.builds(
    KeyConfig,
    key_id=st.sampled_from(IDS),
    limits=limits,
    weight=st.sampled_from([0.5, 1.0, 3.0]),
    enabled=st.sampled_from([True, True, True, False]),
)


@dataclass
class Book:
    """What the server would see of one key; `tokens` maps each start to its booked tokens."""

    starts: list[float] = field(default_factory=list)
    booked: dict[int, tuple[float, int]] = field(default_factory=dict)
    under_way: int = 0


class Histories(RuleBasedStateMachine):
    """Requests, endings of all kinds, keys that come, go and change, and time that passes."""

    @initialize(strategy=st.sampled_from(STRATEGIES), keys=st.lists(configs, max_size=3))
    def begin(self, strategy: Strategy, keys: list[KeyConfig]) -> None:
        self.now_s = 1_000.0
        self.strategy = strategy
        self.pool = KeyPool(strategy)
        self.known: dict[str, KeyConfig] = {}
        self.refused: set[str] = set()
        self.books: dict[str, Book] = {name: Book() for name in IDS}
        self.leases: list[tuple[int, Lease]] = []
        self.serial = 0
        for config in keys:
            self.put(config)

    @rule(config=configs)
    def put(self, config: KeyConfig) -> None:
        self.pool.put(config)
        self.known[config.key_id] = config
        self.refused.discard(config.key_id)

    @rule(key_id=st.sampled_from(IDS))
    def remove(self, key_id: str) -> None:
        self.pool.remove(key_id)
        config = self.known.pop(key_id, None)
        if config is None:
            return
        if not config.enabled:
            self.refused.add(key_id)  # what still runs under it cannot disable it again

    @rule(key_id=st.sampled_from(IDS))
    def disable(self, key_id: str) -> None:
        self.pool.disable(key_id, "by hand")
        self.refused.add(key_id)

    @rule()
    def start_anew(self) -> None:
        """The worker starts again: what was under way is over, the server goes on counting."""
        cooling = {one.key_id: one.cools_until_s for one in self.pool.states(self.now_s)}
        self.pool = KeyPool(self.strategy, self.known.values(), self.pool.past())
        self.leases.clear()
        self.refused.clear()
        for book in self.books.values():
            book.under_way = 0
        for one in self.pool.states(self.now_s):
            # A key that was refused is tried again; its rest, if there was one, goes on.
            assert one.cools_until_s == cooling[one.key_id] or cooling[one.key_id] is None

    @rule(seconds=st.sampled_from([0.0, 0.01, 0.3, 1.0, 5.0, 30.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    @rule(tokens=st.sampled_from([0, 10, 40, 200]), times=st.integers(1, 5))
    def acquire(self, tokens: int, times: int) -> None:
        for _ in range(times):
            expected = {name for name in IDS if self.may(name, tokens)}
            lease = self.pool.acquire(self.now_s, tokens)
            assert (lease is not None) == bool(expected)
            if lease is None:
                self.next_free_is_true(tokens)
                return
            assert lease.key_id in expected
            self.serial += 1
            book = self.books[lease.key_id]
            book.starts.append(self.now_s)
            book.booked[self.serial] = (self.now_s, tokens)
            book.under_way += 1
            self.leases.append((self.serial, lease))

    @rule(
        which=st.integers(0, 20),
        ending=st.sampled_from(list(Ending)),
        retry_after_s=st.sampled_from([None, None, 0.0, 3.0, 90.0]),
        tokens=st.sampled_from([None, 0, 5, 30]),
    )
    def release(
        self, which: int, ending: Ending, retry_after_s: float | None, tokens: int | None
    ) -> None:
        if not self.leases:
            return
        serial, lease = self.leases.pop(which % len(self.leases))
        book = self.books[lease.key_id]
        was_refused = lease.key_id in self.refused or not self.enabled(lease.key_id)
        disabled = self.pool.release(
            lease, self.now_s, ending, retry_after_s=retry_after_s, tokens=tokens, reason="401"
        )
        assert disabled == (ending is Ending.INVALID_KEY and not was_refused)
        # A second release of the same lease must change nothing.
        assert not self.pool.release(lease, self.now_s, Ending.INVALID_KEY)
        book.under_way -= 1
        if tokens is not None:
            book.booked[serial] = (book.booked[serial][0], tokens)
        if ending is Ending.INVALID_KEY:
            self.refused.add(lease.key_id)
        self.check_rest(lease.key_id, ending, retry_after_s)

    # ------------------------------------------------------------------ what a server would see
    def may(self, name: str, tokens: int) -> bool:
        """Whether a request may begin under a key, by a simpler reading of the same rules."""
        if name not in self.known or name in self.refused or not self.enabled(name):
            return False
        state = self.state(name)
        if state.condition is not KeyCondition.READY:
            return False
        book, rules = self.books[name], self.known[name].limits
        last_second = sum(at_s + 1.05 > self.now_s for at_s in book.starts)
        last_minute = sum(at_s + 60.5 > self.now_s for at_s in book.starts)
        booked = sum(used for at_s, used in book.booked.values() if at_s + 60.5 > self.now_s)
        return not (
            (rules.per_second and last_second >= rules.per_second)
            or (rules.per_minute and last_minute >= rules.per_minute)
            or (rules.tokens_per_minute and booked + tokens > rules.tokens_per_minute)
            or (rules.in_flight and book.under_way >= rules.in_flight)
        )

    def enabled(self, name: str) -> bool:
        return name not in self.known or self.known[name].enabled

    def state(self, name: str) -> KeyState:
        return next(one for one in self.pool.states(self.now_s) if one.key_id == name)

    def next_free_is_true(self, tokens: int) -> None:
        """When it is said that time frees a key at a moment, then it is free at that moment."""
        when_s = self.pool.next_free_s(self.now_s, tokens)
        if when_s is None:
            return
        assert when_s > self.now_s
        assert math.isfinite(when_s)
        self.now_s = when_s
        assert any(self.may(name, tokens) for name in self.known)

    def check_rest(self, name: str, ending: Ending, retry_after_s: float | None) -> None:
        if name not in self.known or ending is not Ending.RATE_LIMITED:
            return
        state = self.state(name)
        if state.condition is not KeyCondition.COOLING:
            assert state.condition is KeyCondition.DISABLED or retry_after_s == 0.0
            return
        assert state.cools_until_s is not None
        rest_s = state.cools_until_s - self.now_s
        least_s = SHORTEST_S if retry_after_s is None else retry_after_s
        assert rest_s >= least_s - 1e-6
        assert rest_s <= LONGEST_S

    @invariant()
    def books_agree(self) -> None:
        if not hasattr(self, "pool"):
            return
        for state in self.pool.states(self.now_s):
            assert state.in_flight == self.books[state.key_id].under_way
        assert {state.key_id for state in self.pool.states(self.now_s)} == set(self.known)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_histories() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Histories,
        settings=settings(max_examples=10_000, stateful_step_count=25, deadline=None),
    )


# ---------------------------------------------------------------------- fairness
@given(
    strategy=st.sampled_from(STRATEGIES),
    weights=st.lists(st.sampled_from([0.5, 1.0, 2.0, 5.0]), min_size=1, max_size=6),
    held=st.lists(st.integers(0, 3), min_size=30, max_size=80),
)
def test_no_key_starves(strategy: Strategy, weights: list[float], held: list[int]) -> None:
    """A key that is free all the time is used within a few turns, whatever the others do."""
    pool = KeyPool(
        strategy,
        [KeyConfig(f"k{number}", KeyLimits(), weight) for number, weight in enumerate(weights)],
    )
    longest = math.ceil(sum(weights) / min(weights)) + len(weights)
    since = Counter({f"k{number}": 0 for number in range(len(weights))})
    under_way: list[Lease] = []
    for now_s, keep in enumerate(held):
        lease = pool.acquire(float(now_s))
        assert lease is not None
        under_way.append(lease)
        for name in since:
            since[name] += 1
        since[lease.key_id] = 0
        while len(under_way) > keep:
            pool.release(under_way.pop(0), float(now_s), Ending.SUCCESS)
        idle = {one.key_id for one in pool.states(float(now_s)) if not one.in_flight}
        for name in idle if strategy == "least-loaded" else since:
            assert since[name] <= longest, name


def test_weights_are_shares() -> None:
    pool = KeyPool("weighted", [KeyConfig("a", weight=3.0), KeyConfig("b", weight=1.0)])
    turns = Counter[str]()
    for now_s in range(400):
        lease = pool.acquire(float(now_s))
        assert lease is not None
        turns[lease.key_id] += 1
        pool.release(lease, float(now_s), Ending.SUCCESS)
    assert turns == {"a": 300, "b": 100}


def test_a_key_that_was_away_does_not_catch_up() -> None:
    pool = KeyPool("weighted", [KeyConfig("a"), KeyConfig("b")])
    pool.disable("b", "by hand")
    for _ in range(100):
        pool.release(_taken(pool, 0.0), 0.0, Ending.SUCCESS)
    pool.put(KeyConfig("b"))
    turns = Counter(_taken(pool, 1.0).key_id for _ in range(10))
    assert turns == {"a": 5, "b": 5}


def test_of_keys_that_were_away_the_one_that_waited_longest_comes_first() -> None:
    """However few turns another one has had by its weight: what was missed counts for neither."""
    pool = KeyPool("weighted", [KeyConfig("b", weight=0.1), KeyConfig("c"), KeyConfig("a")])
    first = [_taken(pool, 0.0) for _ in range(2)]
    assert [lease.key_id for lease in first] == ["b", "c"]
    for lease in first:
        pool.release(lease, 0.0, Ending.SUCCESS)
        pool.disable(lease.key_id, "by hand")
    for _ in range(20):
        pool.release(_taken(pool, 0.0), 0.0, Ending.SUCCESS)
    pool.put(KeyConfig("b", weight=0.1))
    pool.put(KeyConfig("c"))
    assert [_taken(pool, 1.0).key_id for _ in range(2)] == ["b", "c"]


@pytest.mark.parametrize("heavy", [4.0, 1000.0])
def test_a_heavy_key_that_was_away_gets_its_share_and_no_more(heavy: float) -> None:
    pool = KeyPool("weighted", [KeyConfig("a"), KeyConfig("b", weight=heavy)])
    pool.disable("b", "by hand")
    for _ in range(100):
        pool.release(_taken(pool, 0.0), 0.0, Ending.SUCCESS)
    pool.put(KeyConfig("b", weight=heavy))
    turns = Counter(_taken(pool, 1.0).key_id for _ in range(2 * round(heavy + 1)))
    assert abs(turns["a"] - 2) <= 1, "one in so many is the other's"


def test_least_loaded_prefers_the_idle_key() -> None:
    pool = KeyPool("least-loaded", [KeyConfig("a"), KeyConfig("b")])
    first = _taken(pool, 0.0)
    second = _taken(pool, 0.0)
    assert {first.key_id, second.key_id} == {"a", "b"}
    pool.release(second, 0.0, Ending.SUCCESS)
    assert _taken(pool, 0.0).key_id == second.key_id


def test_retry_after_is_followed_and_then_the_key_is_back() -> None:
    pool = KeyPool("round-robin", [KeyConfig("a")])
    pool.release(_taken(pool, 0.0), 0.0, Ending.RATE_LIMITED, retry_after_s=7.0)
    assert pool.acquire(6.9) is None
    assert pool.resting_until_s(6.9) == 7.0
    assert pool.next_free_s(6.9) == 7.0
    assert pool.acquire(7.0) is not None


def test_the_more_fails_the_longer_the_rest() -> None:
    rests = []
    for failures in (0, 5, 9):
        pool = KeyPool("round-robin", [KeyConfig("a")])
        for number in range(10):
            ending = Ending.RATE_LIMITED if number < failures else Ending.SUCCESS
            lease = _taken(pool, 0.0)
            pool.release(lease, 0.0, ending, retry_after_s=0.0)
        pool.release(_taken(pool, 0.0), 0.0, Ending.RATE_LIMITED)
        until_s = pool.resting_until_s(0.0)
        assert until_s is not None
        rests.append(until_s)
    assert rests == sorted(rests)
    assert SHORTEST_S <= rests[0] < rests[1] < rests[2] <= LONGEST_S


def test_a_refused_key_is_disabled_and_the_rest_go_on() -> None:
    pool = KeyPool("round-robin", [KeyConfig("a"), KeyConfig("b")])
    first = _taken(pool, 0.0)
    assert pool.release(first, 0.0, Ending.INVALID_KEY, reason="the server answered 401")
    assert {_taken(pool, 0.0).key_id for _ in range(5)} == {"b"}
    (state,) = [one for one in pool.states(0.0) if one.key_id == "a"]
    assert state.condition is KeyCondition.DISABLED
    assert state.reason == "the server answered 401"
    assert pool.resting_until_s(0.0) is None
    pool.disable("b", "by hand")
    assert pool.resting_until_s(0.0) == float("inf")


def test_more_tokens_than_any_key_may_book_never_fit() -> None:
    pool = KeyPool("round-robin", [KeyConfig("a", KeyLimits(tokens_per_minute=1000))])
    assert pool.can_ever(1000)
    assert not pool.can_ever(1001)
    assert pool.acquire(0.0, 1001) is None
    assert pool.next_free_s(0.0, 1001) is None


def _taken(pool: KeyPool, now_s: float) -> Lease:
    lease = pool.acquire(now_s)
    assert lease is not None
    return lease


def test_what_a_request_really_took_stands_for_what_was_booked() -> None:
    pool = KeyPool("round-robin", [KeyConfig("a", KeyLimits(tokens_per_minute=1000))])
    lease = pool.acquire(0.0, 800)
    assert lease is not None
    assert pool.acquire(1.0, 800) is None
    pool.release(lease, 2.0, Ending.SUCCESS, tokens=200)
    assert pool.acquire(3.0, 801) is None
    assert pool.acquire(3.0, 800) is not None


def test_what_ends_after_its_minute_counts_no_more() -> None:
    pool = KeyPool("round-robin", [KeyConfig("a", KeyLimits(tokens_per_minute=1000))])
    lease = pool.acquire(0.0, 500)
    assert lease is not None
    assert pool.acquire(70.0, 600) is not None
    pool.release(lease, 71.0, Ending.SUCCESS, tokens=900)
    assert pool.acquire(72.0, 400) is not None


def test_after_a_rest_for_failures_one_more_starts_no_other() -> None:
    pool = KeyPool("round-robin", [KeyConfig("a")])

    def request(now_s: float, ending: Ending) -> None:
        lease = pool.acquire(now_s)
        assert lease is not None
        pool.release(lease, now_s, ending)

    for place in range(ENOUGH):
        request(0.0, Ending.SUCCESS if place < ENOUGH // 2 else Ending.FAILURE)
    (state,) = pool.states(0.0)
    assert state.cools_until_s is not None
    assert state.cools_until_s < SPAN_S, "the failures are remembered beyond the rest"
    request(state.cools_until_s, Ending.FAILURE)
    assert pool.acquire(state.cools_until_s) is not None


def test_a_shorter_rest_does_not_cut_a_longer_one_short() -> None:
    pool = KeyPool("round-robin", [KeyConfig("a")])
    leases = [pool.acquire(0.0) for _ in range(2)]
    for lease, asked_s in zip(leases, (30.0, 5.0), strict=True):
        assert lease is not None
        pool.release(lease, 1.0, Ending.RATE_LIMITED, retry_after_s=asked_s)
    assert pool.next_free_s(1.0) == 31.0
