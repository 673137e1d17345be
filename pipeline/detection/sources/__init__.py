"""Opens what a camera setting names: the demo clip, a file, a folder of pictures, a stream, USB."""

from __future__ import annotations

import http.client
import urllib.error
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import cv2

from pipeline.detection.source_kinds import (
    STREAM_SCHEMES,
    SourceKind,
    missing,
    not_opened,
    source_kind,
    usb_wanted,
)
from pipeline.detection.sources import format_watch, network, video
from pipeline.detection.sources.address import split_address
from pipeline.detection.sources.folder import FolderReader
from pipeline.detection.sources.format_watch import FormatWatch, ask_rtsp
from pipeline.detection.sources.multipart import MultipartReader
from pipeline.detection.sources.reader import Reader, SourceError
from pipeline.detection.sources.usb import open_usb
from pipeline.detection.sources.video import VideoReader, open_ffmpeg
from pipeline.detection.sources.web import open_web
from pipeline.paths import RESOURCES
from pipeline.redact import redact_text
from pipeline.settings_cameras import CameraSettings
from pipeline.texts import say, verbatim

__all__ = ["DEMO_CLIP", "Reader", "SourceError", "follows_size", "open_source"]

DEMO_CLIP: Final = RESOURCES / "demo" / "market-street-1906.mp4"

_FOR_FFMPEG: Final[set[str]] = set()
"""Addresses over HTTP that gave no stream of pictures. A camera that serves one viewer may refuse
FFmpeg right after it was asked; at the next try it is FFmpeg that asks."""


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
            return _open_file(source, camera.start_offset_s)


def _open_file(source: str | Path, offset_s: float) -> Reader:
    path = Path(source).expanduser()
    if not path.is_file():
        scheme, separator, _ = str(source).partition("://")
        if separator:
            raise SourceError(
                not_opened(
                    redact_text(str(source)),
                    say(
                        "{scheme}:// is not known here; use one of {known}, or the path of a file",
                        scheme=scheme,
                        known=", ".join(f"{one}://" for one in STREAM_SCHEMES),
                    ),
                )
            )
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
    scheme = address.partition("://")[0].lower()
    is_known = address in _FOR_FFMPEG
    if kind is SourceKind.STREAM and scheme in {"http", "https"} and not is_known:
        reader = _open_pictures(address, shown)
        if reader is not None:
            return reader
        _FOR_FFMPEG.add(address)
    capture = open_ffmpeg(address)
    if not capture.isOpened():
        capture.release()
        if is_known:
            _FOR_FFMPEG.discard(address)
        raise _refused(address, shown)
    return VideoReader(
        capture,
        verbatim(shown),
        is_live=True,
        is_playlist=kind is SourceKind.PLAYLIST,
        # Only RTP carries the camera's own clock; elsewhere FFmpeg counts pictures.
        has_clock=scheme.startswith("rtsp"),
        watch=_watch(address, scheme, kind),
    )


def _open_pictures(address: str, shown: str) -> Reader | None:
    """Open a stream of JPEG pictures; None when it is something for FFmpeg, or refused.

    Raises:
        SourceError: there are no pictures in it, or the camera cannot be reached.
    """
    target = split_address(address)
    if target is None:
        return None
    try:
        answer = open_web(target, video.READ_TIMEOUT_MS / 1000)
    except (urllib.error.HTTPError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        return None
    except OSError as error:
        raise _refused(address, shown) from error
    boundary = answer.headers.get_boundary()
    if answer.headers.get_content_maintype() != "multipart" or not boundary:
        answer.close()
        return None
    try:
        return MultipartReader(answer, boundary, verbatim(shown), video.READ_TIMEOUT_MS / 1000)
    except SourceError:
        answer.close()
        raise


def _watch(address: str, scheme: str, kind: SourceKind) -> FormatWatch | None:
    """Return what asks for other pictures beside the connection that plays; None if nothing can."""
    if scheme.startswith("rtsp"):
        return FormatWatch(partial(ask_rtsp, address), format_watch.ASK_EVERY_S)
    if not follows_size(address):
        return None
    is_playlist = kind is SourceKind.PLAYLIST
    return FormatWatch(
        partial(video.ask_by_opening, address),
        format_watch.ASK_EVERY_S if is_playlist else format_watch.OPEN_EVERY_S,
    )


def follows_size(source: str) -> bool:
    """Return whether pictures of another size are noticed while the source plays.

    Not where video is sent to one port of this computer (UDP): a second receiver there would take
    packets from the first.
    """
    if not source.lower().startswith("udp://"):
        return True
    target = split_address(source)
    try:
        return target is not None and ip_address(target.host).is_multicast
    except ValueError:
        return False


def _refused(address: str, shown: str) -> SourceError:
    return SourceError(not_opened(shown, redact_text(network.why_not(address))))
