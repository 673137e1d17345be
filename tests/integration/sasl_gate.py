"""A login before a broker that offers none: the broker's side of SASL, ended by a proxy of the test.

Frames are those of the Kafka protocol (https://kafka.apache.org/protocol): a length of 4 bytes,
then, of a request, key and version of the call, a correlation id and the client's name.
"""

from __future__ import annotations

import hmac
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scramp import ScramException, ScramMechanism

API_VERSIONS = 18
SASL_HANDSHAKE = 17
SASL_AUTHENTICATE = 36
UNSUPPORTED_MECHANISM = 33
AUTHENTICATION_FAILED = 58
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
OAUTH = "OAUTHBEARER"
_OWN_CALLS = {SASL_HANDSHAKE: (0, 1), SASL_AUTHENTICATE: (0, 1)}
_FLEXIBLE_SINCE = 3
"""Version of `API_VERSIONS` from which on its arrays are compact and its entries have tags."""


class SaslGate:
    """Lets a connection pass once it has logged in as the one user, by any of `MECHANISMS`.

    With `is_token` a connection passes by `OAUTH`, too, if that finds its token good.

    Attributes:
        logins: the mechanism of each login that succeeded.
        refused: the mechanism of each login that failed.
    """

    def __init__(
        self, user: str, password: str, is_token: Callable[[str], bool] | None = None
    ) -> None:
        self.logins: list[str] = []
        self.refused: list[str] = []
        self._user = user
        self._password = password
        self._is_token = is_token
        self.mechanisms = (*MECHANISMS, OAUTH) if is_token is not None else MECHANISMS
        self._scram = {
            name: ScramMechanism(name) for name in MECHANISMS if name.startswith("SCRAM")
        }
        self._kept = {
            name: mechanism.make_auth_info(password) for name, mechanism in self._scram.items()
        }
        self._lock = threading.Lock()

    def __call__(self, client: socket.socket, broker: socket.socket) -> bool:
        """Hold the talk up to the login; False when the connection is to be closed."""
        login: _Login | None = None
        mechanism = ""
        while True:
            request = _Request.parse(_read_frame(client))
            if request.api == API_VERSIONS:
                _send_frame(broker, request.frame)
                _send_frame(client, _with_own_calls(_read_frame(broker), request.version))
            elif request.api == SASL_HANDSHAKE:
                mechanism = _text(request.body)
                login = self._begin(mechanism)
                error = UNSUPPORTED_MECHANISM if login is None else 0
                names = b"".join(map(_string, self.mechanisms))
                request.answer(client, struct.pack(">hi", error, len(self.mechanisms)) + names)
            elif request.api == SASL_AUTHENTICATE and login is not None:
                try:
                    said = login.answer(_bytes(request.body))
                except _RefusedError as refusal:
                    self._note(self.refused, mechanism)
                    request.answer(client, _authenticated(request.version, str(refusal), b""))
                    return False
                request.answer(client, _authenticated(request.version, "", said))
                if login.is_over:
                    self._note(self.logins, mechanism)
                    return True
            else:
                return False  # as a broker does with whoever has not logged in

    def _begin(self, mechanism: str) -> _Login | None:
        if mechanism == OAUTH and self._is_token is not None:
            return _Bearer(self._is_token)
        if mechanism == "PLAIN":
            return _Plain(self._user, self._password)
        if mechanism in self._scram:
            kept = self._kept[mechanism]
            return _Scram(self._scram[mechanism], {self._user: kept})
        return None

    def _note(self, where: list[str], mechanism: str) -> None:
        with self._lock:
            where.append(mechanism)


class _RefusedError(Exception):
    """The login fails; with what the broker says."""


class _Plain:
    """RFC 4616: ``[authzid] NUL user NUL password``."""

    is_over = False

    def __init__(self, user: str, password: str) -> None:
        self._wanted = f"{user}\0{password}".encode()

    def answer(self, said: bytes) -> bytes:
        if not hmac.compare_digest(said.partition(b"\0")[2], self._wanted):
            raise _RefusedError("Authentication failed: Invalid username or password")
        self.is_over = True
        return b""


