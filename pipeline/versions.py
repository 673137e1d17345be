"""Versions of everything that matters in a bug report."""

from __future__ import annotations

import hashlib
import platform
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from pipeline import __version__
from pipeline.paths import RESOURCES

LIBRARIES = (
    "PySide6-Essentials",
    "confluent-kafka",
    "opencv-python",
    "onnxruntime",
    "onnxruntime-directml",
    "numpy",
    "loguru",
    "msgspec",
    "pydantic",
    "pyqtgraph",
    "qtawesome",
    "aiohttp",
)
"""Distributions whose version is told when they are installed."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A detector model that ships with Signalbox: its file name and SHA-256."""

    name: str
    sha256: str


def library_versions() -> dict[str, str]:
    """Return the versions of the installed libraries, by distribution name."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def librdkafka_version() -> str:
    """Return the version of the C library inside confluent-kafka."""
    import confluent_kafka

    return str(confluent_kafka.libversion()[0])


def execution_providers() -> list[str]:
    """Return the execution providers that this ONNX Runtime was built with.

    That one is listed does not mean that it works on this machine.
    """
    import onnxruntime

    return list(onnxruntime.get_available_providers())


def graphics_cards() -> list[str]:
    """Return the graphics cards that ONNX Runtime knows by name."""
    from pipeline.detection.models.devices import graphics_devices

    return [card.name for card in graphics_devices()]


@cache
def bundled_models() -> tuple[ModelFile, ...]:
    """Return the model files that ship with Signalbox."""
    return tuple(
        ModelFile(path.name, _sha256(path))
        for path in sorted((RESOURCES / "models").glob("*.onnx"))
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def report() -> dict[str, object]:
    """Return all versions as a table of plain values, for JSON."""
    return {
        "signalbox": __version__,
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "machine": platform.machine(),
        "libraries": library_versions(),
        "librdkafka": librdkafka_version(),
        "executionProviders": execution_providers(),
        "graphicsCards": graphics_cards(),
        "models": {model.name: model.sha256 for model in bundled_models()},
    }
