"""Loads a detector model: finds out its family, opens it, tries it once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.detection.models.batches import run_together
from pipeline.detection.models.detector import Detector, DetectorOptions, Provider
from pipeline.detection.models.families.yolo_common import export_size
from pipeline.detection.models.family import ModelFacts, Outputs
from pipeline.detection.models.graph_detector import GraphDetector
from pipeline.detection.models.inputs import ModelInputs
from pipeline.detection.models.preparation import GREY, Preparation
from pipeline.detection.models.recognition import check_family, recognise
from pipeline.detection.models.session import ModelSession, open_session, threads_for
from pipeline.paths import RESOURCES

BUNDLED: Final = "bundled"
BUNDLED_MODEL: Final = RESOURCES / "models" / "nanodet-g.onnx"
PROBE_SHAPE: Final = (360, 640, 3)
TRIAL_STEP: Final = 32
"""Nearly every detector takes multiples of it."""


def model_path(name: str) -> Path:
    """Return the file of the model that the settings name: ``bundled``, or a path."""
    return BUNDLED_MODEL if name == BUNDLED else Path(name).expanduser()


def load_detector(
    path: Path,
    options: DetectorOptions | None = None,
    *,
    providers: Sequence[Provider] = ("directml", "cpu"),
    threads: int = 0,
) -> Detector:
    """Return the detector in `path`, ready to run and tried once.

    Args:
        path: an ONNX file; its family is recognised from its inputs, outputs and metadata.
        options: which boxes to keep, and what the model is to be taken for.
        providers: execution providers in order of preference; the CPU is always the last resort.
        threads: threads of one inference; 0 leaves one core to the window.

    Raises:
        ModelError: the file is missing, broken, of an unknown family or of one of several, does not
            keep its family's contract, or an option does not fit it.
    """
    options = options or DetectorOptions()
    if options.family is not None:
        check_family(options.family)
    detectors: list[Detector] = []

    def probe(session: ModelSession) -> None:
        inputs = ModelInputs.of(path.name, session.inputs, session.types)
        name, match = recognise(_facts(session, inputs, options), options.family)
        detector = GraphDetector(session, inputs, name, match, options)
        even = np.full(PROBE_SHAPE, 127, np.uint8)
        detector.detect(even)
        detector.try_batch(even)
        detectors.append(detector)

    open_session(path, providers, threads_for(threads), probe, options.device)
    return detectors[-1]


def _facts(session: ModelSession, inputs: ModelInputs, options: DetectorOptions) -> ModelFacts:
    usual = options.input_size
    if usual is None or any(side % TRIAL_STEP for side in usual):
        # A size that the model does not take is refused later, when the sizes are known.
        usual = export_size(session.metadata)
    size = (inputs.width or usual[0], inputs.height or usual[1])

    def trial() -> Outputs:
        grey = np.full((size[1], size[0], 3), GREY, np.uint8)
        feeds = inputs.feeds(grey, Preparation("stretch", "RGB"))
        return run_together(session.run, [feeds], inputs.batch)[0]

    return ModelFacts(
        path=session.path,
        metadata=session.metadata,
        inputs=inputs,
        declared=session.outputs,
        size=size,
        trial=trial,
    )
