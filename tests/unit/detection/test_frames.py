"""The inbox: the newest frame of a camera, and every camera in its turn."""

from __future__ import annotations

import threading

import numpy as np

from pipeline.detection.frames import CapturedFrame, FrameInbox
from pipeline.messages import utc_now


def frame(camera_id: str, captured_s: float = 0.0) -> CapturedFrame:
    return CapturedFrame(
        camera_id, np.zeros((2, 2, 3), np.uint8), captured_s, utc_now(), captured_s, 1
    )


def test_the_newest_frame_replaces_the_older_one() -> None:
    inbox = FrameInbox(["a"])
    assert not inbox.offer(frame("a", 1.0))
    assert inbox.offer(frame("a", 2.0))
    taken = inbox.take(0)
    assert taken is not None
    assert taken.captured_s == 2.0
    assert inbox.take(0) is None


def test_a_quick_camera_does_not_starve_a_slow_one() -> None:
    inbox = FrameInbox(["quick", "slow", "slower"])
    order = []
    for number in range(9):
        inbox.offer(frame("quick"))
        if number % 3 == 0:
            inbox.offer(frame("slow"))
            inbox.offer(frame("slower"))
        taken = inbox.take(0)
        assert taken is not None
        order.append(taken.camera_id)
    assert order == ["quick", "slow", "slower"] * 3


def test_taking_waits_for_a_frame() -> None:
    inbox = FrameInbox(["a"])
    taken: list[CapturedFrame | None] = []
    taker = threading.Thread(target=lambda: taken.append(inbox.take(10)))
    taker.start()
    inbox.offer(frame("a"))
    taker.join(10)
    assert [found and found.camera_id for found in taken] == ["a"]
