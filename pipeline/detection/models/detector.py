"""What every detector offers, whatever family its model is of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

from pipeline.detection.images import Picture
from pipeline.detection.models.detections import Detections

Provider: TypeAlias = Literal["directml", "cuda", "openvino", "cpu"]

PROVIDER_NAMES: Final[dict[Provider, str]] = {
    "directml": "DirectML",
    "cuda": "CUDA",
    "openvino": "OpenVINO",
    "cpu": "CPU",
}
"""As shown to people."""


class ModelError(ValueError):
    """A model that cannot be used; the text names the file, the cause and what would help."""


@dataclass(frozen=True, slots=True)
class DetectorOptions:
    """What the settings say about detecting.

    Attributes:
        confidence: boxes below are dropped, 0..1.
        iou: boxes of one class overlapping more than this are one object, 0..1.
        classes: names to keep; empty for those the model recommends.
        input_size: (width, height) of the model's input, pixels; None to choose by the picture.
    """

    confidence: float
    iou: float
    classes: tuple[str, ...] = ()
    input_size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class DetectorInfo:
    """How a detector runs, for the window and bug reports.

    Attributes:
        model: file name.
        family: model family, such as ``nanodet``.
        provider: execution provider in use, such as ``cpu``.
        threads: threads of one inference on the CPU.
        reason: why a provider that was preferred is not in use; empty when the first one is.
        input_size: (width, height) pixels; None when chosen for each picture.
        classes: names of the classes that are kept.
        evidence: what the family was recognised from, and how the picture is prepared, in words.
    """

    model: str
    family: str
    provider: Provider
    threads: int
    reason: str
    input_size: tuple[int, int] | None
    classes: tuple[str, ...]
    evidence: tuple[str, ...] = ()

    @property
    def provider_name(self) -> str:
        """The provider as shown to people."""
        return PROVIDER_NAMES[self.provider]


class Detector(Protocol):
    """Finds objects in pictures. Safe to call from one thread at a time."""

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each class id."""
        ...

    @property
    def info(self) -> DetectorInfo: ...

    def input_size_for(self, frame_size: tuple[int, int]) -> tuple[int, int]:
        """Return the model's input size for a picture; both (width, height) in pixels."""
        ...

    def detect(self, frame: Picture) -> Detections:
        """Return the objects in `frame` ``(H, W, 3)`` uint8 BGR, most confident first.

        Raises:
            ModelError: the model could not be run.
        """
        ...
