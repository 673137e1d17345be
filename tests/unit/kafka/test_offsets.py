"""The completed prefix of a partition: never past unfinished work, never behind finished work."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.kafka.offsets import OffsetTracker

OFFSETS = st.lists(st.integers(0, 10_000), min_size=1, max_size=60, unique=True).map(sorted)


@given(OFFSETS, st.data())
def test_stored_offset_is_the_completed_prefix(offsets: list[int], data: st.DataObject) -> None:
    """Whatever finishes when, the offset to store lies behind all that is done in a row."""
    order = data.draw(st.permutations(offsets))
    finished = order[: data.draw(st.integers(0, len(order)))]
    tracker = OffsetTracker()
    for offset in offsets:
        tracker.take(offset)
    stored: list[int] = []
    for offset in finished:
        answer = tracker.done(offset)
        if answer is not None:
            stored.append(answer)
    unfinished = [offset for offset in offsets if offset not in finished]
    assert tracker.unfinished == len(unfinished)
    assert stored == sorted(set(stored))
    prefix = [offset for offset in offsets if not unfinished or offset < unfinished[0]]
    assert (stored[-1] if stored else None) == (prefix[-1] + 1 if prefix else None)


@given(OFFSETS, st.data())
def test_taking_goes_on_while_work_finishes(offsets: list[int], data: st.DataObject) -> None:
    """Interleaved takes and completions end with everything stored once."""
    tracker = OffsetTracker()
    waiting = list(offsets)
    open_: list[int] = []
    stored = -1
    while waiting or open_:
        if waiting and (not open_ or data.draw(st.booleans())):
            open_.append(waiting.pop(0))
            tracker.take(open_[-1])
        else:
            offset = open_.pop(data.draw(st.integers(0, len(open_) - 1)))
            answer = tracker.done(offset)
            if answer is not None:
                assert answer > stored
                assert all(answer <= still_open for still_open in open_)
                stored = answer
    assert stored == offsets[-1] + 1
    assert tracker.unfinished == 0


def test_done_twice_or_unknown_counts_once() -> None:
    """A repeated or foreign completion changes nothing."""
    tracker = OffsetTracker()
    tracker.take(5)
    tracker.take(6)
    assert tracker.done(6) is None
    assert tracker.done(6) is None
    assert tracker.done(99) is None
    assert tracker.unfinished == 1
    assert tracker.done(5) == 7
