"""Opens what a camera setting names: the demo clip, a file, a folder of pictures, a stream, USB."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2

from pipeline.detection.source_kinds import SourceKind, missing, source_kind, usb_wanted
from pipeline.detection.sources import network
from pipeline.detection.sources.folder import FolderReader
from pipeline.detection.sources.format_watch import FormatWatch
from pipeline.detection.sources.reader import Reader, SourceError, not_opened
from pipeline.detection.sources.usb import open_usb
from pipeline.detection.sources.video import VideoReader, open_ffmpeg
from pipeline.paths import RESOURCES
from pipeline.redact import redact_text
from pipeline.settings_cameras import CameraSettings
from pipeline.texts import say, verbatim

__all__ = ["DEMO_CLIP", "Reader", "SourceError", "open_source"]

DEMO_CLIP: Final = RESOURCES / "demo" / "market-street-1906.mp4"


def open_source(camera: CameraSettings) -> Reader:
    """Open the source of `camera`; files begin at its start offset.

    Raises:
        SourceError: it cannot be opened; the text names the source, without credentials.
    """
    # A camera that cannot be opened is reported by name; OpenCV's own warnings say less, and repeat.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    source = camera.source
    match source_kind(source):
        case SourceKind.DEMO:
            return _open_file(DEMO_CLIP, camera.start_offset_s)
        case SourceKind.USB_INDEX | SourceKind.USB_NAME:
            return open_usb(usb_wanted(source))
        case SourceKind.STREAM | SourceKind.PLAYLIST as kind:
            return _open_stream(source, kind)
        case SourceKind.FOLDER:
            return FolderReader(Path(source).expanduser())
        case SourceKind.FILE:
            return _open_file(Path(source).expanduser(), camera.start_offset_s)


def _open_file(path: Path, offset_s: float) -> Reader:
    if not path.is_file():
        raise SourceError(missing(path))
    capture = open_ffmpeg(str(path))
    if not capture.isOpened():
        capture.release()
        raise SourceError(
            not_opened(path.name, say("it is no video that can be decoded, or damaged"))
        )
    reader = VideoReader(capture, verbatim(path.name), is_live=False)
    reader.start_at(offset_s)
    return reader


def _open_stream(address: str, kind: SourceKind) -> Reader:
    shown = redact_text(address)
    capture = open_ffmpeg(address)
    if not capture.isOpened():
        capture.release()
        raise SourceError(not_opened(shown, redact_text(network.why_not(address))))
    is_rtsp = address.lower().startswith("rtsp")
    return VideoReader(
        capture,
        verbatim(shown),
        is_live=True,
        paced=kind is SourceKind.PLAYLIST,
        # Only RTP carries the camera's own clock; elsewhere FFmpeg counts pictures.
        has_clock=is_rtsp,
        watch=FormatWatch(address) if is_rtsp else None,
    )
