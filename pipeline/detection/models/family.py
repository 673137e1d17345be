"""What a model family offers: to recognise its exports, and to read boxes from their outputs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from numpy.typing import NDArray

from pipeline.detection.models.detections import Detections
from pipeline.detection.models.inputs import ModelInputs, Shape
from pipeline.detection.models.names import given_names
from pipeline.detection.models.preparation import Preparation
from pipeline.detection.models.selection import Selection
from pipeline.detection.models.sizes import InputSizes
from pipeline.texts import Text

Outputs: TypeAlias = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class ModelFacts:
    """What is known of a model before its family is.

    Attributes:
        path: its file.
        metadata: what the file says about itself.
        inputs: what its inputs take.
        declared: shape of each output as the file says, where sides may be unknown.
        size: (width, height) of the picture it is tried with.
        trial: runs it on an even grey picture of that size.
    """

    path: Path
    metadata: Mapping[str, str]
    inputs: ModelInputs
    declared: Mapping[str, Shape]
    size: tuple[int, int]
    trial: Callable[[], Outputs]

    @functools.cached_property
    def outputs(self) -> Outputs:
        """What the model gave for the grey picture, by name."""
        return self.trial()

    def output(self, *names: str) -> str | None:
        """Return the output that bears one of `names`, or None; a ``:0`` behind it is ignored."""
        plain = {name.removesuffix(":0"): name for name in self.declared}
        return next((plain[name] for name in names if name in plain), None)

    @functools.cached_property
    def known_classes(self) -> int:
        """How many class names the metadata or a file beside the model has; 0 when none."""
        found = given_names(self.path, self.metadata)
        return len(found.names) if found else 0


class Layout(Protocol):
    """How the boxes of one model are read."""

    @property
    def preparation(self) -> Preparation:
        """How its picture is made."""
        ...

    @property
    def sizes(self) -> InputSizes:
        """Sizes of input that it takes, as far as its inputs do not say."""
        ...

    @property
    def overlapping(self) -> bool:
        """Whether it gives several boxes for one object."""
        ...

    @property
    def class_counts(self) -> tuple[int, ...]:
        """How many classes the outputs can hold, most likely first; empty: they do not tell."""
        ...

    @property
    def default_names(self) -> tuple[str, ...]:
        """Names of the classes where the file has none."""
        ...

    @property
    def first_label(self) -> int:
        """Label that it gives to class 0."""
        ...

    def decode(self, outputs: Outputs, size: tuple[int, int], selection: Selection) -> Detections:
        """Return the selected boxes in pixels of the model's input ``size`` (width, height)."""
        ...


@dataclass(frozen=True, slots=True)
class Match:
    """Why a model may be of a family.

    Attributes:
        layout: how its boxes would be read.
        evidence: what speaks for it, in words.
        sure: nothing else looks like this.
    """

    layout: Layout
    evidence: tuple[Text, ...]
    sure: bool = True


class Family(Protocol):
    """A family of models whose exports are read in the same way."""

    @property
    def name(self) -> str:
        """Short name, as the settings have it."""
        ...

    @property
    def looks_like(self) -> Text:
        """Its outputs in words, for messages."""
        ...

    def match(self, facts: ModelFacts) -> Match | None:
        """Return why `facts` fit the family, or None."""
        ...
