"""What every detector offers, whatever family its model is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeAlias

from numpy.typing import NDArray

from pipeline.detection.images import Picture
from pipeline.detection.models.detections import Detections
from pipeline.detection.models.letterbox import Placement
from pipeline.texts import Text

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

    def __init__(self, message: Text) -> None:
        super().__init__(message)


class AmbiguousModelError(ModelError):
    """A model that may be of several families.

    Attributes:
        families: their names; one of them is to be picked.
    """

    def __init__(self, message: Text, families: tuple[str, ...]) -> None:
        super().__init__(message)
        self.families = families


@dataclass(frozen=True, slots=True)
class DetectorOptions:
    """What the settings say about detecting.

    Attributes:
        confidence: boxes below are dropped, 0..1.
        iou: boxes of one class overlapping more than this are one object, 0..1.
        classes: names to keep; empty for those the model recommends.
        input_size: (width, height) of the model's input, pixels; None to choose by the picture.
        batch: most pictures in one run, if the model takes several; 0 to choose by the provider.
        family: the model's family, where it cannot be told or was told wrongly.
        device: name of the graphics card to use, or a part of it; empty for the first.
    """

    confidence: float = 0.38
    iou: float = 0.5
    classes: tuple[str, ...] = ()
    input_size: tuple[int, int] | None = None
    batch: int = 0
    family: str | None = None
    device: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A picture as the model takes it.

    Attributes:
        feeds: value of each input of the model, for this one picture.
        size: (width, height) of the model's input, pixels.
        placement: where the picture lies in it.
    """

    feeds: Mapping[str, NDArray[Any]]
    size: tuple[int, int]
    placement: Placement


@dataclass(frozen=True, slots=True, eq=False)
class Inferred:
    """What the model gave for one picture: the value of each output, with a first axis of 1."""

    prepared: Prepared
    outputs: Mapping[str, NDArray[Any]]


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
        device: name of the graphics card in use; empty on a processor.
    """

    model: str
    family: str
    provider: Provider
    threads: int
    reason: Text
    input_size: tuple[int, int] | None
    classes: tuple[str, ...]
    evidence: tuple[Text, ...] = ()
    device: str = ""

    @property
    def provider_name(self) -> str:
        """The provider as shown to people, with the graphics card."""
        name = PROVIDER_NAMES[self.provider]
        return f"{name} ({self.device})" if self.device else name


class Detector(Protocol):
    """Finds objects in pictures, in one step or in three that may run in three threads.

    Each step is safe to call from one thread at a time; `detect` calls all three.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each class id."""
        ...

    @property
    def info(self) -> DetectorInfo: ...

    @property
    def max_batch(self) -> int:
        """How many pictures `infer` may get at once."""
        ...

    def input_size_for(self, frame_size: tuple[int, int]) -> tuple[int, int]:
        """Return the model's input size for a picture; both (width, height) in pixels."""
        ...

    def prepare(self, frame: Picture) -> Prepared:
        """Return `frame` ``(H, W, 3)`` uint8 BGR as the model takes it."""
        ...

    def infer(self, prepared: Sequence[Prepared]) -> list[Inferred]:
        """Run the model on pictures of one `size`, at most `max_batch`, together.

        Raises:
            ModelError: the model could not be run.
        """
        ...

    def finish(self, inferred: Inferred) -> Detections:
        """Return the objects in pixels of the frame, most confident first.

        Raises:
            ModelError: what the model gave are no boxes.
        """
        ...

    def detect(self, frame: Picture) -> Detections:
        """Return the objects in `frame` ``(H, W, 3)`` uint8 BGR, most confident first.

        Raises:
            ModelError: the model could not be run.
        """
        ...
