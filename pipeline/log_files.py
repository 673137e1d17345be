"""Log files, one per worker, written by a thread of their own so that no logging call waits.

Only one process may write a file that is rotated: on Windows a file that somebody else holds open
cannot be renamed. Each process therefore claims a folder of its own with a lock: ``streaming``,
then ``streaming-2`` and so on.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

FOLDER_NAME: Final = "streaming"
MAX_FOLDERS: Final = 100
_STOP: Final = ("", "")


class _WorkerFile(RotatingFileHandler):
    """A rotated UTF-8 file that goes on appending while a viewer keeps it from being renamed."""

    def __init__(self, path: Path, max_bytes: int, backups: int) -> None:
        super().__init__(
            path,
            maxBytes=max_bytes,
            backupCount=backups,
            encoding="utf-8",
            errors="backslashreplace",  # half a surrogate pair must not stop the log
        )
        self.terminator = ""

    def rotate(self, source: str, dest: str) -> None:
        with contextlib.suppress(PermissionError):
            super().rotate(source, dest)

    def write(self, text: str) -> None:
        self.emit(LogRecord("", 0, "", 0, text, None, None))


def claim_folder(parent: Path) -> tuple[Path, FileLock]:
    """Return a log folder below `parent` that belongs to this process alone, and its lock.

    Raises:
        OSError: the folder cannot be made or written.
    """
    for number in range(1, MAX_FOLDERS + 1):
        folder = parent / (FOLDER_NAME if number == 1 else f"{FOLDER_NAME}-{number}")
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        return folder, lock
    raise OSError(f"{MAX_FOLDERS} log folders below {parent} are all in use")


class LogFileWriter:
    """Writes lines into ``<folder>/<worker>.log`` in its own thread.

    Attributes:
        folder: where the files are.
    """

    def __init__(self, parent: Path, *, max_bytes: int, backups: int) -> None:
        self.folder, self._lock = claim_folder(parent)
        self._max_bytes = max_bytes
        self._backups = backups
        self._files: dict[str, _WorkerFile] = {}
        self._queue: queue.SimpleQueue[tuple[str, str] | threading.Event] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="log-files", daemon=True)
        self._thread.start()

    def put(self, worker: str, text: str) -> None:
        """Have `text`, which ends with a newline, appended to the file of `worker`."""
        self._queue.put((worker, text))

    def flush(self, timeout_s: float = 2.0) -> bool:
        """Wait until everything put before is in the files; False when that took too long."""
        done = threading.Event()
        self._queue.put(done)
        return done.wait(timeout_s)

    def close(self) -> None:
        """Write what is queued, close the files, give the folder back."""
        self._queue.put(_STOP)
        self._thread.join()
        self._lock.release()

    def _write(self) -> None:
        while (item := self._queue.get()) != _STOP:
            if isinstance(item, threading.Event):
                item.set()
                continue
            worker, text = item
            file = self._files.get(worker)
            if file is None:
                path = self.folder / f"{worker}.log"
                file = self._files[worker] = _WorkerFile(path, self._max_bytes, self._backups)
            file.write(text)
        for file in self._files.values():
            file.close()
