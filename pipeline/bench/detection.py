"""``bench detection``: the detection worker against a bare ``session.run`` loop, and many cameras.

Both sides run the bundled model on the same clip, with the same number of threads and the same
size of input, turn about; the figure that counts is their ratio, which depends little on the
machine. The worker reads and decodes video, detects, follows, groups, and publishes to a broker over
TCP; the bare loop does nothing but run the model on inputs made beforehand.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import onnxruntime
import psutil

from pipeline.bench.bare import BenchmarkError
from pipeline.bench.kafka import Comparison, compare
from pipeline.detection.images import Picture
from pipeline.detection.models import BUNDLED_MODEL, Detector, load_detector
from pipeline.detection.models.detector import Prepared
from pipeline.detection.models.session import threads_for
from pipeline.detection.sources import DEMO_CLIP
from pipeline.detection.worker import DetectionWorker
from pipeline.kafka import KafkaAccess
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.settings import DetectionSettings, KafkaSettings, Settings
from pipeline.settings_cameras import CameraSettings
from pipeline.states import WorkerName
from pipeline.telemetry import TelemetryHub, WorkerTelemetry
from pipeline.worker import WorkerContext, WorkerError

CLIP_FRAMES = 60
"""Frames of the clip that the bare loop and the single steps go round."""
FEEDING_CAMERAS = 8
"""Offer more frames than the model can take: the clip has 15 a second."""
WARM_S = 2.0
LIMIT_S = 60.0
SAMPLE_S = 1.0
_POLL_S = 0.005
_STOP_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run.

    Attributes:
        rounds: of each side.
        seconds: length of a round.
        threads: of one inference; 0 leaves one core to the window, as in the program.
        cameras: how many there are in the run of many cameras; 0 leaves it out.
        interval_s: each of them is to be detected once in this time.
        many_size: (width, height) of the model's input in that run, pixels; so many cameras need
            a small one on two cores.
        many_threads: threads of one inference in that run; there is no window to leave a core to.
        many_seconds: length of that run.
    """

    rounds: int = 5
    seconds: float = 8.0
    threads: int = 0
    cameras: int = 50
    interval_s: float = 1.8
    many_size: tuple[int, int] = (416, 256)
    many_threads: int = os.cpu_count() or 1
    many_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Steps:
    """Median milliseconds that one frame takes in each step, one step after the other.

    Attributes:
        prepare: fitting, colour order, normalisation.
        infer: the model.
        finish: decoding and suppressing boxes.
        share: (prepare + finish) / infer.
    """

    prepare: float
    infer: float
    finish: float
    share: float


