"""What of the libraries is not shipped, and why it is not missed."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Final

LEFT_OUT_PACKAGES: Final = frozenset({"sympy", "mpmath"})
"""ONNX Runtime names sympy (and that mpmath) for a tool that edits models; nothing here uses it."""

_QT_MODULES: Final = ("Core", "Gui", "Widgets", "Network", "Svg")

_QT_KEPT: Final = (
    "PySide6/*.py",
    "PySide6/support/*.py",
    *(f"PySide6/Qt{name}.pyd" for name in _QT_MODULES),
    *(f"PySide6/Qt6{name}.dll" for name in _QT_MODULES),
    "PySide6/pyside6.abi3.dll",
    # The window's platform, and one without a screen, for a server's demo.
    "PySide6/plugins/platforms/qwindows.dll",
    "PySide6/plugins/platforms/qoffscreen.dll",
    "PySide6/plugins/styles/*.dll",
    "PySide6/plugins/iconengines/*.dll",
    "PySide6/plugins/imageformats/q[gj][ip][fe]*.dll",
    "PySide6/plugins/imageformats/qico.dll",
    "PySide6/plugins/imageformats/qsvg.dll",
    "PySide6/plugins/tls/qschannelbackend.dll",
    "PySide6/plugins/tls/qcertonlybackend.dll",
    # The window speaks English and Simplified Chinese.
    "PySide6/translations/qtbase_en.qm",
    "PySide6/translations/qtbase_zh_CN.qm",
    "PySide6/translations/qt_zh_CN.qm",
)
"""Of Qt a list of what stays: what a new version adds must not slip in."""

_DROPPED: Final = (
    # For compilers, type checkers and IDEs.
    *("*.pyi", "*.h", "*.hpp", "*.c", "*.cpp", "*.pxd", "*.pyx", "*.lib", "*.a", "*.cmake"),
    # Tests, examples, and the scripts of pip's console entry points.
    *("*/tests/*", "*/test/*", "*/examples/*", "*/conftest.py", "*.data/scripts/*"),
    # Tools for making and changing models; nothing at run time imports them.
    *(f"onnxruntime/{part}/*" for part in ("transformers", "quantization", "tools", "datasets")),
    *("onnxruntime/backend/*", "numpy/f2py/*", "numpy/_pyinstaller/*"),
    # Shiboken's generator, and the C++ libraries that Python's own folder holds once already.
    *("shiboken6/*.exe", "shiboken6/lib/*", "shiboken6/share/*", "*/typesystems/*"),
    *("shiboken6/msvcp140*.dll", "shiboken6/vcruntime140*.dll", "shiboken6/concrt140.dll"),
    *("shiboken6/vc*140.dll",),
    # Checksums of the wheel, whose files are not all here any more; the manifest has them.
    *("*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED"),
    *("*.dist-info/sboms/*",),
    # A second copy; the one in dist-info stays.
    "cv2/LICENSE*",
)

MSVC_LIBRARIES: Final = re.compile(
    r"shiboken6/((?:msvcp140(?:_\d|_atomic_wait|_codecvt_ids)?|vcruntime140(?:_1)?)\.dll)"
)
"""Microsoft's C++ run time: the newest of those in the wheels, which serves older ones, too."""


def is_shipped(name: str) -> bool:
    """Whether a file of a wheel goes into the program.

    Args:
        name: its path in the wheel, with slashes.
    """
    if name.startswith("PySide6/"):
        return any(fnmatchcase(name, pattern) for pattern in _QT_KEPT)
    return not any(fnmatchcase(name, pattern) for pattern in _DROPPED)
