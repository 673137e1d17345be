"""Prepares and infers frames ahead of whoever takes the results: three steps in three threads.

While the model runs on one frame, the next is being prepared and the one before finished. So the
model never waits for anything but a frame, and nothing but the model decides how many frames are
detected. onnxruntime, OpenCV and numpy let other threads run while they compute.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from loguru import logger

from pipeline.detection.frames import CapturedFrame, FrameInbox
from pipeline.detection.models import Detector
from pipeline.detection.models.detector import Inferred, Prepared
from pipeline.telemetry import WorkerTelemetry

WAIT_S: Final = 0.1
"""How often a waiting thread looks whether to stop."""
JOIN_TIMEOUT_S: Final = 3.0
"""How long a run of the model may still take at the end; a graphics driver may hang for good."""

BUSY_WINDOW_S: Final = 2.0
"""Over how long the share of time in which the model runs is measured."""

Ready = tuple[CapturedFrame, Prepared]


@dataclass(frozen=True, slots=True)
class Found:
    """What the model gave for a frame, to be finished by who takes it."""

    frame: CapturedFrame
    inferred: Inferred


class InferenceLine:
    """One line of frames through one model, for all cameras.

    Only as many frames are prepared ahead as the next run takes, so that a frame is not old when
    its turn comes. Frames come from the inbox: the camera that has waited longest first.

    Args:
        detector: the model; `finish` is left to who takes the results.
        inbox: where frames come from.
        admits: asked for every frame before any work; False passes over it. May wait a little.
        telemetry: gets ``prepare_ms`` and ``infer_ms`` per frame, ``model_busy`` (the share of time
            in which the model runs; near 1, nothing but the model limits the rate), and the count
            of frames dropped at the end.
    """

    def __init__(
        self,
        detector: Detector,
        inbox: FrameInbox,
        admits: Callable[[CapturedFrame], bool],
        telemetry: WorkerTelemetry,
    ) -> None:
        self._detector = detector
        self._inbox = inbox
        self._admits = admits
        self._telemetry = telemetry
        self._stop = threading.Event()
        self._abandoned = threading.Event()
        self._slots = threading.Semaphore(detector.max_batch)
        self._ready: queue.SimpleQueue[Ready | None] = queue.SimpleQueue()
        self._held: Ready | None = None
        self._found: queue.Queue[Found] = queue.Queue(2 * detector.max_batch)
        self._failure: Exception | None = None
        self._run_began_s: float | None = None
        self._busy_s, self._busy_since_s = 0.0, time.monotonic()
        self._threads = [
            threading.Thread(target=self._guarded, args=(step,), name=name, daemon=True)
            for name, step in (
                ("detection-prepare", self._prepare_all),
                ("detection-infer", self._infer_all),
            )
        ]

    def start(self) -> None:
        """Begin to take frames."""
        for thread in self._threads:
            thread.start()

    def take(self, timeout_s: float) -> Found | None:
        """Return the next result; None when none comes in time.

        Raises:
            ModelError: the model failed.
        """
        if self._failure is not None:
            raise self._failure
        with contextlib.suppress(queue.Empty):
            return self._found.get(timeout=timeout_s)
        return None

    def stuck_s(self) -> float:
        """Return for how long the model has been at its present run, seconds; 0 between runs."""
        began_s = self._run_began_s
        return 0.0 if began_s is None else time.monotonic() - began_s

    def stop(self) -> Iterator[Found]:
        """Take no more frames; yield what the model still gives, to be finished."""
        self._stop.set()
        deadline_s = time.monotonic() + JOIN_TIMEOUT_S
        while time.monotonic() < deadline_s:
            found = self.take(WAIT_S)
            if found is not None:
                yield found
            elif not any(thread.is_alive() for thread in self._threads):
                # What was put between the look and the end of the thread.
                while (found := self.take(0)) is not None:
                    yield found
                return
        logger.warning("the model does not end its run; its thread is left behind")

    def abandon(self) -> None:
        """End without giving any more results: the worker failed. Waits for the present run."""
        self._stop.set()
        self._abandoned.set()
        deadline_s = time.monotonic() + JOIN_TIMEOUT_S
        for thread in self._threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))

    # ------------------------------------------------------------------ in the two threads
    def _guarded(self, step: Callable[[], None]) -> None:
        with logger.contextualize(worker="detection"):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - raised in the worker's own thread
                self._failure = error
                self._stop.set()
                self._ready.put(None)
            self._telemetry.gauge("model_busy", 0.0)  # else a stopped worker keeps its last share

    def _prepare_all(self) -> None:
        while not self._stop.is_set():
            if not self._slots.acquire(timeout=WAIT_S):
                continue
            frame = self._inbox.take(WAIT_S)
            if frame is None or not self._admits(frame):
                self._slots.release()
                continue
            began_s = time.perf_counter()
            prepared = self._detector.prepare(frame.picture)
            self._telemetry.gauge("prepare_ms", (time.perf_counter() - began_s) * 1000)
            self._ready.put((frame, prepared))
        self._ready.put(None)

    def _infer_all(self) -> None:
        while batch := self._next_batch():
            for _ in batch:
                self._slots.release()
            if self._stop.is_set():
                self._telemetry.count("frames_dropped", len(batch))
                continue
            self._run_began_s = time.monotonic()
            inferred = self._detector.infer([prepared for _, prepared in batch])
            milliseconds = (time.monotonic() - self._run_began_s) * 1000
            self._run_began_s = None
            self._note_busy(milliseconds / 1000)
            self._telemetry.gauge("infer_ms", milliseconds / len(batch))
            for (frame, _), given in zip(batch, inferred, strict=True):
                self._hand_on(Found(frame, given))

    def _note_busy(self, run_s: float) -> None:
        self._busy_s += run_s
        now_s = time.monotonic()
        span_s = now_s - self._busy_since_s
        if span_s >= BUSY_WINDOW_S:
            self._telemetry.gauge("model_busy", self._busy_s / span_s)
            self._busy_s, self._busy_since_s = 0.0, now_s

    def _next_batch(self) -> list[Ready]:
        """Wait for a frame; return it and what is ready beside it of its size; empty at the end."""
        first = self._held or self._ready.get()
        self._held = None
        if first is None:
            return []
        batch = [first]
        while len(batch) < self._detector.max_batch and not self._ready.empty():
            following = self._ready.get()
            if following is None:
                self._ready.put(None)
                break
            if following[1].size != first[1].size:
                self._held = following
                break
            batch.append(following)
        return batch

    def _hand_on(self, found: Found) -> None:
        while not self._abandoned.is_set():
            with contextlib.suppress(queue.Full):
                self._found.put(found, timeout=WAIT_S)
                return
