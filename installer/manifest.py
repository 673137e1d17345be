"""What the program consists of: a manifest with every file's hash, the licences, and an SBOM."""

from __future__ import annotations

import json
import shutil
import uuid
from dataclasses import asdict, dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

from installer.lockfile import Pin, normalized, sha256_of
from installer.runtime import Origin
from installer.wheels import dist_infos

MANIFEST_NAME = "manifest.json"
SBOM_NAME = "sbom.cdx.json"
LICENCES = "licences"

_LICENCE_NAMES = ("licen", "copying", "notice", "authors", "thirdparty", "third-party")
_NAMESPACE = uuid.UUID("6d8f2f4e-6a3c-5d0c-9d7e-3b9a5b0f6c11")
"""Of the SBOM's serial numbers; any would do, as long as it stays the same."""


@dataclass(frozen=True)
class Library:
    """One library in the program.

    Attributes:
        name: as its authors write it.
        version: of the wheel.
        licence: an SPDX expression or the authors' own words; empty if they say nothing.
        sha256: of the wheel it came in.
        licence_files: texts, below the program's folder ``licences``.
    """

    name: str
    version: str
    licence: str
    sha256: str
    licence_files: tuple[str, ...]


def gather_libraries(site_packages: Path, licences: Path, pins: list[Pin]) -> list[Library]:
    """Return what was unpacked, and move the licence texts into the folder `licences`."""
    hashes = {pin.name: pin.sha256 for pin in pins}
    found = []
    for info in dist_infos(site_packages):
        metadata = Parser().parsestr((info / "METADATA").read_text(encoding="utf-8"))
        name = str(metadata["Name"])
        found.append(
            Library(
                name,
                str(metadata["Version"]),
                licence_of(metadata),
                hashes[normalized(name)],
                tuple(_move_licences(info, licences / name)),
            )
        )
    return found


def licence_of(metadata: Message) -> str:
    """Return a distribution's licence, from the newest field that tells it to the oldest."""
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [
        value.rpartition(" :: ")[2]
        for value in metadata.get_all("Classifier", [])
        if value.startswith("License :: ")
    ]
    words = str(metadata.get("License", "")).strip().splitlines()
    if words and len(words) == 1 and len(words[0]) <= 60:
        return words[0]
    return ", ".join(classifiers) or (words[0][:60] if words else "")


def _move_licences(info: Path, target: Path) -> list[str]:
    moved = []
    for path in sorted(info.rglob("*")):
        is_text = path.is_file() and path.name.lower().startswith(_LICENCE_NAMES)
        if not is_text and not (
            path.is_file() and path.parent.name in ("licenses", "license_files")
        ):
            continue
        place = target / "_".join(path.relative_to(info).parts).removeprefix("licenses_")
        target.mkdir(parents=True, exist_ok=True)
        shutil.move(path, place)
        moved.append(place.relative_to(target.parent.parent).as_posix())
    return moved


def write_sbom(tree: Path, version: str, origin: Origin, libraries: list[Library]) -> None:
    """Write a CycloneDX 1.6 bill of materials into `tree`."""
    python: dict[str, Any] = {
        "type": "platform",
        "bom-ref": f"cpython@{origin.python}",
        "name": "CPython",
        "version": origin.python,
        "description": origin.text,
        "licenses": [{"license": {"id": "PSF-2.0"}}],
        "cpe": f"cpe:2.3:a:python:python:{origin.python}:*:*:*:*:*:*:*",
    }
    components = [python, *(_component(library) for library in libraries)]
    root = f"signalbox@{version}"
    bom = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, json.dumps(components, sort_keys=True))}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": "Signalbox",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": components,
        "dependencies": [{"ref": root, "dependsOn": [part["bom-ref"] for part in components]}],
    }
    _write_json(tree / SBOM_NAME, bom)


def _component(library: Library) -> dict[str, Any]:
    reference = f"pkg:pypi/{normalized(library.name)}@{library.version}"
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": reference,
        "name": library.name,
        "version": library.version,
        "purl": reference,
        "hashes": [{"alg": "SHA-256", "content": library.sha256}],
    }
    if library.licence:
        component["licenses"] = [{"license": {"name": library.licence}}]
    return component


def write_manifest(tree: Path, version: str, origin: Origin, libraries: list[Library]) -> None:
    """Write the manifest: libraries, and each file's size and SHA-256, written last."""
    paths = [path for path in sorted(tree.rglob("*")) if path.is_file()]
    files = {
        path.relative_to(tree).as_posix(): {"size": path.stat().st_size, "sha256": sha256_of(path)}
        for path in paths
    }
    content = {
        "product": "Signalbox",
        "version": version,
        "python": asdict(origin),
        "libraries": [asdict(library) for library in libraries],
        "size": sum(path.stat().st_size for path in paths),
        "files": files,
    }
    _write_json(tree / MANIFEST_NAME, content)


def read_manifest(tree: Path) -> dict[str, Any]:
    """Return the manifest of a tree."""
    content: dict[str, Any] = json.loads((tree / MANIFEST_NAME).read_text(encoding="utf-8"))
    return content


def _write_json(path: Path, content: object) -> None:
    path.write_text(
        json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )
