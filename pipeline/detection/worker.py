"""The detection worker: cameras in, ``detection-results`` out."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Sequence
from typing import Final

import cv2
from loguru import logger

from pipeline.detection.admission import Admission
from pipeline.detection.analysis import CameraAnalyst
from pipeline.detection.capture import CameraCapture
from pipeline.detection.duties import UNSURE_SHARE, CameraDuties
from pipeline.detection.frames import FrameInbox
from pipeline.detection.inference_line import Found, InferenceLine
from pipeline.detection.models import (
    Detector,
    DetectorInfo,
    DetectorOptions,
    ModelError,
    load_detector,
    model_path,
)
from pipeline.detection.publishing import ResultPublisher
from pipeline.detection.timetable import lowest_confidence
from pipeline.kafka.producer import ReliableProducer
from pipeline.priority import give_way
from pipeline.settings import DetectionSettings
from pipeline.settings_cameras import CameraSettings
from pipeline.states import WorkerName
from pipeline.texts import say
from pipeline.worker import WorkerContext, WorkerError

TAKE_TIMEOUT_S: Final = 0.25
WATCH_INTERVAL_S: Final = 1.0
JOIN_TIMEOUT_S: Final = 2.0
"""How long all capture threads together may take to end; a read ends within one frame."""
STUCK_S: Final = 20.0
"""A run of the model that takes longer hangs; the worker then shows no more signs of life."""


class DetectionWorker:
    """Reads all enabled cameras, runs the model on their frames in turn, publishes the results.

    Reading, preparing, inferring, finishing and publishing run side by side; the newest frame of a
    camera replaces an older one that was not detected in time (counted as dropped). While the broker has no room,
    frames are skipped and counted before anything is promised.
    """

    name = WorkerName.DETECTION

    def run(self, context: WorkerContext) -> None:
        """Work until `context.stop` is set.

        Raises:
            WorkerError: no camera is enabled, the model cannot be used, or the broker failed.
        """
        cameras = [camera for camera in context.settings.cameras if camera.enabled]
        if not cameras:
            raise WorkerError(
                say("No camera is enabled."),
                next_step=say("Add one on the Cameras page, or enable one."),
                retriable=False,
            )
        # The cores are shared by capture threads, model and window, which comes first; the threads
        # of the model get their priority from this one. OpenCV's own pool only disturbs.
        give_way()
        cv2.setNumThreads(1)
        detector = _load(context.settings.detection, cameras)
        info = detector.info
        context.telemetry.label("provider", _running_on(info, set()))
        context.telemetry.label("provider_reason", info.reason)
        logger.info("model ready: {} (threads: {})", _running_on(info, set()), info.threads)
        if info.reason:
            logger.info("a preferred provider is not in use: {}", info.reason)

        inbox = FrameInbox(camera.id for camera in cameras)
        with (
            _publisher(context) as (producer, publisher),
            _captures(cameras, inbox, context) as open_,
        ):
            context.ready()
            _Loop(context, detector, cameras, inbox, producer, publisher, open_).run()


class _Loop:
    """The worker's own thread: takes what the model gives, finishes it, hands it on."""

    def __init__(
        self,
        context: WorkerContext,
        detector: Detector,
        cameras: Sequence[CameraSettings],
        inbox: FrameInbox,
        producer: ReliableProducer,
        publisher: ResultPublisher,
        captures: Sequence[CameraCapture],
    ) -> None:
        self._context = context
        self._detector = detector
        topic = context.settings.kafka.topics.detection_results
        admission = Admission(context, producer, topic)
        self._line = InferenceLine(detector, inbox, admission, context.telemetry)
        self._producer = producer
        self._publisher = publisher
        self._captures = captures
        self._watched_s = 0.0
        self._input_sizes: set[tuple[int, int]] = set()
        self._wakes = context.power.wakes
        settings = context.settings.detection
        self._analysts = {
            camera.id: CameraAnalyst(
                detector.names,
                settings.confidence,
                settings.group_distance,
                camera.assess_interval_s,
                settings.evidence_max_bytes,
                camera.ground,
            )
            for camera in cameras
        }
        self._duties = {camera.id: CameraDuties(camera, settings.confidence) for camera in cameras}

    def run(self) -> None:
        """Work until the stop, then finish what the model has begun.

        Raises:
            WorkerError: the model or the broker failed.
        """
        telemetry = self._context.telemetry
        self._line.start()
        try:
            while not self._context.stop.is_set():
                if self._line.stuck_s() < STUCK_S:
                    telemetry.beat()
                self._watch_cameras()
                self._producer.check()
                found = self._line.take(TAKE_TIMEOUT_S)
                if found is not None:
                    self._finish(found)
            for found in self._line.stop():
                self._finish(found)
        except ModelError as error:
            raise WorkerError(
                say("The model failed: {error}.", error=error),
                next_step=say("If this goes on, choose the provider `cpu` in the settings."),
            ) from error
        finally:
            self._line.abandon()

    def _finish(self, found: Found) -> None:
        """Turn what the model gave into objects, tracks and groups, and hand them on."""
        telemetry = self._context.telemetry
        frame = found.frame
        began_s = time.perf_counter()
        height, width = frame.picture.shape[:2]
        analyst, duties = self._analysts[frame.camera_id], self._duties[frame.camera_id]
        analyst.set_sure_confidence(duties.confidence())
        detections = duties.keep(self._detector.finish(found.inferred), (width, height))
        analysis = analyst.analyse(detections, frame.motion_s, frame.scene, (width, height))
        counts = duties.count(analysis.objects, (width, height), frame.motion_s)
        analysis = dataclasses.replace(analysis, counts=counts)
        telemetry.gauge("finish_ms", (time.perf_counter() - began_s) * 1000)
        telemetry.count("frames_detected")
        self._tell_input_size((width, height))
        view = self._context.hub.cameras[frame.camera_id]
        view.overlay, view.totals = analysis.overlay((width, height)), duties.totals
        self._publisher.submit(frame, analysis)

    def _tell_input_size(self, frame_size: tuple[int, int]) -> None:
        size = self._detector.input_size_for(frame_size)
        if size not in self._input_sizes:
            self._input_sizes.add(size)
            label = _running_on(self._detector.info, self._input_sizes)
            self._context.telemetry.label("provider", label)

    def _watch_cameras(self) -> None:
        """Once a second: count live cameras, tell of lost ones, replace threads that hang.

        At once after a sleep: open all live sources anew.
        """
        if (wakes := self._context.power.wakes) != self._wakes:
            self._wakes, self._watched_s = wakes, 0.0
            for capture in self._captures:
                capture.reopen()
        now_s = time.monotonic()
        if now_s - self._watched_s < WATCH_INTERVAL_S:
            return
        self._watched_s = now_s
        for capture in self._captures:
            capture.watch()
        live = sum(capture.is_live for capture in self._captures)
        self._context.telemetry.gauge("cameras_live", live)
        self._context.telemetry.gauge("cameras_total", len(self._captures))


