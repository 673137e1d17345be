"""What is known of errors that come from the operating system, SQLite and TLS.

Their own words come in whatever language the system speaks, so a window in another one would mix
the two. The English here is what Linux, SQLite and OpenSSL say, so that it is found when searched
for. `pipeline.texts.words_of` makes texts of it, which translators get to see as those of `say`.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator, Mapping
from typing import Final

_SYSTEM: Final[Mapping[int, str]] = {
    errno.EPERM: "Operation not permitted",
    errno.ENOENT: "No such file or directory",
    errno.EIO: "Input/output error",
    errno.ENXIO: "No such device or address",
    errno.EAGAIN: "Resource temporarily unavailable",
    errno.ENOMEM: "Cannot allocate memory",
    errno.EACCES: "Permission denied",
    errno.EBUSY: "Device or resource busy",
    errno.EEXIST: "File exists",
    errno.EXDEV: "Invalid cross-device link",
    errno.ENODEV: "No such device",
    errno.ENOTDIR: "Not a directory",
    errno.EISDIR: "Is a directory",
    errno.EINVAL: "Invalid argument",
    errno.ENFILE: "Too many open files in system",
    errno.EMFILE: "Too many open files",
    errno.EFBIG: "File too large",
    errno.ENOSPC: "No space left on device",
    errno.EROFS: "Read-only file system",
    errno.EPIPE: "Broken pipe",
    errno.ENAMETOOLONG: "File name too long",
    errno.ENOTEMPTY: "Directory not empty",
    errno.ELOOP: "Too many levels of symbolic links",
    errno.EDQUOT: "Disk quota exceeded",
    errno.ESTALE: "Stale file handle",
    errno.EADDRINUSE: "Address already in use",
    errno.EADDRNOTAVAIL: "Cannot assign requested address",
    errno.ENETDOWN: "Network is down",
    errno.ENETUNREACH: "Network is unreachable",
    errno.ECONNABORTED: "Software caused connection abort",
    errno.ECONNRESET: "Connection reset by peer",
    errno.ETIMEDOUT: "Connection timed out",
    errno.ECONNREFUSED: "Connection refused",
    errno.EHOSTUNREACH: "No route to host",
}

_SHARING: Final = frozenset({32, 33})
"""What Windows says of a file that another program keeps to itself; as errno it is EACCES."""

_IN_USE: Final = "Another program is using the file"

_NAMES: Final[Mapping[int, str]] = {
    socket.EAI_NONAME: "Name or service not known",
    socket.EAI_AGAIN: "Temporary failure in name resolution",
}

_SQLITE: Final[Mapping[int, str]] = {
    5: "database is locked",
    6: "database table is locked",
    8: "attempt to write a readonly database",
    10: "disk I/O error",
    11: "database disk image is malformed",
    13: "database or disk is full",
    14: "unable to open database file",
    26: "file is not a database",
}
"""By the low byte of SQLite's code; the rest says which of its cases."""

_CERTIFICATE: Final[Mapping[int, str]] = {
    9: "certificate is not yet valid",
    10: "certificate has expired",
    18: "self-signed certificate",
    19: "self-signed certificate in certificate chain",
    20: "unable to get local issuer certificate",
    21: "unable to verify the first certificate",
    62: "certificate is made for another host name",
}
"""By OpenSSL's X509_V_ERR codes."""

_SILENT: Final = "timed out"
_BROKEN: Final = "The other side closed the connection"


def source_of(error: BaseException) -> str:
    """Return what the error means, in words that are translated; empty where they are not known."""
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _SQLITE.get(code & 0xFF, "")
    if not isinstance(error, OSError):
        return ""
    if is_of_tls(error):
        return _CERTIFICATE.get(getattr(error, "verify_code", 0), "")
    if isinstance(error, socket.gaierror):
        return _NAMES.get(error.errno or 0, "")
    if getattr(error, "winerror", None) in _SHARING:
        return _IN_USE
    if error.errno is not None:
        return _SYSTEM.get(error.errno, "")
    if isinstance(error, TimeoutError):
        return _SILENT
    return _BROKEN if isinstance(error, ConnectionResetError) else ""


def is_of_tls(error: BaseException) -> bool:
    """Whether it comes from TLS, whose numbers are others than the operating system's."""
    return isinstance(error, OSError) and hasattr(error, "library")


def sources() -> Iterator[str]:
    """Yield every sentence that `source_of` returns, for translators."""
    for table in (_SYSTEM, _NAMES, _SQLITE, _CERTIFICATE):
        yield from table.values()
    yield from (_IN_USE, _SILENT, _BROKEN)
