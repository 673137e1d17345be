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
BATCH_LINES: Final = 1000
BATCH_S: Final = 0.02
"""How long a line may wait for others before it is written."""

PIECES_OF_A_FILE: Final = 10
"""A file is at most this share larger than it should be."""

_STOP: Final = ("", "")


class _WorkerFile(RotatingFileHandler):
    """A rotated UTF-8 file that goes on while a viewer holds it, or one of the older ones."""

    def __init__(self, path: Path, max_bytes: int, backups: int) -> None:
        super().__init__(
            path,
            maxBytes=max_bytes,
            backupCount=backups,
            encoding="utf-8",
            errors="backslashreplace",  # half a surrogate pair must not stop the log
        )
        self.terminator = ""

    def doRollover(self) -> None:  # noqa: N802 - the standard library calls it so
        """Begin a new file; go on with this one where Windows lets none be renamed or removed."""
        with contextlib.suppress(PermissionError):
            super().doRollover()
        if self.stream is None:
            self.stream = self._open()

    def write(self, lines: list[str]) -> None:
        """Append lines; a new file is begun where they would make this one too large."""
        piece: list[str] = []
        size = 0
        for line in lines:
            if piece and size + len(line) > self.maxBytes // PIECES_OF_A_FILE:
                self._append("".join(piece))
                piece, size = [], 0
            piece.append(line)
            size += len(line)
        self._append("".join(piece))

    def _append(self, text: str) -> None:
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
        self._stop_asked = threading.Event()
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
        self._stop_asked.set()
        self._queue.put(_STOP)
        self._thread.join()
        self._lock.release()

    def _write(self) -> None:
        more = True
        while more:
            more, texts, waiting = self._take()
            for worker, lines in texts.items():
                self._file(worker).write(lines)
            for done in waiting:
                done.set()
            if more and not waiting:
                # What comes meanwhile is written in one go: a flood of lines would otherwise ask
                # for the interpreter several times for each, and the window would wait for it.
                self._stop_asked.wait(BATCH_S)
        for file in self._files.values():
            file.close()

    def _take(self) -> tuple[bool, dict[str, list[str]], list[threading.Event]]:
        """Wait for a line; return whether more may come, the lines by worker, who waits for them."""
        texts: dict[str, list[str]] = {}
        waiting: list[threading.Event] = []
        for _ in range(BATCH_LINES):
            item = self._queue.get()
            if isinstance(item, threading.Event):
                waiting.append(item)
            elif item == _STOP:
                return False, texts, waiting
            else:
                texts.setdefault(item[0], []).append(item[1])
            if self._queue.empty():
                break
        return True, texts, waiting

    def _file(self, worker: str) -> _WorkerFile:
        file = self._files.get(worker)
        if file is None:
            path = self.folder / f"{worker}.log"
            file = self._files[worker] = _WorkerFile(path, self._max_bytes, self._backups)
        return file
