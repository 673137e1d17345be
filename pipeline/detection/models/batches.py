"""Runs several pictures through a model at once, where it can do that, and checks that it can."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.detection.models.detector import ModelError
from pipeline.texts import say

Feeds: TypeAlias = Mapping[str, NDArray[Any]]
Outputs: TypeAlias = Mapping[str, NDArray[Any]]
Run: TypeAlias = Callable[[Feeds], Outputs]

TOLERANCE: Final = 1e-3
"""Relative and absolute: kernels for several pictures may sum in another order."""


def run_together(run: Run, feeds: Sequence[Feeds], batch: int | None) -> list[Outputs]:
    """Return the outputs for each of `feeds` (one picture each, equal shapes), from one run.

    A model of a fixed `batch` gets the last picture again until that many are there. Outputs have
    a first axis of 1, as if each picture had been run alone.

    Raises:
        ModelError: the run failed, or an output cannot be told apart by picture.
    """
    missing = (batch or len(feeds)) - len(feeds)
    if missing == 0 and len(feeds) == 1:
        return [run(feeds[0])]
    padded = [*feeds, *[feeds[-1]] * missing]
    joined = {name: np.concatenate([one[name] for one in padded]) for name in feeds[0]}
    outputs = run(joined)
    mixed = [name for name, value in outputs.items() if value.shape[:1] != (len(padded),)]
    if mixed:
        raise ModelError(
            say(
                "the output `{name}` does not tell the {count} pictures of a run apart; "
                "export the model for one picture at a time",
                name=mixed[0],
                count=len(padded),
            )
        )
    return [
        {name: value[index : index + 1] for name, value in outputs.items()}
        for index in range(len(feeds))
    ]


def runs_together(run: Run, first: Feeds, second: Feeds) -> bool:
    """Whether the model gives for two pictures at once what it gives for each alone.

    Many an export says that its first axis may vary, and then reshapes to one picture inside.

    Raises:
        ModelError: one picture alone cannot be run.
    """
    alone = [run(first), run(second)]
    joined = {name: np.concatenate([first[name], second[name]]) for name in first}
    try:
        outputs = run(joined)
    except ModelError:
        return False
    return all(
        _same(outputs[name][index : index + 1], alone[index][name])
        for index in range(2)
        for name in outputs
    )


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return one.shape == other.shape and bool(
        np.allclose(one, other, TOLERANCE, TOLERANCE, equal_nan=True)
    )
