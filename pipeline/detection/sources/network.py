"""Why a stream cannot be opened: asked of the camera itself, since OpenCV only says no.

Name, port, answer, login, path are tried in turn; the first that fails is the cause. Credentials
go to the camera alone, never into a text.
"""

from __future__ import annotations

import http.client
import socket
import urllib.error
from dataclasses import replace

from pipeline.detection.sources import rtsp
from pipeline.detection.sources.address import Target, split_address
from pipeline.detection.sources.rtsp import TIMEOUT_S
from pipeline.detection.sources.web import open_web
from pipeline.texts import NOTHING, Text, say


def why_not(address: str) -> Text:
    """Return the likely cause why the stream at `address` does not open, and what to do."""
    if address.lower().startswith("udp://"):
        return say(
            "nothing arrives; check that the sender runs and sends to this computer and port"
        )
    target = split_address(address)
    if target is None:
        return say("the address is not complete; it must look like rtsp://host/path")
    refusal = _unreachable(target)
    if refusal:
        return refusal
    try:
        if target.scheme.startswith("rtsp"):
            return _ask_rtsp(target)
        if target.scheme.startswith("http"):
            return _ask_http(target)
    except (OSError, http.client.HTTPException, ValueError):
        if wrong := _wrong_encryption(target):
            return wrong
        return say(
            "something listens on port {port} of {host} but does not answer as a camera; check "
            "port and protocol",
            port=target.port,
            host=target.host,
        )
    return say(
        "{host} listens but gives no stream at {path}; check the path",
        host=target.host,
        path=target.path,
    )


def _unreachable(target: Target) -> Text:
    place = say("{host}, port {port}", host=target.host, port=target.port)
    try:
        socket.create_connection((target.host, target.port), TIMEOUT_S).close()
    except socket.gaierror:
        return say(
            "the name {host} is not known on this network; check the address", host=target.host
        )
    except ConnectionRefusedError:
        return say(
            "nothing listens at {place}; the camera may be restarting, its stream service may be "
            "off, or the port is wrong",
            place=place,
        )
    except OSError:
        return say(
            "{place} does not answer; check that the camera has power and that this computer "
            "reaches its network",
            place=place,
        )
    return NOTHING


def _ask_rtsp(target: Target) -> Text:
    answer = rtsp.describe(target)
    if answer.status == 401 and target.user:
        return say("the camera refuses this user name or password")
    return _verdict(target, answer.status)


def _wrong_encryption(target: Target) -> Text:
    """Return that the camera answers with TLS only, or only without it; empty when neither."""
    other = {"rtsp": "rtsps", "rtsps": "rtsp"}.get(target.scheme)
    if other is None:
        return NOTHING
    try:
        rtsp.describe(
            replace(target, scheme=other, bare=target.bare.replace(target.scheme, other, 1))
        )
    except (OSError, ValueError):
        return NOTHING
    if other == "rtsps":
        return say(
            "the camera answers only with encryption there; begin the address with {scheme}",
            scheme="rtsps://",
        )
    return say(
        "the camera answers only without encryption there; begin the address with {scheme}",
        scheme="rtsp://",
    )


def _ask_http(target: Target) -> Text:
    try:
        with open_web(target, TIMEOUT_S) as answer:
            kind = answer.headers.get_content_type()
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 401 and target.user:
            return say("the camera refuses this user name or password")
        return _verdict(target, error.code)
    if kind in {"text/html", "application/json"}:
        return say(
            "the address leads to a web page, not to a video stream; the camera's manual tells the "
            "stream's own address"
        )
    return _verdict(target, 200)


def _verdict(target: Target, status: int) -> Text:
    match status:
        case 200:
            return say("the camera answers, but what it sends cannot be decoded as video")
        case 401:
            return say(
                "the camera asks for a user name and a password; write them into the address: "
                "{address}",
                address=f"{target.scheme}://USER:PASSWORD@{target.host}/…",
            )
        case 403:
            return say(
                "this user may not see the stream (403); check the user's rights on the camera"
            )
        case 404 | 454:
            return say(
                "the camera has no stream at {path}; check the path in the camera's manual",
                path=target.path,
            )
        case 453 | 503:
            return say(
                "the camera is busy ({status}); it may serve only a few viewers at once, or is "
                "still starting",
                status=status,
            )
        case _:
            return say("the camera answers with status {status}", status=status)
