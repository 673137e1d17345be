"""Asks a camera over HTTP, with the login of its address."""

from __future__ import annotations

import ssl
import urllib.request
from http.client import HTTPResponse
from typing import Final, cast
from urllib.parse import quote, urlsplit

from pipeline.detection.sources.address import Target

_AGENT: Final = "Signalbox"


def open_web(target: Target, timeout_s: float) -> HTTPResponse:
    """Return the camera's answer; its body is still to be read, and it is to be closed.

    Args:
        target: of http or https.
        timeout_s: for each step of the connection, and for each part that is read later.

    Raises:
        urllib.error.HTTPError: the camera refuses; it is to be closed, too.
        OSError: the camera cannot be reached.
        http.client.HTTPException: what answers speaks no HTTP.
        ValueError: the same, or the camera asks for a login of an unknown kind.
    """
    keeper = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    if target.user:
        # For the whole camera: it may send on to another path; never for another host.
        place = urlsplit(target.bare)
        keeper.add_password(None, f"{place.scheme}://{place.netloc}/", target.user, target.password)
    # As FFmpeg does: cameras sign their certificates themselves.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler(urllib.request.getproxies_environment()),
        urllib.request.HTTPSHandler(context=context),
        urllib.request.HTTPBasicAuthHandler(keeper),
        urllib.request.HTTPDigestAuthHandler(keeper),
    )
    request = urllib.request.Request(
        quote(target.bare, safe=":/?#[]@!$&'()*+,;=%~"), headers={"User-Agent": _AGENT}
    )
    return cast(HTTPResponse, opener.open(request, timeout=timeout_s))
