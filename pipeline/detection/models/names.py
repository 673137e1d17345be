"""Class names of a model: from its metadata, a file beside it, or COCO."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.detection.models.coco import COCO_IDS, COCO_NAMES
from pipeline.detection.models.detector import ModelError
from pipeline.texts import Text, say, verbatim

METADATA_KEYS: Final = ("names", "classes", "class_names", "labels")
SIDECARS: Final = (".names", ".yaml", ".yml", ".txt")
MAX_TEXT: Final = 1_000_000
MAX_CLASSES: Final = 20_000
_BACKGROUND: Final = frozenset({"background", "__background__", "_background_", "n/a"})
_ENTRY: Final = re.compile(r"^(?:-\s*|(?P<number>\d+)\s*:\s*)(?P<name>\S.*)$")


@dataclass(frozen=True, slots=True)
class ClassNames:
    """Names by class id, and in words where they are from."""

    names: tuple[str, ...]
    origin: Text


def class_names(
    path: Path,
    metadata: Mapping[str, str],
    counts: Sequence[int] = (),
    default: Sequence[str] = COCO_NAMES,
    first_label: int = 0,
) -> ClassNames:
    """Return the names of the classes of the model `path`.

    Args:
        path: the model; beside it may lie a file of the same name ending in .names, .yaml or .txt.
        metadata: what the file says about itself.
        counts: how many classes its outputs can hold, most likely first; empty when they do not
            tell.
        default: names where neither metadata nor a file has any.
        first_label: label that the model gives to class 0.

    Raises:
        ModelError: the names cannot be read, or are not as many as the model has classes.
    """
    found = given_names(path, metadata)
    if found is None:
        return _fallback(counts, default)
    names = found.names
    if first_label and names and names[0].lower() in _BACKGROUND:
        names = names[first_label:]
    if counts and len(names) not in counts:
        raise ModelError(
            say(
                "{model} tells apart {classes} classes, but {origin} has {names} names. Put the "
                "right names into {file} beside it, one a line.",
                model=path.name,
                classes=counts[0],
                origin=found.origin,
                names=len(names),
                file=f"{path.stem}.names",
            )
        )
    origin = say("class names from {origin}: {count}", count=len(names), origin=found.origin)
    return ClassNames(names, origin)


def given_names(path: Path, metadata: Mapping[str, str]) -> ClassNames | None:
    """Return the names that the model's metadata or a file beside it gives, or None.

    Raises:
        ModelError: they cannot be read.
    """
    return _from_metadata(path, metadata) or _from_file(path)


def parse_names(text: str) -> tuple[str, ...]:
    """Return the names in `text`: JSON, or a list or dictionary as Python writes it.

    Raises:
        ValueError: it is neither.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(say("too long"))
    try:
        value: Any = json.loads(text)
    except ValueError:
        try:
            value = ast.literal_eval(text.strip())
        except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
            raise ValueError(say("neither a list nor a dictionary of names")) from error
    except RecursionError as error:
        raise ValueError(say("nested too deeply")) from error
    if isinstance(value, dict):
        return _from_numbers({int(number): str(name) for number, name in value.items()})
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise ValueError(say("neither a list nor a dictionary of names"))


def parse_yaml_names(text: str) -> tuple[str, ...]:
    """Return what ``names:`` holds in a data set's YAML: a list or numbered names, in any style.

    Only this entry is understood; nothing in the text is ever executed.

    Raises:
        ValueError: there is no such entry, or it is written in another way.
    """
    lines = [line.rstrip() for line in text[:MAX_TEXT].splitlines()]
    start = next((i for i, line in enumerate(lines) if re.match(r"names\s*:", line)), None)
    if start is None:
        raise ValueError(say("no entry `names:`"))
    body = [line.split(" #", 1)[0].strip() for line in lines[start + 1 :]]
    inline = lines[start].split(":", 1)[1].split(" #", 1)[0].strip()
    if inline.startswith(("[", "{")):
        return _flow(" ".join([inline, *body]))
    listed: dict[int, str] = {}
    for line, raw in zip(body, lines[start + 1 :], strict=True):
        if not line or line.startswith("#"):
            continue
        entry = _ENTRY.match(line)
        if entry is None or (raw[0] not in " \t-"):
            break
        number = entry["number"]
        listed[len(listed) if number is None else int(number)] = _unquoted(entry["name"])
    return _from_numbers(listed)


def _flow(text: str) -> tuple[str, ...]:
    """Return the names of ``[a, 'b']`` or ``{0: a, 1: b}`` at the beginning of `text`."""
    closing = "]" if text[0] == "[" else "}"
    end = text.find(closing)
    if end < 0:
        raise ValueError(say("`{sign}` is missing", sign=closing))
    # Names hold no commas outside quotes; within quotes they stay whole.
    parts = re.findall(r"(?:'[^']*'|\"[^\"]*\"|[^,'\"])+", text[1:end])
    entries = [part.strip() for part in parts if part.strip()]
    if text[0] == "[":
        return tuple(_unquoted(entry) for entry in entries)
    pairs = (entry.split(":", 1) for entry in entries)
    return _from_numbers({int(pair[0]): _unquoted(pair[1]) for pair in pairs if len(pair) == 2})


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _from_numbers(names: Mapping[int, str]) -> tuple[str, ...]:
    if not names or min(names) < 0 or max(names) >= MAX_CLASSES:
        raise ValueError(say("no names, or class numbers that are out of range"))
    return tuple(names.get(number, f"class {number}") for number in range(max(names) + 1))


def _from_metadata(path: Path, metadata: Mapping[str, str]) -> ClassNames | None:
    key = next((key for key in METADATA_KEYS if metadata.get(key)), None)
    if key is None:
        return None
    try:
        names = parse_names(metadata[key])
    except ValueError as error:
        if key != "names":
            return None
        raise ModelError(
            say(
                "{model}: the class names in its metadata cannot be read ({error}). "
                "Export it again.",
                model=path.name,
                error=error,
            )
        ) from error
    return ClassNames(names, say("the metadata"))


def _from_file(path: Path) -> ClassNames | None:
    sidecar = next((s for s in map(path.with_suffix, SIDECARS) if s.is_file()), None)
    if sidecar is None:
        return None
    try:
        with sidecar.open(encoding="utf-8-sig") as file:
            text = file.read(MAX_TEXT)
        if sidecar.suffix in {".yaml", ".yml"}:
            names = parse_yaml_names(text)
        else:
            names = tuple(line.strip() for line in text.splitlines() if line.strip())
    except (OSError, ValueError) as error:
        raise ModelError(
            say(
                "{file} beside {model} holds no class names ({error}). "
                "Write one name a line into a file that ends in .names.",
                file=sidecar.name,
                model=path.name,
                error=error,
            )
        ) from error
    return ClassNames(names, verbatim(sidecar.name))


def _fallback(counts: Sequence[int], default: Sequence[str]) -> ClassNames:
    if not counts or len(default) in counts:
        return ClassNames(tuple(default), say("no class names in the file: those of COCO taken"))
    for coco in (COCO_NAMES, COCO_IDS):
        if len(coco) in counts:
            return ClassNames(
                coco,
                say(
                    "no class names in the file, {count} classes: those of COCO taken",
                    count=len(coco),
                ),
            )
    return ClassNames(
        tuple(f"class {number}" for number in range(counts[0])),
        say(
            "no names for its classes ({count}): put them into a .names file beside the model",
            count=counts[0],
        ),
    )
