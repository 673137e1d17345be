"""Why a stream cannot be opened: asked of the camera itself, since OpenCV only says no.

Name, port, answer, login, path are tried in turn; the first that fails is the cause. Credentials
go to the camera alone, never into a text.
"""

from __future__ import annotations

import http.client
import socket
import urllib.error
import urllib.request
from dataclasses import replace
from urllib.parse import quote

from pipeline.detection.sources import rtsp
from pipeline.detection.sources.address import Target, split_address
from pipeline.detection.sources.rtsp import TIMEOUT_S


def why_not(address: str) -> str:
    """Return the likely cause why the stream at `address` does not open, and what to do."""
    if address.lower().startswith("udp://"):
        return "nothing arrives; check that the sender runs and sends to this computer and port"
    target = split_address(address)
    if target is None:
        return "the address is not complete; it must look like rtsp://host/path"
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
        return (
            f"something listens on port {target.port} of {target.host} but does not answer as a "
            "camera; check port and protocol"
        )
    return f"{target.host} listens but gives no stream at {target.path}; check the path"


def _unreachable(target: Target) -> str:
    place = f"{target.host}, port {target.port}"
    try:
        socket.create_connection((target.host, target.port), TIMEOUT_S).close()
    except socket.gaierror:
        return f"the name {target.host} is not known on this network; check the address"
    except ConnectionRefusedError:
        return (
            f"nothing listens at {place}; the camera may be restarting, its stream service may be "
            "off, or the port is wrong"
        )
    except OSError:
        return (
            f"{place} does not answer; check that the camera has power and that this computer "
            "reaches its network"
        )
    return ""


def _ask_rtsp(target: Target) -> str:
    answer = rtsp.describe(target)
    if answer.status == 401 and target.user:
        return "the camera refuses this user name or password"
    return _verdict(target, answer.status)


def _wrong_encryption(target: Target) -> str:
    """Return that the camera answers with TLS only, or only without it; empty when neither."""
    other = {"rtsp": "rtsps", "rtsps": "rtsp"}.get(target.scheme)
    if other is None:
        return ""
    try:
        rtsp.describe(
            replace(target, scheme=other, bare=target.bare.replace(target.scheme, other, 1))
        )
    except (OSError, ValueError):
        return ""
    if other == "rtsps":
        return "the camera answers only with encryption there; begin the address with rtsps://"
    return "the camera answers only without encryption there; begin the address with rtsp://"


def _ask_http(target: Target) -> str:
    keeper = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    if target.user:
        keeper.add_password(None, target.bare, target.user, target.password)
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPBasicAuthHandler(keeper),
        urllib.request.HTTPDigestAuthHandler(keeper),
    )
    address = quote(target.bare, safe=":/?#[]@!$&'()*+,;=%~")
    try:
        with opener.open(address, timeout=TIMEOUT_S) as answer:
            kind = answer.headers.get_content_type()
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 401 and target.user:
            return "the camera refuses this user name or password"
        return _verdict(target, error.code)
    if kind in {"text/html", "application/json"}:
        return (
            "the address leads to a web page, not to a video stream; the camera's manual tells the "
            "stream's own address"
        )
    return _verdict(target, 200)


def _verdict(target: Target, status: int) -> str:
    match status:
        case 200:
            return "the camera answers, but what it sends cannot be decoded as video"
        case 401:
            return (
                "the camera asks for a user name and a password; write them into the address: "
                f"{target.scheme}://USER:PASSWORD@{target.host}/…"
            )
        case 403:
            return "this user may not see the stream (403); check the user's rights on the camera"
        case 404 | 454:
            return (
                f"the camera has no stream at {target.path}; check the path in the camera's manual"
            )
        case 453 | 503:
            return (
                f"the camera is busy ({status}); it may serve only a few viewers at once, or is "
                "still starting"
            )
        case _:
            return f"the camera answers with status {status}"
