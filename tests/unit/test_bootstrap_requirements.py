"""Reading pyproject.toml's requirements agrees with the packaging library, which is not there yet."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement as Reference
from packaging.specifiers import SpecifierSet

from bootstrap.requirements import missing, parse_requirement, parse_version, read_requirements

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
PROJECT = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
TEXTS = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]

versions = st.lists(st.integers(0, 40), min_size=1, max_size=4).map(
    lambda numbers: ".".join(map(str, numbers))
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_requirement_of_the_project_is_read_as_packaging_reads_it(text: str) -> None:
    reference = Reference(text)
    found = parse_requirement(text)
    applies = reference.marker is None or reference.marker.evaluate()
    assert (found is not None) == applies
    if found is not None:
        assert found.name == reference.name
        assert len(found.bounds) == len(reference.specifier)


@given(versions, versions, versions)
def test_versions_compare_as_packaging_compares_them(low: str, high: str, version: str) -> None:
    found = parse_requirement(f"thing>={low},<{high}")
    assert found is not None
    assert found.accepts(version) == SpecifierSet(f">={low},<{high}").contains(version)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("2.10.0", (2, 10)), ("6.12.0rc1", (6, 12)), ("5.0.0.93", (5, 0, 0, 93)), ("unknown", ())],
)
def test_the_numbers_of_a_version(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_version(text) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "name @ https://example.org/x.whl",
        "name[extra]>=1",
        "name~=1.0",
        'name; os_name == "nt" and python_version < "3.12"',
        "name>=1,",
        "",
    ],
)
def test_what_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"pyproject\.toml"):
        parse_requirement(text)


def test_the_test_extra_comes_on_top() -> None:
    runtime = read_requirements(PYPROJECT, with_tests=False)
    everything = read_requirements(PYPROJECT, with_tests=True)
    assert everything[: len(runtime)] == runtime
    assert "pytest" in {requirement.name for requirement in everything[len(runtime) :]}


def test_never_two_packages_for_one_library() -> None:
    names = {requirement.name for requirement in read_requirements(PYPROJECT, with_tests=True)}
    assert not {"opencv-python", "opencv-python-headless"} <= names
    assert not {"onnxruntime", "onnxruntime-directml"} <= names


def test_what_is_missing_says_what_is_there_instead() -> None:
    installed = metadata.version("pytest")
    texts = ["pytest>=1", "pytest>=999", "signalbox-has-no-such-package>=1"]
    requirements = [found for text in texts if (found := parse_requirement(text))]
    assert missing(requirements) == [
        f"pytest>=999 (has {installed})",
        "signalbox-has-no-such-package>=1 (not installed)",
    ]
