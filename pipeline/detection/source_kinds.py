"""What a camera's source names: a file, a folder, a stream, a USB camera. Pure but for the disk."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Final

from pipeline.redact import redact_text
from pipeline.texts import NOTHING, Text, say

DEMO: Final = "demo"
USB_PREFIX: Final = "usb:"
STREAM_SCHEMES: Final = ("rtsp", "rtsps", "rtmp", "http", "https", "udp")
PICTURE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
"""Pictures that a folder is played from."""


class SourceKind(enum.Enum):
    """How a source is opened."""

    DEMO = "demo"
    FILE = "file"
    FOLDER = "folder"
    STREAM = "stream"
    PLAYLIST = "playlist"
    """HLS: it comes in pieces of some seconds each, which are played at the pace they tell."""
    USB_INDEX = "usb index"
    USB_NAME = "usb name"


def source_kind(source: str) -> SourceKind:
    """Return what `source` names; whatever is nothing else is a file."""
    if source == DEMO:
        return SourceKind.DEMO
    if source.isdecimal():
        return SourceKind.USB_INDEX
    lower = source.lower()
    if lower.startswith(USB_PREFIX):
        rest = source[len(USB_PREFIX) :].strip()
        return SourceKind.USB_INDEX if rest.isdecimal() else SourceKind.USB_NAME
    scheme, separator, rest = lower.partition("://")
    if separator and scheme in STREAM_SCHEMES:
        path = rest.partition("?")[0]
        is_playlist = scheme in {"http", "https"} and path.endswith((".m3u8", ".m3u"))
        return SourceKind.PLAYLIST if is_playlist else SourceKind.STREAM
    if Path(source).expanduser().is_dir():
        return SourceKind.FOLDER
    return SourceKind.FILE


def usb_wanted(source: str) -> str:
    """Return the index or the part of a name that a USB source gives."""
    is_prefixed = source.lower().startswith(USB_PREFIX)
    return source[len(USB_PREFIX) :].strip() if is_prefixed else source


def missing(path: Path) -> Text:
    """Return that a file is not there."""
    # Whatever is not known as anything else is taken for a file, also an address without its scheme.
    return say("{path} does not exist. Check the camera's source.", path=redact_text(str(path)))


def is_missing(cause: Text) -> bool:
    """Whether a camera gives no pictures because its file or folder is not there."""
    return cause.source == missing(Path()).source


def not_opened(source: str, cause: Text) -> Text:
    """Return why a source cannot be opened."""
    return say("{source} cannot be opened: {cause}", source=source, cause=cause)


def cause_alone(text: Text) -> Text:
    """Return why a source cannot be opened without the source; any other text as it is."""
    if text.source != not_opened("", NOTHING).source:
        return text
    cause = text.values["cause"]
    return cause if isinstance(cause, Text) else text