@dataclass(frozen=True, slots=True)
class ManyCameras:
    """How many cameras fare together; results as a consumer on the broker counts them.

    Attributes:
        cameras: how many.
        wanted_per_s, got_per_s: results per second of all together.
        slowest_share: results of the slowest camera over the mean.
        dropped_per_s: frames that were due and gave way to newer ones.
        memory_begin_mb, memory_end_mb: resident memory of the process after a tenth of the run, and
            at its end.
        read_per_s: frames per second that were decoded.
        cpu_cores: processor time over time.
    """

    cameras: int
    wanted_per_s: float
    got_per_s: float
    slowest_share: float
    dropped_per_s: float
    memory_begin_mb: float
    memory_end_mb: float
    read_per_s: float
    cpu_cores: float
    input_size: tuple[int, int]
    threads: int


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a run.

    Attributes:
        threads, input_size: of the model in the comparison.
        steps: of one frame.
        speed: against the bare loop.
        busy: share of each of our rounds in which the model was running: what is missing to 1 is
            what the pipeline costs, whatever else the machine does.
        many: the run of many cameras; None where it was left out.
    """

    threads: int
    input_size: tuple[int, int]
    steps: Steps
    speed: Comparison
    busy: tuple[float, ...]
    many: ManyCameras | None


def run(plan: Plan) -> Report:
    """Run the rounds and compare.

    Raises:
        BenchmarkError: a run did not come to its end.
        WorkerError: the worker or the broker failed.
    """
    cv2.setNumThreads(1)
    threads = threads_for(plan.threads)
    detector = load_detector(BUNDLED_MODEL, providers=("cpu",), threads=threads)
    frames = _clip_frames()
    prepared = [detector.prepare(frame) for frame in frames]
    steps = _time_steps(detector, frames)
    bare: list[float] = []
    ours: list[float] = []
    busy: list[float] = []
    for _ in range(plan.rounds):
        bare.append(_bare_rate(prepared, threads, plan.seconds))
        rate, share = _our_rate(threads, plan.seconds)
        ours.append(rate)
        busy.append(share)
    return Report(
        threads=threads,
        input_size=prepared[0].size,
        steps=steps,
        speed=compare("detected frames per second / bare session.run loop", ours, bare),
        busy=tuple(busy),
        many=_many(plan) if plan.cameras else None,
    )


def _clip_frames() -> list[Picture]:
    capture = cv2.VideoCapture(str(DEMO_CLIP), cv2.CAP_FFMPEG)
    try:
        frames = [capture.read() for _ in range(CLIP_FRAMES)]
    finally:
        capture.release()
    if not all(ok for ok, _ in frames):
        raise BenchmarkError("the demo clip cannot be read")
    return [np.asarray(frame, np.uint8) for _, frame in frames]


def _time_steps(detector: Detector, frames: list[Picture]) -> Steps:
    spent: dict[str, list[float]] = {"prepare": [], "infer": [], "finish": []}

    def timed(step: str, began_s: float) -> float:
        now_s = time.perf_counter()
        spent[step].append((now_s - began_s) * 1000)
        return now_s

    for frame in frames:
        clock_s = time.perf_counter()
        prepared = detector.prepare(frame)
        clock_s = timed("prepare", clock_s)
        (inferred,) = detector.infer([prepared])
        clock_s = timed("infer", clock_s)
        detector.finish(inferred)
        timed("finish", clock_s)
    medians = {step: statistics.median(times) for step, times in spent.items()}
    share = (medians["prepare"] + medians["finish"]) / medians["infer"]
    return Steps(**medians, share=share)


def _bare_rate(prepared: list[Prepared], threads: int, seconds: float) -> float:
    """Return runs per second of onnxruntime alone."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        str(BUNDLED_MODEL), options, providers=["CPUExecutionProvider"]
    )
    session.run(None, dict(prepared[0].feeds))
    began_s = time.perf_counter()
    runs = 0
    while time.perf_counter() - began_s < seconds:
        session.run(None, dict(prepared[runs % len(prepared)].feeds))
        runs += 1
    return runs / (time.perf_counter() - began_s)


def _our_rate(threads: int, seconds: float) -> tuple[float, float]:
    """Return results per second that the broker acknowledged, and the share in which the model ran."""
    cameras = _cameras(FEEDING_CAMERAS, rate=60.0)
    with _running(cameras, threads) as (_, telemetry):

        def out() -> int:
            return telemetry.snapshot().counters.get("out", 0)

        _wait(lambda: out() > 0, "the first result")
        time.sleep(WARM_S)
        began_s, before = time.perf_counter(), out()
        shares: list[float] = []
        while time.perf_counter() - began_s < seconds:
            time.sleep(min(SAMPLE_S, seconds))
            shares.append(telemetry.snapshot().gauges.get("model_busy", 0.0))
        rate = (out() - before) / (time.perf_counter() - began_s)
        return rate, statistics.median(shares)


