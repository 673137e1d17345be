"""Reaching a broker by plain sockets, step by step, with every failure in plain words.

A Kafka client says little about why it reaches nobody, since to it every cause looks the same.
"""

from __future__ import annotations

import contextlib
import queue
import re
import selectors
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pipeline import system_words
from pipeline.texts import Text, cause_of, say, say_again, verbatim

ResultT = TypeVar("ResultT")

DEFAULT_PORT: Final = 9092
_SERVER: Final = re.compile(r"^(?:\w+://)?(?P<host>\[[^\]]+\]|[^:]+)(?::(?P<port>\d+))?$")

_API_VERSIONS: Final = 18
_MAX_ANSWER_BYTES: Final = 1_000_000
_TLS_ALERT: Final = b"\x15\x03"
REFUSAL_S: Final = 0.5
"""How long a broker's refusal is waited for after the handshake; most send tickets at once."""
_UNTRUSTED: Final = frozenset({2, 18, 19, 20, 21})
"""OpenSSL's verify codes for an unknown issuer or a self-signed certificate."""

_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_OTHER_HOST: Final = frozenset({62, 64})


class ReachError(Exception):
    """A step failed.

    Attributes:
        text: the cause.
        next_step: what to do about it.
        during_tls: whether it belongs to the encryption and not to what is spoken within.
    """

    def __init__(self, cause: Text, next_step: Text, *, during_tls: bool = False) -> None:
        super().__init__(cause)
        self.text = cause
        self.next_step = next_step
        self.during_tls = during_tls


