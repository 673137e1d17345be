"""A proxy of the test before a broker, which ends what the broker itself does not speak: TLS, a login."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.integration.tansu import TansuBroker, running_tansu

JOIN_TIMEOUT_S = 15.0


Gate = Callable[[socket.socket, socket.socket], bool]
"""Sees a connection first, with the one to the broker; says whether it may pass."""


class Proxy:
    """Takes connections, by TLS if it is given a context, and passes on what comes, both ways."""

    def __init__(self, context: ssl.SSLContext | None = None, gate: Gate | None = None) -> None:
        self._context = context
        self._gate = gate
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._over = False
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self, broker: TansuBroker) -> None:
        self._begin(self._accept, broker.bootstrap_servers)

    def close(self) -> None:
        """Break every connection and wait for all threads."""
        with self._lock:
            self._over = True
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError), socket.create_connection(_split(self.address), 5.0):
            pass  # ends the accept
        for thread in self._threads:
            thread.join(JOIN_TIMEOUT_S)
        self._listener.close()

    def _begin(self, work: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=work, args=given)
        self._threads.append(thread)
        thread.start()

    def _accept(self, servers: str) -> None:
        while not self._over:
            connection, _ = self._listener.accept()
            self._begin(self._serve, connection, servers)

    def _serve(self, plain: socket.socket, servers: str) -> None:
        with plain, contextlib.suppress(OSError), self._kept(plain):
            plain.settimeout(JOIN_TIMEOUT_S)
            with (
                self._encrypted(plain) as outer,
                socket.create_connection(_split(servers), 5.0) as inner,
                self._kept(outer),
                self._kept(inner),
            ):
                outer.settimeout(None)
                inner.settimeout(None)
                if self._gate is not None and not self._gate(outer, inner):
                    return
                back = threading.Thread(target=_pump, args=(inner, outer))
                back.start()
                _pump(outer, inner)
                back.join(JOIN_TIMEOUT_S)

    def _encrypted(self, plain: socket.socket) -> socket.socket:
        if self._context is None:
            return plain
        return self._context.wrap_socket(plain, server_side=True)

    @contextlib.contextmanager
    def _kept(self, connection: socket.socket) -> Iterator[None]:
        with self._lock:
            if self._over:
                raise OSError("the proxy has ended")
            self._open.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _split(address: str) -> tuple[str, int]:
    host, port = address.split(":")
    return host, int(port)


@contextlib.contextmanager
def tls_before_tansu(
    certificate: tuple[Path, Path], folder: Path, client_authority: Path | None = None
) -> Iterator[str]:
    """Give the address of a Tansu broker that is reached by TLS only, as it tells its clients.

    With `client_authority` it takes only clients with a certificate of that authority.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    if client_authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_authority)
    with before_tansu(Proxy(context), folder) as address:
        yield address


@contextlib.contextmanager
def before_tansu(proxy: Proxy, folder: Path) -> Iterator[str]:
    """Give the proxy's address, which is also where a Tansu broker behind it sends its clients."""
    with running_tansu(folder, advertised=proxy.address) as broker:
        proxy.start(broker)
        try:
            yield proxy.address
        finally:
            proxy.close()