def _running_on(info: DetectorInfo, input_sizes: set[tuple[int, int]]) -> str:
    """Return provider, model and the input sizes used so far, such as ``CPU · nanodet-g 640x384``."""
    sizes = ", ".join(f"{width}x{height}" for width, height in sorted(input_sizes))
    return f"{info.provider_name} · {info.model.removesuffix('.onnx')} {sizes}".rstrip()


def _load(settings: DetectionSettings, cameras: Sequence[CameraSettings]) -> Detector:
    try:
        return load_detector(
            model_path(settings.model),
            DetectorOptions(
                confidence=lowest_confidence(cameras, settings.confidence) * UNSURE_SHARE,
                iou=settings.iou,
                classes=settings.classes,
                input_size=settings.input_size,
                batch=settings.batch,
                device=settings.device,
                family=settings.family or None,
            ),
            providers=settings.providers,
            threads=settings.threads,
        )
    except ModelError as error:
        raise WorkerError(
            say("The model cannot be used: {error}", error=error),
            next_step=say("Choose another model in the settings."),
            retriable=False,
        ) from error


@contextlib.contextmanager
def _publisher(context: WorkerContext) -> Iterator[tuple[ReliableProducer, ResultPublisher]]:
    context.kafka.ensure_topics()
    topic = context.settings.kafka.topics.detection_results
    # A frame cannot be read again, as the input of the other stages can.
    producer = context.kafka.producer(context.telemetry, spooled_topic=topic)
    try:
        publisher = ResultPublisher(
            producer,
            topic,
            context.telemetry,
            context.settings.detection.evidence_max_bytes,
            context.settings.evidence,
        )
        try:
            yield producer, publisher
        except BaseException:
            publisher.abandon()
            raise
        publisher.close()
    finally:
        producer.close()


@contextlib.contextmanager
def _captures(
    cameras: Sequence[CameraSettings], inbox: FrameInbox, context: WorkerContext
) -> Iterator[list[CameraCapture]]:
    captures = [
        CameraCapture(
            camera,
            context.hub.camera(camera.id, camera.name),
            inbox,
            context.telemetry,
            context.hub.camera_events.append,
        )
        for camera in cameras
    ]
    for capture in captures:
        capture.start()
    try:
        yield captures
    finally:
        for capture in captures:
            capture.request_stop()
        deadline_s = time.monotonic() + JOIN_TIMEOUT_S
        for capture in captures:
            if not capture.join(max(0.0, deadline_s - time.monotonic())):
                logger.warning(
                    "camera {} does not answer; its thread is left behind", capture.camera.id
                )
        context.telemetry.gauge("cameras_live", 0)
