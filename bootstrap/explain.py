"""Says in plain words why pip failed."""

from __future__ import annotations

import re
import sys
from typing import NamedTuple


class Cause(NamedTuple):
    """A cause, what pip prints because of it, and what to tell."""

    pattern: str
    text: str


CAUSES = (
    Cause(
        r"No space left on device|Errno 28\b|WinError 112|not enough space on the disk",
        text="The disk is full. Make room (the packages take about 1 GB, and as much again while\n"
        "they are fetched, in the temporary folder and in pip's cache) and start again.",
    ),
    Cause(
        r"CERTIFICATE_VERIFY_FAILED|SSLError",
        text="The package index could not be trusted: its certificate did not check out. Behind\n"
        "a company proxy, give pip the company's certificate: PIP_CERT=/path/to/company-ca.pem",
    ),
    Cause(
        r"ProxyError|407 Proxy",
        text="The proxy refused. Check HTTPS_PROXY (http://user:password@host:port) and start\n"
        "again.",
    ),
    Cause(
        r"NewConnectionError|Failed to establish a new connection|NameResolutionError"
        r"|getaddrinfo failed|Temporary failure in name resolution|ConnectTimeoutError"
        r"|Read timed out|ReadTimeoutError|ConnectionResetError|Network is unreachable"
        r"|Connection broken|RemoteDisconnected|Max retries exceeded",
        text="The package index could not be reached: no network, or a firewall. The first start\n"
        "has to fetch some 200 MB; later ones need no network. Connect and start again. Behind a\n"
        "proxy set HTTPS_PROXY; with a mirror set PIP_INDEX_URL.",
    ),
    Cause(
        r"PermissionError|Permission denied|WinError 5\b|WinError 32\b|Access is denied",
        text="A file could not be written or replaced. Close other programs that run from this\n"
        "environment (another Signalbox?) and start again.",
    ),
    Cause(
        r"DO NOT MATCH THE HASHES|BadZipFile|zlib.error|is invalid\b.*wheel",
        text="A download arrived damaged. Start again; if it happens again, empty pip's cache:\n"
        "    python -m pip cache purge",
    ),
)


def explain(output: str, code: int) -> str:
    """Return in plain words why pip ended with `code` after printing `output`."""
    for cause in CAUSES:
        if re.search(cause.pattern, output):
            return cause.text
    nothing_fits = re.search(r"No matching distribution found for (.+)", output)
    if nothing_fits:
        return (
            f"pip found no {nothing_fits[1].strip()} for Python "
            f"{sys.version_info[0]}.{sys.version_info[1]} on this system ({sys.platform}).\n"
            "Pythons 3.11 to 3.13 are known to work. Check the network, and whether pip is told to\n"
            "use a mirror, or no index at all (pip config list; PIP_INDEX_URL, PIP_NO_INDEX)."
        )
    if code < 0:
        return f"pip was ended from outside (signal {-code}). Start again."
    errors = [line for line in output.splitlines() if line.startswith("ERROR:")]
    last = "\n".join(errors[-3:] or output.splitlines()[-3:])
    return f"pip could not install the packages (code {code}):\n{last}"
