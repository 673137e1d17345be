"""Code signing, when there is a certificate: signtool on Windows, osslsigncode elsewhere.

By environment variables, so that no secret stands in a command line or a file of the project:

- ``SIGNALBOX_SIGN_PFX``: a PKCS#12 file, with ``SIGNALBOX_SIGN_PASSWORD_FILE`` (a file that holds
  its password) where it has one: signs with osslsigncode;
- ``SIGNALBOX_SIGN_THUMBPRINT``: SHA-1 of a certificate in Windows' store: signs with signtool;
- ``SIGNALBOX_SIGN_TIMESTAMP_URL``: an RFC 3161 time stamp server; without it the signatures end
  with the certificate.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from installer import tools
from installer.progress import BuildError, note

NAME = "Signalbox"


@dataclass(frozen=True)
class Signer:
    """Signs executables with one certificate, or leaves them as they are without one.

    Attributes:
        pfx: PKCS#12 file.
        password_file: holds its password.
        thumbprint: of a certificate in Windows' store.
        timestamp_url: an RFC 3161 server.
    """

    pfx: str = ""
    password_file: str = ""
    thumbprint: str = ""
    timestamp_url: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Signer:
        """Return the signer that the variables above describe.

        Raises:
            BuildError: a file they name is not there.
        """
        signer = cls(
            environment.get("SIGNALBOX_SIGN_PFX", ""),
            environment.get("SIGNALBOX_SIGN_PASSWORD_FILE", ""),
            environment.get("SIGNALBOX_SIGN_THUMBPRINT", ""),
            environment.get("SIGNALBOX_SIGN_TIMESTAMP_URL", ""),
        )
        for name in (signer.pfx, signer.password_file):
            if name and not Path(name).is_file():
                raise BuildError(f"signing: there is no file {name}")
        return signer

    @property
    def is_set(self) -> bool:
        """Whether there is a certificate."""
        return bool(self.pfx or self.thumbprint)

    def sign(self, path: Path) -> None:
        """Sign `path` in place; nothing happens without a certificate.

        Raises:
            BuildError: the signing program is not there or fails.
        """
        if not self.is_set:
            return
        note(f"signing {path.name}")
        if self.thumbprint:
            stamp = ["/tr", self.timestamp_url, "/td", "sha256"] if self.timestamp_url else []
            words = [*("sign", "/fd", "sha256", "/sha1", self.thumbprint, "/d", NAME), *stamp]
            tools.run([_find("signtool"), *words, path])
            return
        signed = path.with_name(f"{path.name}.signed")
        words = ["sign", "-pkcs12", self.pfx, "-h", "sha256", "-n", NAME]
        words += ["-readpass", self.password_file] if self.password_file else []
        words += ["-ts", self.timestamp_url] if self.timestamp_url else []
        tools.run([_find("osslsigncode"), *words, "-in", path, "-out", signed])
        signed.replace(path)


def _find(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BuildError(
            f"signing: there is no {name} on the PATH (signtool: Windows SDK; osslsigncode: "
            f"apt-get install osslsigncode)"
        )
    return found


if __name__ == "__main__":
    # NSIS has its uninstaller signed by this, in the midst of its work.
    import sys

    Signer.from_environment().sign(Path(sys.argv[1]))
