"""What files that somebody hands to the window are: cameras, a list of them, Kafka properties. Pure
but for the disk.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from pipeline.cameras_csv import free_id
from pipeline.detection.source_kinds import PICTURE_SUFFIXES, STREAM_SCHEMES
from pipeline.redact import redact_text
from pipeline.settings_cameras import CameraSettings
from pipeline.texts import Text, say

VIDEO_SUFFIXES: Final = frozenset(
    [
        ".mp4",
        ".mkv",
        ".avi",
        ".mov",
        ".webm",
        ".ts",
        ".m4v",
        ".mpg",
        ".mpeg",
        ".wmv",
        ".flv",
        ".3gp",
        ".mts",
        ".m2ts",
        ".vob",
        ".ogv",
        ".asf",
        ".mjpeg",
        ".mjpg",
        ".h264",
        ".264",
        ".h265",
        ".265",
        ".hevc",
        ".dav",
    ]
)
_LIST_SUFFIXES: Final = frozenset({".csv", ".tsv"})
_TEXT_SUFFIXES: Final = frozenset({".txt", ".conf", ".config", ".cfg", ".ini", ""})
_VIDEO_BEGINS: Final = re.compile(
    rb"....ftyp|RIFF....AVI |\x1aE\xdf\xa3|\x00\x00\x01\xba|FLV\x01|OggS|0&\xb2u\x8ef\xcf\x11|DHAV"
    rb"|\x00\x00\x00\x01[\x09\x26\x27\x40\x42\x67]",
    re.DOTALL,
)
"""MP4, AVI, Matroska, MPEG, Flash, Ogg, ASF, recorders of Dahua, and bare H.264 and H.265."""
_PROPERTY: Final = re.compile(r"^\s*[A-Za-z][\w.-]*\.[\w.-]+\s*[=:]", re.MULTILINE)
LOOKED_AT: Final = 4096
MAX_NAME: Final = 80


class DropKind(enum.Enum):
    """What becomes of a file."""

    CAMERA = "camera"
    LIST = "list"
    PROPERTIES = "properties"


class Source(NamedTuple):
    """Where a new camera's pictures come from, and what it may be called."""

    address: str
    name: str


@dataclass(slots=True)
class Dropped:
    """What was handed over, sorted.

    Attributes:
        cameras: paths of videos and folders of pictures, addresses of streams.
        lists: files with lists of cameras.
        properties: files with properties of a Kafka client.
        refused: why others are of no use; each names its file.
    """

    cameras: list[Source] = field(default_factory=list)
    lists: list[Path] = field(default_factory=list)
    properties: list[Path] = field(default_factory=list)
    refused: list[Text] = field(default_factory=list)

    @property
    def kinds(self) -> int:
        """How many of the three kinds there are."""
        return sum(bool(each) for each in (self.cameras, self.lists, self.properties))


def sort_dropped(addresses: Iterable[str]) -> Dropped:
    """Look at what paths and addresses name; may block, as disks and shares do."""
    found = Dropped()
    for address in addresses:
        scheme = urlsplit(address).scheme.lower() if "://" in address else ""
        if scheme in STREAM_SCHEMES:
            host = unquote(urlsplit(address).hostname or "") or scheme
            found.cameras.append(Source(address, host[:MAX_NAME]))
            continue
        if scheme:
            found.refused.append(
                say(
                    "{source}: {scheme}:// is no address of a camera",
                    source=redact_text(address),
                    scheme=scheme,
                )
            )
            continue
        path = Path(address)
        kind = _kind(path)
        if kind is DropKind.CAMERA:
            # Of a folder, what stands behind a dot is part of its name.
            is_video = path.suffix.lower() in VIDEO_SUFFIXES
            found.cameras.append(Source(address, (path.stem if is_video else path.name)[:MAX_NAME]))
        elif kind is DropKind.LIST:
            found.lists.append(path)
        elif kind is DropKind.PROPERTIES:
            found.properties.append(path)
        else:
            found.refused.append(kind)
    return found


def _kind(path: Path) -> DropKind | Text:
    """Return what a file or folder is; a text that names it and says why it is of no use."""
    try:
        if path.is_dir():
            if any(each.suffix.lower() in PICTURE_SUFFIXES for each in path.iterdir()):
                return DropKind.CAMERA
            return say("{name} is a folder without pictures", name=path.name)
        with path.open("rb") as file:
            begin = file.read(LOOKED_AT)
    except OSError:
        return say("{name} cannot be read", name=path.name)
    if not begin:
        return say("{name} is empty", name=path.name)
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES or _VIDEO_BEGINS.match(begin):
        return DropKind.CAMERA
    if suffix in _LIST_SUFFIXES:
        return DropKind.LIST
    if suffix == ".properties":
        return DropKind.PROPERTIES
    if suffix in PICTURE_SUFFIXES:
        return say(
            "{name} is a single picture; the folder that holds it can be played", name=path.name
        )
    if suffix in _TEXT_SUFFIXES and b"\0" not in begin:
        return _kind_of_text(begin.decode("utf-8", "replace"), path.name)
    return _useless(path.name)


def _kind_of_text(text: str, name: str) -> DropKind | Text:
    header = re.split(r"[,;\t]", next(iter(text.lower().splitlines()), ""))
    if len(header) > 1 and {"name", "source"} & {cell.strip() for cell in header}:
        return DropKind.LIST
    if _PROPERTY.search(text):
        return DropKind.PROPERTIES
    return _useless(name)


def _useless(name: str) -> Text:
    return say(
        "{name} is neither a video nor a list of cameras (CSV) nor Kafka properties", name=name
    )


def new_cameras(
    sources: Sequence[Source], existing: Sequence[CameraSettings]
) -> tuple[CameraSettings, ...]:
    """Return cameras for sources, named after their files, with ids and names of their own."""
    taken = {camera.id for camera in existing}
    names = {camera.name for camera in existing}
    made = []
    for source in sources:
        name = _free_name(source.name, names)
        names.add(name)
        one = CameraSettings(id=free_id(name, taken), name=name, source=source.address)
        taken.add(one.id)
        made.append(one)
    return tuple(made)


def _free_name(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        end = f" {number}"
        name = wanted[: MAX_NAME - len(end)] + end
        number += 1
    return name
