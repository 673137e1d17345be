"""Parts of the installer's build that need neither compilers nor wheels."""

from __future__ import annotations

import json
import sys
import zipfile
from email.message import Message
from pathlib import Path

import pytest

from bootstrap import installed
from console import early
from installer import launchers, manifest, nsis_build, python312, tools, wheels
from installer.lockfile import Pin
from installer.places import HERE, ICON
from installer.progress import BuildError
from installer.prune import is_shipped
from installer.runtime import Origin
from installer.signing import Signer
from tests.support.bill import bill_errors


@pytest.mark.parametrize(
    ("name", "shipped"),
    [
        ("PySide6/Qt6Core.dll", True),
        ("PySide6/plugins/platforms/qwindows.dll", True),
        ("PySide6/plugins/imageformats/qjpeg.dll", True),
        ("PySide6/translations/qtbase_zh_CN.qm", True),
        ("PySide6/Qt6Quick.dll", False),
        ("PySide6/opengl32sw.dll", False),
        ("PySide6/QtCore.pyi", False),
        ("PySide6/translations/qtbase_de.qm", False),
        ("numpy/_core/tests/test_multiarray.py", False),
        ("numpy/_core/include/numpy/arrayobject.h", False),
        ("numpy/testing/__init__.py", True),
        ("onnxruntime/capi/onnxruntime.dll", True),
        ("onnxruntime/quantization/calibrate.py", False),
        ("keyring-25.7.0.dist-info/entry_points.txt", True),
        ("keyring-25.7.0.dist-info/RECORD", False),
    ],
)
def test_what_is_pruned(name: str, *, shipped: bool) -> None:
    assert is_shipped(name) is shipped


def wheel(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_two_wheels_must_not_disagree_about_a_file(tmp_path: Path) -> None:
    first = wheel(
        tmp_path / "a-1-py3-none-any.whl", {"shared/x.py": b"1", "a-1.data/purelib/a.py": b""}
    )
    same = wheel(tmp_path / "b-1-py3-none-any.whl", {"shared/x.py": b"1"})
    other = wheel(tmp_path / "c-1-py3-none-any.whl", {"shared/x.py": b"2"})
    site = tmp_path / "site"
    wheels.unpack_all({"a": first, "b": same}, site)
    assert (site / "a.py").is_file()
    with pytest.raises(BuildError, match=r"c-1.*another x\.py"):
        wheels.unpack(other, site)


def test_a_wheel_stays_in_its_folder_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    evil = wheel(tmp_path / "e-1-py3-none-any.whl", {"../../outside.py": b""})
    with pytest.raises(BuildError, match="outside of its folder"):
        wheels.unpack(evil, tmp_path / "site")
    cut = tmp_path / "cut-1-py3-none-any.whl"
    cut.write_bytes(evil.read_bytes()[:40])
    with pytest.raises(BuildError, match=r"is damaged.*delete it"):
        wheels.unpack_all({"cut": cut}, tmp_path / "site")


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("0.1.0", "0,1,0,0"), ("2.10.3.dev4", "2,10,3,0"), ("1", "1,0,0,0"), ("1.2.3.4.5", "1,2,3,4")],
)
def test_versions_as_windows_counts_them(version: str, numbers: str) -> None:
    assert launchers.version_numbers(version) == numbers


def test_scripts_write_and_remove_the_same_files(tmp_path: Path) -> None:
    names = ["app/a $b.py", "app/deep/c.py", "Signalbox.exe"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    written = nsis_build.install_lines(tmp_path, files)
    assert sum(line.startswith("File ") for line in written) == len(names)
    assert "SetOutPath `${STAGE}`" in written
    assert "SetOutPath `${STAGE}\\app\\deep`" in written
    assert nsis_build.remove_lines(tmp_path, files) == [
        "Delete `$INSTDIR\\Signalbox.exe`",
        "Delete `$INSTDIR\\app\\a $$b.py`",
        "Delete `$INSTDIR\\app\\deep\\c.py`",
        "RMDir `$INSTDIR\\app\\deep`",
        "RMDir `$INSTDIR\\app`",
    ]


def test_installer_and_program_use_the_same_names() -> None:
    script = (HERE / "nsis" / "signalbox.nsi").read_text(encoding="utf-8")
    assert f'!define MUTEX "{installed.RUNNING_MUTEX}"' in script
    assert f'!define APP_ID "{early.APP_USER_MODEL_ID}"' in script


def test_every_text_of_the_installer_is_there_in_chinese() -> None:
    text = (HERE / "nsis" / "strings.nsh").read_text(encoding="utf-8")
    lines = text.replace("\\\n", "").splitlines()
    entries = [line for line in lines if line.startswith("!insertmacro Text ")]
    assert len(entries) > 20
    for entry in entries:
        chinese = entry.rsplit('" "', 1)[-1] if '" "' in entry else entry.rsplit('"', 2)[-2]
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese), entry


