"""A small TCP proxy before one Kafka broker, whose line can be cut or stalled."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, TypeVar

from loguru import logger

HOST: Final = "127.0.0.1"
CHUNK_BYTES: Final = 65_536
MAX_CONNECTIONS: Final = 200
MAX_RESPONSE_BYTES: Final = 100_000_000
CALL_TIMEOUT_S: Final = 5.0
_LENGTH = struct.Struct(">i")

ResultT = TypeVar("ResultT")


class BrokerProxy:
    """Passes connections of this machine on to one broker; a thread of its own.

    A broker tells its clients its own address. In what it answers, that address is replaced by the
    proxy's (a Kafka address is a text and four bytes of port, so nothing changes its length).

    Attributes:
        address: ``127.0.0.1:port``, where clients connect.
    """

    def __init__(self, upstream: str) -> None:
        """Start to listen.

        Raises:
            OSError: no port is free.
        """
        host, _, port = upstream.rpartition(":")
        self._upstream = (host, int(port))
        listener = socket.create_server((HOST, 0))
        self._port = int(listener.getsockname()[1])
        self.address = f"{HOST}:{self._port}"
        self._old = host.encode() + _LENGTH.pack(int(port))
        self._new = host.encode() + _LENGTH.pack(self._port)
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="selftest-proxy")
        self._thread.start()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._call(lambda: self._listen(listener))

    def cut(self) -> None:
        """Drop all connections and refuse new ones."""

        async def do() -> None:
            assert self._server is not None
            self._server.close()
            await self._drop_all()

        self._call(do)

    def mend(self) -> None:
        """Take connections again after `cut`."""
        self._call(lambda: self._listen(socket.create_server((HOST, self._port))))

    def freeze(self) -> None:
        """Pass nothing on any more; connections stay open, as those of a process that hangs."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def thaw(self) -> None:
        """Go on after `freeze`; nothing was lost."""
        self._loop.call_soon_threadsafe(self._flowing.set)

    def close(self) -> None:
        """End all connections and the thread."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CALL_TIMEOUT_S)
        self._loop.close()

    def _call(self, make: Callable[[], asyncio.Future[ResultT] | object]) -> None:
        future: Future[object] = asyncio.run_coroutine_threadsafe(make(), self._loop)  # type: ignore[arg-type]
        future.result(CALL_TIMEOUT_S)

    async def _listen(self, listener: socket.socket) -> None:
        self._server = await asyncio.start_server(self._accept, sock=listener)

    async def _drop_all(self) -> None:
        for connection in tuple(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= MAX_CONNECTIONS:
            logger.warning("the self-test's proxy refuses more than {} clients", MAX_CONNECTIONS)
            writer.transport.abort()
            return
        self._connections.add(task)
        try:
            # A cut or a broker that is away ends a connection; its client tries again.
            with contextlib.suppress(OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_connection(*self._upstream)
        pumps = [
            asyncio.ensure_future(self._pass_requests(reader, requests)),
            asyncio.ensure_future(self._pass_answers(answers, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # First, for a cut may cancel the wait below.
            requests.transport.abort()
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pass_requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            await self._flowing.wait()
            writer.write(chunk)
            await writer.drain()

    async def _pass_answers(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            head = await reader.readexactly(_LENGTH.size)
            (length,) = _LENGTH.unpack(head)
            if not 0 <= length <= MAX_RESPONSE_BYTES:
                raise OSError(f"no Kafka answer: {length} bytes")
            answer = await reader.readexactly(length)
            await self._flowing.wait()
            writer.write(head + answer.replace(self._old, self._new))
            await writer.drain()
