"""Asks a camera over RTSP (RFC 2326) what it streams, apart from the connection that plays it."""

from __future__ import annotations

import hashlib
import re
import secrets
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.detection.sources.address import Target, basic_login

TIMEOUT_S: Final = 3.0
MAX_ANSWER_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What a camera says of a stream.

    Attributes:
        status: of RTSP; 200 when it has the stream.
        challenges: logins that it offers.
        body: the stream's description (SDP, RFC 4566); empty when it refuses.
    """

    status: int
    challenges: tuple[str, ...]
    body: str


def describe(target: Target) -> Answer:
    """Return what the camera says of the stream; with the address's login if it asks for one.

    Raises:
        OSError: it cannot be reached, or does not answer within `TIMEOUT_S`.
        ValueError: what answers is no RTSP server.
    """
    answer = _describe(target, "")
    if answer.status == 401 and target.user:
        answer = _describe(target, authorization(target, answer.challenges))
    return answer


def _describe(target: Target, login: str) -> Answer:
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
                head, body = _exchange(secure, request)
        else:
            head, body = _exchange(plain, request)
    first = re.match(r"RTSP/\d\.\d (\d{3})", head)
    if first is None:
        raise ValueError("no answer of an RTSP server")
    offers = re.findall(r"(?im)^WWW-Authenticate:\s*(.+?)\s*$", head)
    return Answer(int(first[1]), tuple(offers), body)


def _exchange(connection: socket.socket, request: str) -> tuple[str, str]:
    """Send `request`; return the lines before the empty one, and the body."""
    connection.sendall(request.encode())
    answer, wanted = b"", None
    while len(answer) < (MAX_ANSWER_BYTES if wanted is None else min(wanted, MAX_ANSWER_BYTES)):
        part = connection.recv(4096)
        if not part:
            break
        answer += part
        head, end, _ = answer.partition(b"\r\n\r\n")
        if end and wanted is None:
            told = re.search(rb"(?im)^Content-Length:\s*(\d{1,6})", head)
            wanted = len(head) + len(end) + (int(told[1]) if told else 0)
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode("utf-8", "replace"), body.decode("utf-8", "replace")


def authorization(target: Target, challenges: Sequence[str]) -> str:
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
