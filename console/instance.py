"""One window for each user: a second start brings the first window to the front.

The same way in lets another process ask it to close in order: the installer, before an upgrade.
"""

from __future__ import annotations

import getpass
import hashlib
import os

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from pipeline.paths import APP_NAME, HOME_VARIABLE

CONNECT_TIMEOUT_MS = 500
SAY_TIMEOUT_MS = 10_000
"""How long the other one may be busy. On Windows words are gone with who said them, if they were not
heard by then: Qt's pipes hold none."""
RAISE = b"raise\n"
QUIT = b"quit\n"
ANSWER = b"here\n"
"""Said once the window was brought to the front: whoever hangs takes words, but gives none."""

KINDS = ("console", "demo")
"""What may run at the same time, one of each for a user."""


def instance_name(kind: str) -> str:
    """Return the name of this user's instance; demo, console and each `SIGNALBOX_HOME` differ."""
    home = os.environ.get(HOME_VARIABLE, "")
    try:
        user = getpass.getuser()
    except OSError:
        user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    # Hashed: local socket names have a short limit, and user names may hold any character.
    digest = hashlib.sha256(f"{user}\0{home}".encode("utf-8", "surrogateescape")).hexdigest()
    return f"{APP_NAME}-{kind}-{digest[:16]}"


class SingleInstance(QObject):
    """Holds the name of the instance while the program runs.

    Attributes:
        raise_asked: another start asked for the window.
        quit_asked: another process asked the program to end in order.
        other: where the running instance answers once its window is in front; None until `claim`
            found one.
    """

    raise_asked = Signal()
    quit_asked = Signal()

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._server: QLocalServer | None = None
        self.other: QLocalSocket | None = None

    def claim(self) -> bool:
        """Take the name; False when a running instance has it, whose window was then asked for."""
        if self._wake_other():
            return False
        # Nobody answers: a socket file that is there was left by a crash.
        QLocalServer.removeServer(self._name)
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(self._on_connection)
        if not server.listen(self._name):
            # Another start was quicker by a blink, or the system forbids local sockets.
            return not self._wake_other()
        self._server = server
        return True

    def release(self) -> None:
        """Give the name back."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _wake_other(self) -> bool:
        self.other = _told(self._name, RAISE)
        return self.other is not None

    @Slot()
    def _on_connection(self) -> None:
        while self._server is not None and self._server.hasPendingConnections():
            visitor = _Visitor(self._server.nextPendingConnection(), self)
            visitor.said.connect(self._on_words)
            visitor.read()

    @Slot(bytes)
    def _on_words(self, words: bytes) -> None:
        if words == QUIT:
            self.quit_asked.emit()
        elif words == RAISE:
            self.raise_asked.emit()


class _Visitor(QObject):
    """A connection of another process, which says one line and goes."""

    said = Signal(bytes)

    def __init__(self, socket: QLocalSocket, parent: QObject) -> None:
        super().__init__(parent)
        # Away from the server, which would take it along when it closes.
        socket.setParent(self)
        self._socket = socket
        socket.readyRead.connect(self.read)
        socket.disconnected.connect(self.deleteLater)

    @Slot()
    def read(self) -> None:
        """Hand on what is there, once the line is whole."""
        if self._socket.canReadLine():
            self.said.emit(bytes(self._socket.readLine().data()))
            self._socket.write(ANSWER)
            self._socket.flush()


def ask(name: str, words: bytes) -> bool:
    """Say `words` to the running instance called `name`; False when there is none."""
    socket = _told(name, words)
    if socket is not None:
        socket.disconnectFromServer()
    return socket is not None


def _told(name: str, words: bytes) -> QLocalSocket | None:
    """Say `words` to the instance called `name`, and stay connected; None when there is none."""
    socket = QLocalSocket()
    socket.connectToServer(name)
    if not socket.waitForConnected(CONNECT_TIMEOUT_MS):
        return None
    socket.write(words)
    while socket.bytesToWrite() and socket.waitForBytesWritten(SAY_TIMEOUT_MS):
        pass
    return socket


def is_running(name: str) -> bool:
    """Whether an instance called `name` answers."""
    return ask(name, b"")