class _Scram:
    """RFC 5802 and 7677, two messages each way."""

    is_over = False

    def __init__(self, mechanism: Any, users: dict[str, Any]) -> None:
        self._talk = mechanism.make_server(users.__getitem__)
        self._begun = False

    def answer(self, said: bytes) -> bytes:
        try:
            if not self._begun:
                self._begun = True
                self._talk.set_client_first(said.decode())
                return str(self._talk.get_server_first()).encode()
            self._talk.set_client_final(said.decode())
        except (ScramException, KeyError) as error:
            raise _RefusedError(
                "Authentication failed during authentication due to invalid credentials with "
                "SASL mechanism SCRAM"
            ) from error
        self.is_over = True
        return str(self._talk.get_server_final()).encode()


class _Bearer:
    """RFC 7628: ``n,,`` SOH ``auth=Bearer`` token SOH SOH; one message, as the first is enough."""

    is_over = False

    def __init__(self, is_token: Callable[[str], bool]) -> None:
        self._is_token = is_token

    def answer(self, said: bytes) -> bytes:
        fields = dict(field.split("=", 1) for field in said.decode().split("\x01") if "=" in field)
        kind, _, token = fields.get("auth", "").partition(" ")
        if kind != "Bearer" or not self._is_token(token):
            raise _RefusedError("Authentication failed: the token is not one of ours")
        self.is_over = True
        return b""


_Login = _Plain | _Scram | _Bearer


@dataclass(frozen=True)
class _Request:
    frame: bytes
    api: int
    version: int
    correlation: int
    body: bytes

    @classmethod
    def parse(cls, frame: bytes) -> _Request:
        api, version, correlation, name_length = struct.unpack_from(">hhih", frame)
        return cls(frame, api, version, correlation, frame[10 + max(0, name_length) :])

    def answer(self, client: socket.socket, body: bytes) -> None:
        _send_frame(client, struct.pack(">i", self.correlation) + body)


def _authenticated(version: int, refusal: str, said: bytes) -> bytes:
    error = AUTHENTICATION_FAILED if refusal else 0
    text = _string(refusal) if refusal else struct.pack(">h", -1)
    lifetime = struct.pack(">q", 0) if version >= 1 else b""
    return struct.pack(">h", error) + text + struct.pack(">i", len(said)) + said + lifetime


def _with_own_calls(frame: bytes, version: int) -> bytes:
    """Return the broker's answer to `API_VERSIONS` with the calls of a login in it."""
    correlation, error = struct.unpack_from(">ih", frame)
    flexible = version >= _FLEXIBLE_SINCE and not error
    count, at = _varint(frame, 6) if flexible else (struct.unpack_from(">i", frame, 6)[0], 10)
    if flexible:
        count -= 1
    step = 7 if flexible else 6  # an entry ends in an empty set of tags
    entries = [struct.unpack_from(">hhh", frame, at + step * number) for number in range(count)]
    if flexible:
        assert all(frame[at + step * number + 6] == 0 for number in range(count))
    rest = frame[at + step * count :]
    kept = [entry for entry in entries if entry[0] not in _OWN_CALLS]
    kept += [(api, *versions) for api, versions in _OWN_CALLS.items()]
    length = _as_varint(len(kept) + 1) if flexible else struct.pack(">i", len(kept))
    tags = b"\0" if flexible else b""
    written = b"".join(struct.pack(">hhh", *entry) + tags for entry in sorted(kept))
    return struct.pack(">ih", correlation, error) + length + written + rest


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at


def _as_varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(written + bytes([value]))


def _string(text: str) -> bytes:
    return struct.pack(">h", len(text.encode())) + text.encode()


def _text(body: bytes) -> str:
    return body[2 : 2 + struct.unpack_from(">h", body)[0]].decode()


def _bytes(body: bytes) -> bytes:
    return body[4 : 4 + struct.unpack_from(">i", body)[0]]


def _read_frame(source: socket.socket) -> bytes:
    return _read(source, struct.unpack(">i", _read(source, 4))[0])


def _read(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        if not (more := source.recv(size - len(data))):
            raise ConnectionResetError("the other side has hung up")
        data += more
    return data


def _send_frame(target: socket.socket, frame: bytes) -> None:
    target.sendall(struct.pack(">i", len(frame)) + frame)