def test_the_icon_has_the_sizes_that_windows_asks_for() -> None:
    head = ICON.read_bytes()[:200]
    count = int.from_bytes(head[4:6], "little")
    sizes = {head[6 + 16 * number] or 256 for number in range(count)}
    assert {16, 32, 48, 256} <= sizes


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"License-Expression": "MIT", "License": "whatever"}, "MIT"),
        ({"License": "BSD 3-Clause"}, "BSD 3-Clause"),
        (
            {
                "License": "Text\nof many\nlines",
                "Classifier": "License :: OSI Approved :: MIT License",
            },
            "MIT License",
        ),
        ({}, ""),
    ],
)
def test_a_licence_is_told_by_the_best_field(fields: dict[str, str], licence: str) -> None:
    message = Message()
    for name, value in fields.items():
        message[name] = value
    assert manifest.licence_of(message) == licence


def test_manifest_bill_and_licences_cover_what_is_there(tmp_path: Path) -> None:
    site = tmp_path / "runtime" / "Lib" / "site-packages"
    info = site / "thing-1.0.dist-info"
    (info / "licenses").mkdir(parents=True)
    (info / "licenses" / "COPYING").write_text("free", encoding="utf-8")
    (info / "METADATA").write_text("Name: Thing\nVersion: 1.0\nLicense: MIT\n", encoding="utf-8")
    pins = [Pin("thing", "1.0", "ab" * 32)]
    libraries = manifest.gather_libraries(site, tmp_path / manifest.LICENCES, pins)
    origin = Origin("3.12.10", "3.12.10", "official")
    manifest.write_sbom(tmp_path, "1.2", origin, libraries)
    manifest.write_manifest(tmp_path, "1.2", origin, libraries)
    content = manifest.read_manifest(tmp_path)
    assert content["libraries"][0]["licence_files"] == ["licences/Thing/COPYING"]
    assert not (info / "licenses" / "COPYING").exists()
    assert set(content["files"]) == {
        "licences/Thing/COPYING",
        "runtime/Lib/site-packages/thing-1.0.dist-info/METADATA",
        manifest.SBOM_NAME,
    }
    bill = json.loads((tmp_path / manifest.SBOM_NAME).read_text(encoding="utf-8"))
    assert [part["name"] for part in bill["components"]] == ["CPython", "Thing"]
    assert bill["components"][1]["purl"] == "pkg:pypi/thing@1.0"
    assert bill["components"][1]["hashes"][0]["content"] == "ab" * 32


@pytest.mark.parametrize("licence", ["MIT", "a licence of their own", ""])
def test_the_bill_of_materials_keeps_the_published_schema(tmp_path: Path, licence: str) -> None:
    library = manifest.Library("Some.Thing", "1.0", licence, "ab" * 32, ())
    manifest.write_sbom(tmp_path, "1.2", Origin("3.12.10", "3.12.10", "official"), [library])
    text = (tmp_path / manifest.SBOM_NAME).read_text(encoding="utf-8")
    assert bill_errors(text) is None
    assert bill_errors(text.replace('"SHA-256"', '"SHA-257"')) is not None, "the check is blind"


def test_without_a_certificate_nothing_is_signed_and_a_wrong_path_is_told(tmp_path: Path) -> None:
    program = tmp_path / "a.exe"
    program.write_bytes(b"MZ")
    Signer.from_environment({}).sign(program)
    assert program.read_bytes() == b"MZ"
    with pytest.raises(BuildError, match="there is no file /nowhere"):
        Signer.from_environment({"SIGNALBOX_SIGN_PFX": "/nowhere/x.pfx"})


def test_without_a_python_312_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(python312.VARIABLE, "/nowhere/python3.12")
    with pytest.raises(BuildError, match=r"(?s)no CPython 3\.12.*nowhere.*Install one"):
        python312.find()


def test_a_checkout_is_not_taken_for_the_installed_program(tmp_path: Path) -> None:
    assert not installed.is_installed()
    launcher = tmp_path / "Signalbox.exe"
    windowed = installed.interpreter(launcher, has_console=False)
    assert windowed == tmp_path / "runtime" / "pythonw.exe"


def test_a_program_that_takes_long_is_told_of_and_one_that_takes_for_ever_is_stopped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    waits = [sys.executable, "-c", "input()"]  # its input ends at once
    assert tools.run([sys.executable, "-c", "print('done')"]) == "done\n"
    with pytest.raises(BuildError, match=r"failed \(1\):\n(.*\n)*EOFError"):
        tools.run(waits)
    sleeps = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(BuildError, match="was stopped: it took longer"):
        tools.run(sleeps, timeout_s=0.0, tell_every_s=0.05)
    assert "is at work: " in capsys.readouterr().out


def test_a_certificate_of_windows_store_signs_with_signtool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words are those of Microsoft's own page; the program itself was never run here."""
    ran: list[list[str]] = []
    monkeypatch.setattr(tools, "run", lambda words: ran.append([str(word) for word in words]))
    monkeypatch.setattr("installer.signing.shutil.which", lambda name: f"C:\\kit\\{name}.exe")
    variables = {
        "SIGNALBOX_SIGN_THUMBPRINT": "ab12",
        "SIGNALBOX_SIGN_TIMESTAMP_URL": "http://time.example",
    }
    program = tmp_path / "Signalbox.exe"
    Signer.from_environment(variables).sign(program)
    Signer.from_environment({}).sign(program)
    (words,) = ran
    assert " ".join(words) == (
        "C:\\kit\\signtool.exe sign /fd sha256 /sha1 ab12 /d Signalbox "
        f"/tr http://time.example /td sha256 {program}"
    )
