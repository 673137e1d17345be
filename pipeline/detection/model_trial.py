"""Tries a model in a process of its own before any worker uses it.

A file that makes a runtime or a graphics driver crash then ends that process, not the program. The
process is the command ``detect``, so what is tried is what would run.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.detection.images import Picture, read_image, write_image
from pipeline.detection.live_view import scaled_bgra
from pipeline.detection.models import AmbiguousModelError, ModelError, model_path
from pipeline.detection.sources import DEMO_CLIP
from pipeline.detection.try_model import SUFFIX
from pipeline.settings import DetectionSettings
from pipeline.texts import Text, one_after_another, say, unpacked

TIMEOUT_S: Final = 120.0
"""A large model on a graphics card is compiled first; longer than this no one waits."""
REPEAT: Final = 5
POLL_S: Final = 0.05
MAX_SHOWN_OUTPUT: Final = 300
CANNOT_BE_USED: Final = 2
"""What the command answers when the model itself is at fault; it then says why."""
DEMO_FRAME: Final = 30
_MAIN: Final = Path(__file__).resolve().parents[2] / "main.py"


class TrialStoppedError(Exception):
    """Nobody waits for the trial any more."""


@dataclass(frozen=True, slots=True, eq=False)
class ModelTrial:
    """What a model did with a picture.

    Attributes:
        family: what it was recognised as, and `evidence` from what.
        provider: what it ran on, for people.
        reason: why a provider that was preferred did not run it; empty when the first one did.
        milliseconds: median time of a detection.
        input_size: (width, height) of the model's input, pixels.
        counts: how many objects of each class were found, most of them first.
        pixels: the picture with boxes, ``(H, W, 4)`` uint8 BGRA, scaled into the size asked for.
    """

    family: str
    evidence: tuple[Text, ...]
    provider: str
    reason: Text
    milliseconds: float
    input_size: tuple[int, int]
    counts: Mapping[str, int]
    pixels: NDArray[np.uint8]


def demo_picture() -> Picture:
    """Return a picture of the demo clip, for who has none.

    Raises:
        ModelError: the clip cannot be read.
    """
    capture = cv2.VideoCapture(str(DEMO_CLIP), cv2.CAP_FFMPEG)
    try:
        for _ in range(DEMO_FRAME):
            capture.grab()
        ok, picture = capture.read()
    finally:
        capture.release()
    if not ok:
        raise ModelError(say("The demo clip cannot be read; choose a picture."))
    return np.asarray(picture, np.uint8)


def try_model(
    settings: DetectionSettings,
    picture: Picture,
    shown_size: tuple[int, int],
    stop: threading.Event,
) -> ModelTrial:
    """Run the model of `settings` on `picture` ``(H, W, 3)`` BGR.

    Args:
        settings: which model, and how it is to run.
        picture: what to find objects in.
        shown_size: (width, height) in pixels into which the picture with boxes is scaled.
        stop: ends the trial; `TrialStoppedError` is raised then.

    Raises:
        AmbiguousModelError: the model may be of several families.
        ModelError: it cannot be used, crashed, or took too long; says which.
        TrialStoppedError: `stop` was set.
    """
    path = model_path(settings.model)
    # Told here, without a process, since it is what is mistyped most.
    if not path.is_file():
        raise ModelError(
            say("{path} does not exist. Choose an ONNX file, or `bundled`.", path=path)
        )
    with tempfile.TemporaryDirectory(prefix="signalbox-trial-") as name:
        folder = Path(name)
        given = folder / "picture.png"
        write_image(given, picture)
        answer = _run([*_words(settings), str(given), "--output", name], path.name, folder, stop)
        return _read(answer, read_image(folder / f"picture{SUFFIX}"), shown_size)


def _words(settings: DetectionSettings) -> list[str]:
    words = ["detect", settings.model, "--json", "--repeat", str(REPEAT)]
    words += ["--provider", ",".join(settings.providers) or "cpu"]
    words += ["--threads", str(settings.threads)]
    words += ["--confidence", str(settings.confidence), "--iou", str(settings.iou)]
    if settings.device:
        words += [f"--device={settings.device}"]
    if settings.family:
        words += [f"--family={settings.family}"]
    if settings.classes:
        words += [f"--classes={','.join(settings.classes)}"]
    if settings.input_size is not None:
        words += ["--size", "{}x{}".format(*settings.input_size)]
    # The model comes first, and may begin with anything.
    return words


def _run(words: list[str], model: str, folder: Path, stop: threading.Event) -> dict[str, Any]:
    """Return what the command printed as JSON."""
    output, errors = folder / "output.json", folder / "errors.txt"
    with _process(words, output, errors) as process:
        deadline_s = time.monotonic() + TIMEOUT_S
        while process.poll() is None:
            if stop.wait(POLL_S):
                raise TrialStoppedError
            if time.monotonic() > deadline_s:
                raise ModelError(
                    say(
                        "{model} gave no boxes within {limit} s. Choose a smaller model, or "
                        "another provider.",
                        model=model,
                        limit=f"{TIMEOUT_S:.0f}",
                    )
                )
        code = process.returncode
    said = errors.read_text(encoding="utf-8", errors="replace").strip()
    try:
        answer: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    except ValueError:
        answer = {}
    if code == CANNOT_BE_USED:
        text = unpacked(answer.get("told") or said)
        families = tuple(answer.get("families", ()))
        raise AmbiguousModelError(text, families) if families else ModelError(text)
    if code != 0 or "images" not in answer:
        raise ModelError(
            one_after_another(
                (
                    say(
                        "{model} ended the process that tried it (code {code}): it cannot be "
                        "used here.",
                        model=model,
                        code=code,
                    ),
                    said[-MAX_SHOWN_OUTPUT:],
                )
            )
        )
    return answer


@contextlib.contextmanager
def _process(words: list[str], output: Path, errors: Path) -> Iterator[subprocess.Popen[bytes]]:
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, str(_MAIN)]
    # The pipes are files: a process that writes much never waits for this one to read.
    with output.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(
            [*program, *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def _read(answer: dict[str, Any], annotated: Picture, size: tuple[int, int]) -> ModelTrial:
    model, image = answer["model"], answer["images"][0]
    counts: dict[str, int] = {}
    for found in image["detectedObjects"]:
        counts[found["class"]] = counts.get(found["class"], 0) + 1
    width, height = image["inputSize"]
    return ModelTrial(
        family=model["family"],
        evidence=tuple(map(unpacked, model["told"]["evidence"])),
        provider=model["providerName"],
        reason=unpacked(model["told"]["reason"]),
        milliseconds=image["milliseconds"],
        input_size=(width, height),
        counts=dict(sorted(counts.items(), key=lambda item: -item[1])),
        pixels=scaled_bgra(annotated, size),
    )