@dataclass(frozen=True, slots=True)
class Server:
    """Where a broker listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_servers(text: str) -> list[Server]:
    """Return the servers of ``host:port,host:port``; what is none is left out."""
    found = [_SERVER.match(part.strip()) for part in text.split(",")]
    return [
        Server(match["host"].strip("[]"), int(match["port"] or DEFAULT_PORT))
        for match in found
        if match is not None
    ]


def try_all(
    servers: Sequence[Server], probe: Callable[[Server], ResultT], limit_s: float
) -> dict[Server, ResultT | ReachError]:
    """Probe all servers at once; those that have not answered after `limit_s` have failed."""
    answers: queue.SimpleQueue[tuple[Server, ResultT | ReachError]] = queue.SimpleQueue()

    def run(server: Server) -> None:
        try:
            answers.put((server, probe(server)))
        except ReachError as error:
            answers.put((server, error))

    # Daemons, since nothing ends a look-up that hangs in the system's resolver.
    for server in servers:
        threading.Thread(target=run, args=(server,), name=f"reach-{server}", daemon=True).start()
    outcomes: dict[Server, ResultT | ReachError] = {}
    deadline_s = time.monotonic() + limit_s
    with contextlib.suppress(queue.Empty):
        while len(outcomes) < len(servers):
            server, outcome = answers.get(timeout=max(0.0, deadline_s - time.monotonic()))
            outcomes[server] = outcome
    late = ReachError(
        say("no answer within {limit_s:.0f} s", limit_s=limit_s),
        say("See whether the network is up and its name server."),
    )
    return {server: outcomes.get(server, late) for server in servers}


def resolve(server: Server) -> list[str]:
    """Return the addresses of a server.

    Raises:
        ReachError: its name is not known.
    """
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ReachError(
            say(
                "the name {host} is not known here ({error})",
                host=server.host,
                error=cause_of(error),
            ),
            say(
                "Correct the name, or have it added to the name server (DNS) or the "
                "hosts file; a VPN may have to be on."
            ),
        ) from error
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def connect(server: Server, limit_s: float) -> socket.socket:
    """Return a connection to a server.

    Raises:
        ReachError: nobody takes it.
    """
    try:
        connection = socket.create_connection((server.host, server.port), limit_s)
    except ConnectionRefusedError as error:
        raise ReachError(
            say("{server} refuses connections: nothing listens on this port", server=server),
            say("See whether the broker runs and whether the port is right."),
        ) from error
    except TimeoutError as error:
        raise ReachError(
            say("{server} has not answered within {limit_s:.0f} s", server=server, limit_s=limit_s),
            say("A firewall may swallow the connection, or the machine is off."),
        ) from error
    except OSError as error:
        raise ReachError(
            say("{server} cannot be reached: {error}", server=server, error=cause_of(error)),
            say("See whether this machine is in the right network; a VPN may have to be on."),
        ) from error
    connection.settimeout(limit_s)
    return connection


def knock(server: Server, limit_s: float) -> None:
    """Open a connection and close it.

    Raises:
        ReachError: nobody takes it.
    """
    connect(server, limit_s).close()


def tls_context(properties: Mapping[str, str]) -> ssl.SSLContext:
    """Return what a client with these librdkafka properties trusts and shows of itself.

    A client certificate in ``ssl.keystore.location`` or given as text is left to librdkafka.

    Raises:
        ReachError: a file cannot be used; names the property.
    """
    context = ssl.create_default_context()
    # Python 3.13 refuses certificates that librdkafka takes.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    authorities = properties.get("ssl.ca.location", "")
    with _naming("ssl.ca.location", authorities):
        if authorities and Path(authorities).is_dir():
            context.load_verify_locations(capath=authorities)
        elif authorities and authorities != "probe":
            context.load_verify_locations(cafile=authorities)
    with _naming("ssl.ca.pem", say("the certificate")):
        if properties.get("ssl.ca.pem"):
            context.load_verify_locations(cadata=properties["ssl.ca.pem"])
    certificate = properties.get("ssl.certificate.location", "")
    with _naming(
        say("ssl.certificate.location, ssl.key.location or ssl.key.password"), certificate
    ):
        if certificate:
            context.load_cert_chain(
                certificate,
                properties.get("ssl.key.location"),
                # Never asks on the terminal.
                lambda: properties.get("ssl.key.password", ""),
            )
    if properties.get("ssl.endpoint.identification.algorithm", "https").lower() == "none":
        context.check_hostname = False
    if properties.get("enable.ssl.certificate.verification", "true").lower() == "false":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@contextlib.contextmanager
def _naming(names: str | Text, value: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # ssl.SSLError is one
        raise ReachError(
            say("{value} cannot be used: {error}", value=value, error=cause_of(error)),
            say("Correct {names}: it must be a PEM file that this user may read.", names=names),
            during_tls=True,
        ) from error


def converse(server: Server, context: ssl.SSLContext | None, limit_s: float) -> None:
    """Connect, encrypt if there is a `context`, and exchange Kafka's first request and answer.

    Raises:
        ReachError: what failed; `during_tls` where it is the encryption.
    """
    with connect(server, limit_s) as plain:
        if context is None:
            try:
                _greet(server, plain, limit_s)
            except ReachError:
                if _speaks_tls(server, limit_s):
                    raise ReachError(
                        say(
                            "{server} speaks TLS, but the settings say to speak without",
                            server=server,
                        ),
                        say("Set security.protocol to SSL, or to SASL_SSL where a user logs in."),
                    ) from None
                raise
            return
        try:
            with context.wrap_socket(plain, server_hostname=server.host) as encrypted:
                _hear_out(encrypted)
                _greet(server, encrypted, limit_s)
        except ssl.SSLError as error:
            raise _explain_tls(server, error) from error
        except TimeoutError as error:
            raise ReachError(
                say(
                    "{server} accepts connections, but has not answered the TLS greeting "
                    "within {limit_s:.0f} s",
                    server=server,
                    limit_s=limit_s,
                ),
                say("See whether this is the broker's TLS port, and whether the broker is well."),
                during_tls=True,
            ) from error
        except OSError as error:
            raise ReachError(
                say(
                    "{server} ends the connection at the TLS greeting: {error}",
                    server=server,
                    error=cause_of(error),
                ),
                say("See whether this is the broker's TLS port; the broker's log tells its side."),
                during_tls=True,
            ) from error


def _hear_out(connection: ssl.SSLSocket) -> None:
    """Take what comes right after the handshake of TLS 1.3: a refused client certificate.

    Whoever sends before that may be answered by a reset, and the refusal is lost with it.

    Raises:
        ssl.SSLError: the broker refuses.
    """
    if connection.version() != "TLSv1.3":  # older ones refuse within the handshake
        return
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        if not selector.select(REFUSAL_S):
            return
    limit_s = connection.gettimeout()
    connection.setblocking(False)
    try:
        with contextlib.suppress(ssl.SSLWantReadError):  # only session tickets
            connection.recv(1)
    finally:
        connection.settimeout(limit_s)


def _greet(server: Server, connection: socket.socket, limit_s: float) -> None:
    """Send ``ApiVersions`` (version 0), which every broker answers before anybody logs in."""
    correlation = 1
    name = b"signalbox"
    request = struct.pack(">hhih", _API_VERSIONS, 0, correlation, len(name)) + name
    try:
        connection.sendall(struct.pack(">i", len(request)) + request)
        head = _read(connection, 8)
    except ssl.SSLError:
        raise
    except TimeoutError as error:
        raise ReachError(
            say(
                "{server} accepts connections, but has not answered Kafka's first "
                "request within {limit_s:.0f} s",
                server=server,
                limit_s=limit_s,
            ),
            say("See whether it is a Kafka broker's port, and whether the broker is well."),
        ) from error
    except OSError as error:
        raise ReachError(
            say(
                "{server} ends the connection at Kafka's first request: {error}",
                server=server,
                error=cause_of(error),
            ),
            say("See whether it is a Kafka broker's port; the broker's log tells its side."),
        ) from error
    if len(head) == 8:
        size, answered = struct.unpack(">ii", head)
        if answered == correlation and 4 <= size <= _MAX_ANSWER_BYTES:
            return
    what = say("{server} ends the connection at Kafka's first request", server=server)
    if head.startswith(b"HTTP"):
        what = say("{server} is a web server, no Kafka broker", server=server)
    elif head and not head.startswith(_TLS_ALERT):
        what = say("{server} answers, but not in Kafka's protocol", server=server)
    raise ReachError(
        what,
        say("Use the address of a Kafka broker's listener (often port 9092)."),
    )


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            break
        data += more
    return data


def _speaks_tls(server: Server, limit_s: float) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is sent through it: only whether it speaks TLS counts.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with connect(server, limit_s) as plain, context.wrap_socket(plain):
            return True
    except (OSError, ReachError):
        return False


def _explain_tls(server: Server, error: ssl.SSLError) -> ReachError:
    reason = error.reason or str(error)
    cause = say(
        "the TLS greeting with {server} fails: {reason}", server=server, reason=verbatim(reason)
    )
    fix = say("The broker's log tells its side.")
    if isinstance(error, ssl.SSLCertVerificationError):
        source = system_words.source_of(error)
        cause = say(
            "the certificate of {server} is not accepted: {verify_message}",
            server=server,
            verify_message=say_again(source, {}) if source else verbatim(error.verify_message),
        )
        if error.verify_code in _UNTRUSTED:
            fix = say(
                "Set ssl.ca.location to the PEM file of the authority that signed it "
                "(the certificate itself if it is self-signed)."
            )
        elif error.verify_code in _OTHER_HOST:
            fix = say("Use a host name that the certificate holds, or have it made for this one.")
        elif error.verify_code in (_EXPIRED, _NOT_YET_VALID):
            fix = say("Have the certificate renewed; see that this machine's clock is right.")
    elif reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
        cause = say("{server} does not speak TLS", server=server)
        fix = say("Use the broker's TLS port, or set security.protocol to the kind without SSL.")
    elif isinstance(error, ssl.SSLEOFError) or "ALERT" in reason:
        fix = say(
            "The broker may want a client certificate: set ssl.certificate.location and its key."
        )
    return ReachError(cause, fix, during_tls=True)