def _many(plan: Plan) -> ManyCameras:
    cameras = _cameras(plan.cameras, rate=1 / plan.interval_s)
    process = psutil.Process()
    with _running(cameras, plan.many_threads, plan.many_size) as (access, telemetry):
        topic = access.settings.topics.detection_results
        reader = access.consumer("bench-reader", [topic], WorkerTelemetry(WorkerName.GENERATOR))
        results: Counter[str] = Counter()

        def read(until_s: float) -> None:
            while time.monotonic() < until_s:
                for delivery in reader.take(100):
                    results[delivery.key or ""] += 1
                    delivery.done()

        try:
            limit_s = time.monotonic() + LIMIT_S
            while len(results) < plan.cameras and time.monotonic() < limit_s:
                read(time.monotonic() + 1.0)
            if len(results) < plan.cameras:
                raise BenchmarkError(f"only {len(results)} of {plan.cameras} cameras gave results")
            read(time.monotonic() + plan.many_seconds / 10)
            results.clear()
            memory = process.memory_info().rss
            cpu_s, began_s = _cpu_s(process), time.monotonic()
            before = telemetry.snapshot().counters
            read(began_s + plan.many_seconds)
            spent_s = time.monotonic() - began_s
            after = telemetry.snapshot().counters
            mean = results.total() / plan.cameras
            return ManyCameras(
                cameras=plan.cameras,
                wanted_per_s=plan.cameras / plan.interval_s,
                got_per_s=results.total() / spent_s,
                slowest_share=min(results[camera.id] for camera in cameras) / mean,
                memory_begin_mb=memory / 1e6,
                memory_end_mb=process.memory_info().rss / 1e6,
                dropped_per_s=_rise(before, after, "frames_dropped") / spent_s,
                read_per_s=_rise(before, after, "frames_read") / spent_s,
                cpu_cores=(_cpu_s(process) - cpu_s) / spent_s,
                input_size=plan.many_size,
                threads=plan.many_threads,
            )
        finally:
            reader.close()


def _rise(before: Mapping[str, int], after: Mapping[str, int], counter: str) -> int:
    return after.get(counter, 0) - before.get(counter, 0)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _cameras(count: int, rate: float) -> tuple[CameraSettings, ...]:
    """Return cameras that play the demo clip, each from another place."""
    return tuple(
        CameraSettings(
            id=f"cam-{number}",
            name=f"Camera {number}",
            source="demo",
            start_offset_s=number * 32.0 / count,
            detections_per_second=rate,
        )
        for number in range(count)
    )


@contextlib.contextmanager
def _running(
    cameras: tuple[CameraSettings, ...],
    threads: int,
    input_size: tuple[int, int] | None = None,
) -> Iterator[tuple[KafkaAccess, WorkerTelemetry]]:
    """Run the detection worker with a broker inside this process; ends both after."""
    kafka = KafkaSettings(
        mode="cluster",
        bootstrap_servers="to be known",
        consumer={"session.timeout.ms": 2000, "heartbeat.interval.ms": 500},
    )
    broker = EmbeddedBroker(kafka)
    # As an outside broker, without the gate that holds a source back while nobody reads.
    outside = kafka.model_copy(update={"bootstrap_servers": broker.bootstrap_servers})
    access = KafkaAccess(outside, None)
    hub = TelemetryHub()
    telemetry = hub.workers[WorkerName.DETECTION]
    stop, ready = threading.Event(), threading.Event()
    failures: list[Exception] = []
    context = WorkerContext(
        settings=Settings(
            cameras=cameras,
            detection=DetectionSettings(providers=("cpu",), threads=threads, input_size=input_size),
            kafka=outside,
        ),
        kafka=access,
        stop=stop,
        telemetry=telemetry,
        hub=hub,
        ready=ready.set,
    )

    def work() -> None:
        try:
            DetectionWorker().run(context)
        except WorkerError as error:
            failures.append(error)

    thread = threading.Thread(target=work, name="detection")
    thread.start()
    try:
        _wait(lambda: ready.is_set() or bool(failures), "the detection worker")
        if failures:
            raise failures[0]
        yield access, telemetry
    finally:
        stop.set()
        thread.join(_STOP_TIMEOUT_S)
        broker.close()
    if failures:
        raise failures[0]


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > deadline_s:
            raise BenchmarkError(f"{what} did not come within {LIMIT_S:.0f} s")
        time.sleep(_POLL_S)
