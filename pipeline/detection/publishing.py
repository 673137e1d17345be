"""Sends results to Kafka in a thread of its own: evidence and JSON stay out of the detector's way."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from dataclasses import dataclass
from typing import Final

import msgspec
from loguru import logger

from pipeline.detection.analysis import Analysis
from pipeline.detection.blurring import blur
from pipeline.detection.evidence import crop_around
from pipeline.detection.frames import CapturedFrame
from pipeline.evidence import encode_evidence, shrinking
from pipeline.evidence_store import open_store
from pipeline.kafka.producer import ReliableProducer
from pipeline.messages import DetectedObject, DetectionResult, TrafficGroup, encode, new_request_id
from pipeline.picture import Picture
from pipeline.settings_evidence import EvidenceSettings
from pipeline.telemetry import WorkerTelemetry
from pipeline.texts import say
from pipeline.worker import WorkerError

WAITING_RESULTS: Final = 8
"""Results that may wait for the publisher; each holds its frame in memory."""
PUT_INTERVAL_S: Final = 0.1
PRUNE_INTERVAL_S: Final = 3600.0
STORE: Final = "evidence store"

_shrink = shrinking(DetectionResult)


@dataclass(frozen=True, slots=True)
class _Result:
    frame: CapturedFrame
    analysis: Analysis


class ResultPublisher:
    """Turns results into messages of ``detection-results`` and sends them, in order.

    A failure is raised by the next `submit`, or by `close`.
    """

    def __init__(
        self,
        producer: ReliableProducer,
        topic: str,
        telemetry: WorkerTelemetry,
        evidence_max_bytes: int,
        evidence: EvidenceSettings | None = None,
    ) -> None:
        self._producer = producer
        self._topic = topic
        self._telemetry = telemetry
        self._evidence_max_bytes = evidence_max_bytes
        self._evidence = evidence or EvidenceSettings()
        self._store = open_store(self._evidence)
        self._store_works = True
        self._pruned_s = -PRUNE_INTERVAL_S
        self._waiting: queue.Queue[_Result | None] = queue.Queue(WAITING_RESULTS)
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="detection-publisher", daemon=True)
        self._thread.start()

    def submit(self, frame: CapturedFrame, analysis: Analysis) -> None:
        """Send the result of one frame; waits while too many are waiting.

        Raises:
            WorkerError: an earlier result could not be sent.
        """
        self._put(_Result(frame, analysis))

    def close(self) -> None:
        """Send what is waiting, then end the thread.

        Raises:
            WorkerError: a result could not be sent.
        """
        self._put(None)
        self._thread.join()
        self._check()

    def abandon(self) -> None:
        """End the thread without sending what is waiting: the worker failed."""
        self._failure = self._failure or WorkerError(say("the worker failed"))
        dropped = 0
        with contextlib.suppress(queue.Empty):
            while True:
                dropped += self._waiting.get_nowait() is not None
        if dropped:
            self._telemetry.count("frames_skipped", dropped)
        self._waiting.put(None)
        self._thread.join()

    def _put(self, result: _Result | None) -> None:
        while True:
            self._check()
            try:
                self._waiting.put(result, timeout=PUT_INTERVAL_S)
            except queue.Full:
                self._telemetry.beat()
            else:
                return

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        with logger.contextualize(worker="detection"):
            while (result := self._waiting.get()) is not None and self._failure is None:
                try:
                    self._prune()
                    self._send(result)
                except Exception as error:  # noqa: BLE001 - handed to the worker's own thread
                    self._failure = error
                    return

    def _prune(self) -> None:
        """Once an hour: delete what is old in the shared store."""
        now_s = time.monotonic()
        if self._store is None or now_s - self._pruned_s < PRUNE_INTERVAL_S:
            return
        self._pruned_s = now_s
        deleted = self._store.prune(self._evidence.keep_days)
        if deleted:
            logger.info("deleted {} old pictures from the evidence store", deleted)

    def _send(self, result: _Result) -> None:
        frame = result.frame
        height, width = frame.picture.shape[:2]
        message = DetectionResult(
            request_id=new_request_id(),
            camera_id=frame.camera_id,
            timestamp=frame.captured_at,
            image_width=width,
            image_height=height,
            detected_objects=result.analysis.objects,
            traffic_groups=tuple(
                self._with_evidence(group, frame, result.analysis.objects)
                for group in result.analysis.groups
            ),
            line_counts=result.analysis.counts.lines,
            zone_counts=result.analysis.counts.zones,
        )
        captured_s = frame.captured_s

        def on_delivered() -> None:
            self._telemetry.latency((time.monotonic() - captured_s) * 1000)

        self._producer.send(
            self._topic,
            frame.camera_id,
            encode(message),
            on_delivered,
            shrink=_shrink,
        )

    def _with_evidence(
        self, group: TrafficGroup, frame: CapturedFrame, objects: tuple[DetectedObject, ...]
    ) -> TrafficGroup:
        if group.reason is None:
            return group
        crop, origin = crop_around(frame.picture, group.bbox)
        if self._evidence.hide == "heads_and_plates":
            blur(crop, origin, objects)
        evidence = encode_evidence(crop, self._evidence_max_bytes)
        reference = self._kept(frame, evidence)
        if reference is not None:
            return msgspec.structs.replace(group, group_image_ref=reference)
        return msgspec.structs.replace(group, group_image_base64=Picture.of(evidence))

    def _kept(self, frame: CapturedFrame, evidence: bytes) -> str | None:
        """Return the reference of a picture in the shared store; None: it goes in the message."""
        if self._store is None:
            return None
        try:
            reference = self._store.put(frame.camera_id, frame.captured_at, evidence)
        except OSError as error:
            if self._store_works:
                self._store_works = False
                logger.warning(
                    "the evidence store cannot be written ({}); pictures go in the messages",
                    error.strerror,
                )
                self._telemetry.degrade(STORE, say("the evidence store cannot be written"))
            return None
        if not self._store_works:
            self._store_works = True
            self._telemetry.recover(STORE)
        return reference
