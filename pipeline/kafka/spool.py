"""Keeps on disk what a producer could not deliver, for its next start.

One file a topic, ``<folder>/<topic>.spool`` (MessagePack), written whole and put in place at once.
Several processes may share the folder: the first holds the lock of the topic and sends what is
there; what the others leave behind stands in files of their own, and goes with its next start.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import filelock
import msgspec
from loguru import logger
from msgspec import Meta, Struct

SPOOL_MAX_BYTES: Final = 48_000_000
"""Payload bytes kept a topic; more than the local queue of a producer holds."""

FORMAT: Final = 1


class Spooled(Struct, frozen=True, array_like=True):
    """One message to be sent again."""

    key: bytes | None
    payload: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class _File(Struct, array_like=True):
    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    servers: str
    messages: list[Spooled]


_decoder = msgspec.msgpack.Decoder(_File)


class TopicSpool:
    """What is kept of one topic for one cluster; used by one producer at a time.

    Clusters are told apart by their addresses: those with an address in common are the same one.

    Attributes:
        topic: what is kept here.
        path: where `save` writes.
    """

    def __init__(self, folder: Path, topic: str, servers: str) -> None:
        self._folder = folder
        self.topic = topic
        self._servers = servers
        self._read: list[Path] = []
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = filelock.FileLock(folder / f"{topic}.lock")
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout:
            self.path = folder / f"{topic}~{os.getpid()}.spool"
        else:
            self.path = folder / f"{topic}.spool"

    def load(self) -> list[Spooled]:
        """Return what is kept, oldest first; nothing while another process sends it."""
        if not self._lock.is_locked:
            return []
        found = [*self._folder.glob(f"{self.topic}~*.spool")]
        if self.path.exists():
            found.append(self.path)
        messages: list[Spooled] = []
        for path in sorted(found, key=lambda path: path.stat().st_mtime_ns):
            kept = self._load(path)
            if kept is not None:
                self._read.append(path)
                messages += kept
        return messages

    def save(self, messages: Sequence[Spooled]) -> int:
        """Keep `messages`, and only these, of this topic; return how many had to be left out.

        Without messages the files are removed. The oldest go where there are too many.

        Raises:
            OSError: the disk does not take them.
        """
        kept = _newest(messages)
        if kept:
            if self.path.exists() and self.path not in self._read:
                self._set_aside()
            content = msgspec.msgpack.encode(_File(FORMAT, self._servers, kept))
            new = self.path.with_suffix(".new")
            with new.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
        for path in self._read:
            if not kept or path != self.path:
                path.unlink(missing_ok=True)
        self._read = [self.path] if kept else []
        return len(messages) - len(kept)

    def close(self) -> None:
        """Let another producer have the topic."""
        self._lock.release()

    def _load(self, path: Path) -> list[Spooled] | None:
        log = logger.bind(worker="kafka")
        try:
            file = _decoder.decode(path.read_bytes())
        except (OSError, msgspec.MsgspecError) as error:
            log.error("{} cannot be read and is left as it is: {}", path.name, error)
            return None
        if not _addresses(file.servers) & _addresses(self._servers):
            log.warning(
                "{} messages in {} wait for the broker {} and are left there",
                len(file.messages),
                path.name,
                file.servers,
            )
            return None
        return file.messages

    def _set_aside(self) -> None:
        """Move a file away that could not be used: it is not ours to write over."""
        number = 1
        while (aside := self._folder / f"{self.topic}~kept-{number}.spool").exists():
            number += 1
        self.path.replace(aside)


def _addresses(servers: str) -> set[str]:
    return {server.strip().lower() for server in servers.split(",")}


def _newest(messages: Sequence[Spooled]) -> list[Spooled]:
    """Return the newest messages that fit, in their order."""
    room = SPOOL_MAX_BYTES
    for position in range(len(messages) - 1, -1, -1):
        room -= len(messages[position].payload)
        if room < 0:
            return list(messages[position + 1 :])
    return list(messages)
