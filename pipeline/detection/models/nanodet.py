"""NanoDet: one-stage detector whose box sides are distributions over distance bins.

After "NanoDet" (RangiLyu) and "Generalized Focal Loss" (Li et al. 2020, arXiv:2006.04388), whose
equation 5 gives the expectation over bins used here.
"""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np

from pipeline.detection.images import Picture
from pipeline.detection.models.classes import choose_classes
from pipeline.detection.models.detections import Detections, Floats
from pipeline.detection.models.detector import DetectorInfo, DetectorOptions, ModelError
from pipeline.detection.models.letterbox import letterbox, nearest_shape
from pipeline.detection.models.session import ModelSession
from pipeline.detection.models.suppression import VEHICLES, suppress

SIDES: Final = 4
MIN_INPUT_PX: Final = 64


class NanoDet:
    """A NanoDet model; everything about it comes from the metadata in its file.

    Metadata (JSON values): ``names``, ``strides``, ``bins``, ``mean``, ``std`` and ``color_order``
    of the input's channels, ``pad_value``, ``input_sizes`` (width, height), ``default_classes``.
    Outputs for each stride s: ``scores_s`` ``(1, cells, classes)``, already through the sigmoid,
    and ``distances_s`` ``(1, cells, 4 * bins)``; cells run along rows.

    Raises:
        ModelError: the metadata lacks something or does not fit the outputs, or an option asks for
            a class or an input size that the model does not have.
    """

    def __init__(self, session: ModelSession, options: DetectorOptions) -> None:
        self._session = session
        self._options = options
        try:
            self._read_metadata(session.metadata)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{session.path.name}: the NanoDet metadata is missing or wrong ({error!r}). "
                "Convert the model again with tools/convert_nanodet.py."
            ) from error
        self._check_outputs()
        default = tuple(json.loads(session.metadata.get("default_classes", "[]")))
        kept = choose_classes(session.path.name, self._names, options.classes or default)
        self._kept = np.array([self._names.index(name) for name in kept], np.int32)
        self._vehicles = np.array([name in VEHICLES for name in self._names], np.bool_)
        if options.input_size is not None:
            self._check_input_size(options.input_size)
        self.info = DetectorInfo(
            model=session.path.name,
            family="nanodet",
            provider=session.provider,
            threads=session.threads,
            reason="; ".join(session.passed_over),
            input_size=options.input_size,
            classes=kept,
        )

    def _read_metadata(self, metadata: dict[str, str]) -> None:
        self._names = tuple(str(name) for name in json.loads(metadata["names"]))
        self._strides = [int(stride) for stride in json.loads(metadata["strides"])]
        self._bins = int(metadata["bins"])
        self._mean = np.array(json.loads(metadata["mean"]), np.float32).reshape(3)
        self._std = np.array(json.loads(metadata["std"]), np.float32).reshape(3)
        self._pad_value = int(metadata["pad_value"])
        order = metadata["color_order"]
        self._channels = ["BGR".index(letter) for letter in order]
        sizes: list[Any] = json.loads(metadata["input_sizes"])
        self._input_sizes = [(int(width), int(height)) for width, height in sizes]
        if sorted(order) != sorted("BGR") or not self._strides or not self._input_sizes:
            raise ValueError("color_order, strides or input_sizes")

    def _check_outputs(self) -> None:
        for stride in self._strides:
            for kind, width in (("scores", len(self._names)), ("distances", SIDES * self._bins)):
                shape = self._session.outputs.get(f"{kind}_{stride}")
                if shape is None or len(shape) != 3 or shape[2] != width:
                    raise ModelError(
                        f"{self._session.path.name} has no output {kind}_{stride} of width {width}; "
                        f"it has {', '.join(self._session.outputs)}. Is it really a NanoDet?"
                    )

    def _check_input_size(self, size: tuple[int, int]) -> None:
        step = max(self._strides)
        fitting = tuple(max(MIN_INPUT_PX, round(side / step) * step) for side in size)
        if size != fitting:
            raise ModelError(
                f"input size {size[0]}x{size[1]} does not fit {self._session.path.name}: width and "
                f"height must be multiples of {step}, at least {MIN_INPUT_PX}. "
                f"Nearest: {fitting[0]}x{fitting[1]}."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each class id."""
        return self._names

    def input_size_for(self, frame_size: tuple[int, int]) -> tuple[int, int]:
        """Return the model's input size for a picture; both (width, height) in pixels."""
        return self._options.input_size or nearest_shape(frame_size, self._input_sizes)

    def detect(self, frame: Picture) -> Detections:
        """Return the objects in `frame` ``(H, W, 3)`` uint8 BGR, most confident first.

        Raises:
            ModelError: the model could not be run.
        """
        size = self.input_size_for((frame.shape[1], frame.shape[0]))
        canvas, placement = letterbox(frame, size, self._pad_value)
        outputs = self._session.run(self._blob(canvas))
        found = self._decode(outputs, size)
        in_frame = Detections(placement.to_frame(found.xyxy), found.confidence, found.class_id)
        return suppress(in_frame, self._options.iou, self._vehicles)

    def _blob(self, canvas: Picture) -> Floats:
        """Return the picture as the model's input ``(1, 3, H, W)`` float32, normalised."""
        blob = np.empty((1, 3, *canvas.shape[:2]), np.float32)
        for target, source in enumerate(self._channels):
            np.subtract(canvas[:, :, source], self._mean[target], out=blob[0, target])
            blob[0, target] /= self._std[target]
        return blob

    def _decode(self, outputs: dict[str, Floats], size: tuple[int, int]) -> Detections:
        """Return all boxes above the threshold, in pixels of the model's input ``size``."""
        boxes, confidences, classes = [], [], []
        for stride in self._strides:
            scores = outputs[f"scores_{stride}"][0][:, self._kept]
            best = scores.argmax(axis=1)
            confidence = scores[np.arange(len(scores)), best]
            cells = np.flatnonzero(confidence >= self._options.confidence)
            boxes.append(
                self._boxes(outputs[f"distances_{stride}"][0][cells], cells, stride, size[0])
            )
            confidences.append(confidence[cells])
            classes.append(self._kept[best[cells]])
        return Detections(
            np.concatenate(boxes), np.concatenate(confidences), np.concatenate(classes)
        )

    def _boxes(self, logits: Floats, cells: Any, stride: int, width: int) -> Floats:
        """Return boxes ``(n, 4)`` of `cells` ``(n,)`` from their bins ``(n, 4 * bins)``."""
        bins = logits.reshape(-1, SIDES, self._bins)
        weights = np.exp(bins - bins.max(axis=2, keepdims=True))
        weights /= weights.sum(axis=2, keepdims=True)
        distances = weights @ np.arange(self._bins, dtype=np.float32) * stride
        columns = width // stride
        x = (cells % columns + 0.5) * stride
        y = (cells // columns + 0.5) * stride
        left, top, right, bottom = distances.T
        return np.stack([x - left, y - top, x + right, y + bottom], axis=1).astype(np.float32)
