"""The detector of every family: prepare the picture, run the model, decode, suppress."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pipeline.detection.images import Picture
from pipeline.detection.models.batches import run_together, runs_together
from pipeline.detection.models.classes import choose_classes, recommended_classes
from pipeline.detection.models.detections import Detections
from pipeline.detection.models.detector import (
    DetectorInfo,
    DetectorOptions,
    Inferred,
    ModelError,
    Prepared,
    Provider,
)
from pipeline.detection.models.family import Match
from pipeline.detection.models.inputs import ModelInputs
from pipeline.detection.models.names import class_names
from pipeline.detection.models.selection import Selection
from pipeline.detection.models.session import ModelSession
from pipeline.detection.models.sizes import InputSizes
from pipeline.detection.models.suppression import VEHICLES, suppress, without_nested
from pipeline.texts import Text, in_a_row, say, words_of

MAX_PROBABILITY: Final = 1.001
"""More is no probability; half precision may round to slightly over 1."""
MAX_CANDIDATES: Final = 3000
"""Boxes compared with each other; of more only the most confident are."""
USUAL_BATCH: Final[dict[Provider, int]] = {"directml": 4, "cuda": 4, "openvino": 1, "cpu": 1}
"""Pictures in one run: a processor gains nothing by more, and the first would wait for the last."""
NOISE_SEED: Final = 1


class GraphDetector:
    """A model whose family is known.

    Raises:
        ModelError: its class names do not fit, or an option asks for a class or an input size that
            it does not have.
    """

    def __init__(
        self,
        session: ModelSession,
        inputs: ModelInputs,
        family: str,
        match: Match,
        options: DetectorOptions,
    ) -> None:
        self._session = session
        self._inputs = inputs
        self._options = options
        self._family = family
        self._max_batch = 1
        self._layout = match.layout
        self._sizes = _sizes(inputs, match.layout.sizes)
        if options.input_size is not None:
            self._sizes.check(session.path.name, options.input_size)
        named = class_names(
            session.path,
            session.metadata,
            match.layout.class_counts,
            match.layout.default_names,
            match.layout.first_label,
        )
        self._names = named.names
        kept = choose_classes(
            session.path.name,
            self._names,
            options.classes or recommended_classes(session.metadata, self._names),
        )
        self._selection = Selection(
            np.array([self._names.index(name) for name in kept], np.int32), options.confidence
        )
        self._vehicles = np.array([name in VEHICLES for name in self._names], np.bool_)
        self.info = DetectorInfo(
            model=session.path.name,
            family=family,
            provider=session.provider,
            threads=session.threads,
            device=session.device,
            reason=in_a_row(session.passed_over),
            input_size=options.input_size or inputs.fixed_size,
            classes=kept,
            evidence=(
                *match.evidence,
                named.origin,
                say(
                    "input {input}: {preparation}",
                    input=inputs.words,
                    preparation=match.layout.preparation.words,
                ),
            ),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each class id."""
        return self._names

    def input_size_for(self, frame_size: tuple[int, int]) -> tuple[int, int]:
        """Return the model's input size for a picture; both (width, height) in pixels."""
        return self._options.input_size or self._sizes.for_frame(frame_size)

    @property
    def max_batch(self) -> int:
        """How many pictures `infer` may get at once."""
        return self._max_batch

    def prepare(self, frame: Picture) -> Prepared:
        """Return `frame` ``(H, W, 3)`` uint8 BGR as the model takes it."""
        size = self.input_size_for((frame.shape[1], frame.shape[0]))
        preparation = self._layout.preparation
        canvas, placement = preparation.place(frame, size)
        return Prepared(self._inputs.feeds(canvas, preparation), size, placement)

    def infer(self, prepared: Sequence[Prepared]) -> list[Inferred]:
        """Run the model on pictures of one `size`, at most `max_batch`, together.

        Raises:
            ModelError: the model could not be run.
        """
        feeds = [one.feeds for one in prepared]
        outputs = run_together(self._session.run, feeds, self._inputs.batch)
        return [Inferred(one, given) for one, given in zip(prepared, outputs, strict=True)]

    def finish(self, inferred: Inferred) -> Detections:
        """Return the objects in pixels of the frame, most confident first.

        Raises:
            ModelError: what the model gave are no boxes.
        """
        prepared = inferred.prepared
        try:
            found = self._layout.decode(inferred.outputs, prepared.size, self._selection)
            boxes = prepared.placement.to_frame(found.xyxy)
            in_frame = Detections(boxes, found.confidence, found.class_id)
        except (IndexError, KeyError, ValueError) as error:
            raise self._nonsense(words_of(error)) from error
        if len(in_frame) and in_frame.confidence.max() > MAX_PROBABILITY:
            raise self._nonsense(
                say("a confidence of {value}", value=f"{in_frame.confidence.max():.3g}")
            )
        return self._without_duplicates(in_frame)

    def detect(self, frame: Picture) -> Detections:
        """Return the objects in `frame` ``(H, W, 3)`` uint8 BGR, most confident first.

        Raises:
            ModelError: the model could not be run, or what it gave are no boxes.
        """
        (inferred,) = self.infer([self.prepare(frame)])
        return self.finish(inferred)

    def try_batch(self, frame: Picture) -> None:
        """Find out whether several pictures may go into one run; `frame` is one to try it with.

        Raises:
            ModelError: one picture alone cannot be run.
        """
        if self._inputs.batch is not None:
            self._max_batch = self._inputs.batch
            return
        wanted = self._options.batch or USUAL_BATCH[self._session.provider]
        if wanted == 1:
            return
        other = np.random.default_rng(NOISE_SEED).integers(0, 256, frame.shape, np.uint8)
        feeds = self.prepare(frame).feeds, self.prepare(other).feeds
        if runs_together(self._session.run, *feeds):
            self._max_batch = wanted

    def _without_duplicates(self, found: Detections) -> Detections:
        if len(found) > MAX_CANDIDATES:
            found = found[np.argsort(-found.confidence, kind="stable")[:MAX_CANDIDATES]]
        if self._layout.overlapping:
            return suppress(found, self._options.iou, self._vehicles)
        order = np.argsort(-found.confidence, kind="stable")
        return without_nested(found[order], self._vehicles)

    def _nonsense(self, what: Text) -> ModelError:
        return ModelError(
            say(
                "{model} gives no boxes when read as {family}: {what}. "
                "Pick another family, or export the model again.",
                model=self._session.path.name,
                family=self._family,
                what=what,
            )
        )


def _sizes(inputs: ModelInputs, offered: InputSizes) -> InputSizes:
    """Return the sizes that both the inputs and the family allow."""
    if inputs.width is None and inputs.height is None:
        return offered
    usual = offered.choices[0] if offered.choices else (offered.longest, offered.longest)
    return InputSizes(choices=((inputs.width or usual[0], inputs.height or usual[1]),), fixed=True)
