"""Why a stream cannot be opened: asked of the camera itself, since OpenCV only says no.

Name, port, answer, login, path are tried in turn; the first that fails is the cause. Credentials
go to the camera alone, never into a text.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import re
import secrets
import socket
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

TIMEOUT_S: Final = 3.0
MAX_ANSWER_BYTES: Final = 65_536
PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443, "rtmp": 1935}


@dataclass(frozen=True, slots=True)
class _Target:
    """An address taken apart.

    Attributes:
        bare: the address without credentials.
        path: what of the address the server sees, for people.
    """

    scheme: str
    host: str
    port: int
    bare: str
    path: str
    user: str
    password: str


def split_address(address: str) -> _Target | None:
    """Take an address apart; None when its scheme is not known here or it has no host.

    The last @ before the path ends the credentials, since camera passwords often hold one.
    """
    scheme, _, rest = address.partition("://")
    authority, slash, tail = rest.partition("/")
    login, _, place = authority.rpartition("@")
    user, _, password = login.partition(":")
    try:
        parts: SplitResult = urlsplit(f"{scheme}://{place}{slash}{tail}")
        port = parts.port or PORTS.get(scheme.lower(), 0)
    except ValueError:
        return None
    if not parts.hostname or not port:
        return None
    path = parts.path or "/"
    return _Target(
        scheme.lower(),
        parts.hostname,
        port,
        parts.geturl(),
        path,
        unquote(user),
        unquote(password),
    )


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
        return (
            f"something listens on port {target.port} of {target.host} but does not answer as a "
            "camera; check port and protocol"
        )
    return f"{target.host} listens but gives no stream at {target.path}; check the path"


def _unreachable(target: _Target) -> str:
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


# ------------------------------------------------------------------ RTSP (RFC 2326)
def _ask_rtsp(target: _Target) -> str:
    status, challenges = _describe(target, "")
    if status == 401 and target.user:
        status, _ = _describe(target, authorization(target, challenges))
        if status == 401:
            return "the camera refuses this user name or password"
    return _verdict(target, status)


def _describe(target: _Target, login: str) -> tuple[int, list[str]]:
    """Ask for the stream; return the status and what logins the server offers."""
    request = (
        f"DESCRIBE {target.bare} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n{login}\r\n"
    )
    with socket.create_connection((target.host, target.port), TIMEOUT_S) as plain:
        plain.settimeout(TIMEOUT_S)
        if target.scheme == "rtsps":
            context = ssl.create_default_context()
            # As FFmpeg does: cameras sign their certificates themselves.
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(plain, server_hostname=target.host) as secure:
                answer = _exchange(secure, request)
        else:
            answer = _exchange(plain, request)
    first = re.match(r"RTSP/\d\.\d (\d{3})", answer)
    if first is None:
        raise ValueError("no answer of an RTSP server")
    offers = re.findall(r"(?im)^WWW-Authenticate:\s*(.+?)\s*$", answer)
    return int(first[1]), offers


def _exchange(connection: socket.socket, request: str) -> str:
    connection.sendall(request.encode())
    answer = b""
    while b"\r\n\r\n" not in answer and len(answer) < MAX_ANSWER_BYTES:
        part = connection.recv(4096)
        if not part:
            break
        answer += part
    return answer.decode("utf-8", "replace")


def authorization(target: _Target, challenges: list[str]) -> str:
    """Return the header line that answers a login challenge (RFC 7616, RFC 7617)."""
    digest = next((text for text in challenges if text.lower().startswith("digest")), None)
    if digest is None:
        return f"Authorization: {basic_login(target)}\r\n"
    told = {
        name.lower(): value.strip('"')
        for name, value in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', digest)
    }
    name = told.get("algorithm", "MD5").lower()

    def hashed(text: str) -> str:
        # MD5 is what cameras ask for; it protects nothing here that it did not before.
        maker = hashlib.sha256 if name.startswith("sha-256") else hashlib.md5
        return maker(text.encode()).hexdigest()

    realm, nonce = told.get("realm", ""), told.get("nonce", "")
    secret = hashed(f"{target.user}:{realm}:{target.password}")
    asked = hashed(f"DESCRIBE:{target.bare}")
    fields = {"username": target.user, "realm": realm, "nonce": nonce, "uri": target.bare}
    if "auth" in told.get("qop", ""):
        fields |= {"qop": "auth", "nc": "00000001", "cnonce": secrets.token_hex(8)}
        middle = f"{nonce}:{fields['nc']}:{fields['cnonce']}:auth"
    else:
        middle = nonce
    fields["response"] = hashed(f"{secret}:{middle}:{asked}")
    if "opaque" in told:
        fields["opaque"] = told["opaque"]
    if "algorithm" in told:
        fields["algorithm"] = told["algorithm"]
    listed = ", ".join(f'{key}="{value}"' for key, value in fields.items())
    return f"Authorization: Digest {listed}\r\n"


# ------------------------------------------------------------------ HTTP
def basic_login(target: _Target) -> str:
    """Return the value of a header for the Basic scheme."""
    return "Basic " + base64.b64encode(f"{target.user}:{target.password}".encode()).decode()


def _ask_http(target: _Target) -> str:
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


def _verdict(target: _Target, status: int) -> str:
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
