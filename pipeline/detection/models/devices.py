"""The processors that a model can run on here, by name, as onnxruntime finds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import onnxruntime

from pipeline.detection.models.detector import PROVIDER_NAMES, ModelError, Provider
from pipeline.texts import NOTHING, Text, say

ONNX_PROVIDERS: Final[dict[Provider, str]] = {
    "directml": "DmlExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
NAMES: Final = {onnx: provider for provider, onnx in ONNX_PROVIDERS.items()}
ADAPTER: Final = "DxgiAdapterNumber"
"""Key of the number by which DirectML knows a graphics card; without it DirectML takes the first."""


@dataclass(frozen=True, slots=True)
class Device:
    """A graphics card.

    Attributes:
        provider: what runs models on it.
        name: as its driver calls it; with a number where several are called the same.
        number: by which the provider knows it.
    """

    provider: Provider
    name: str
    number: int


def graphics_devices() -> tuple[Device, ...]:
    """Return the graphics cards that can be chosen by name, in the order of their numbers."""
    try:
        found = onnxruntime.get_ep_devices()
    except (AttributeError, RuntimeError):
        # An onnxruntime that cannot tell still runs models, on the first card.
        return ()
    numbers: dict[int, str] = {}
    for entry in found:
        metadata: dict[str, str] = dict(entry.device.metadata)
        number = metadata.get(ADAPTER, "")
        if NAMES.get(entry.ep_name) == "directml" and number.isdigit():
            name = metadata.get("Description") or entry.device.vendor or "graphics card"
            numbers.setdefault(int(number), str(name).strip())
    return tuple(
        Device("directml", name, number)
        for number, name in zip(sorted(numbers), _distinct(_sorted(numbers)), strict=True)
    )


def provider_options(provider: Provider, device: str) -> tuple[dict[str, Any], str]:
    """Return the options for onnxruntime to use `device`, and the device's name.

    Args:
        provider: which is to run the model.
        device: name of a graphics card, or a part of it; empty for the first.

    Raises:
        ModelError: there is no such device; the text names those that there are.
    """
    if provider != "directml":
        return {}, ""
    there = graphics_devices()
    if not device:
        return {}, there[0].name if there else ""
    exact = [one for one in there if one.name.casefold() == device.casefold()]
    fitting = exact or [one for one in there if device.casefold() in one.name.casefold()]
    if not fitting:
        if not there:
            raise ModelError(say("there is no device `{device}`, nor any other", device=device))
        names = ", ".join(one.name for one in there)
        raise ModelError(
            say("there is no device `{device}`; there are: {names}", device=device, names=names)
        )
    return {"device_id": str(fitting[0].number)}, fitting[0].name


def availability() -> dict[Provider, Text]:
    """Return for each execution provider why this onnxruntime cannot use it; empty where it can."""
    there = set(onnxruntime.get_available_providers())
    return {
        provider: NOTHING if onnx in there else not_built_in(provider)
        for provider, onnx in ONNX_PROVIDERS.items()
    }


def not_built_in(provider: Provider) -> Text:
    """Return the reason where onnxruntime was built without `provider`."""
    return say("{name} is not in this build of onnxruntime", name=PROVIDER_NAMES[provider])


def _sorted(numbers: dict[int, str]) -> list[str]:
    return [numbers[number] for number in sorted(numbers)]


def _distinct(names: Iterable[str]) -> list[str]:
    """Number those that are called the same, such as two equal cards."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return distinct
