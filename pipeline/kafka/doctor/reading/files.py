"""Reads a file of any of the known kinds and finds the client settings in it."""

from __future__ import annotations

import codecs
import json
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.kafka.doctor.findings import Role, Setting
from pipeline.kafka.doctor.java import java_names
from pipeline.kafka.doctor.reading.properties_file import read_properties
from pipeline.kafka.doctor.reading.python_file import read_python
from pipeline.kafka.doctor.reading.toml_file import read_toml
from pipeline.kafka.doctor.reading.tree import Entry, Tree
from pipeline.kafka.doctor.table import table

MAX_FILE_BYTES: Final = 5_000_000
_ROLES: Final[dict[str, Role]] = {
    "producer": "producer",
    "consumer": "consumer",
    "admin": "admin",
}
_COMMON: Final = "common"
KINDS: Final = {
    ".toml": "TOML",
    ".properties": "properties",
    ".conf": "properties",
    ".config": "properties",
    ".cfg": "properties",
    ".yaml": "YAML",
    ".yml": "YAML",
    ".json": "JSON",
    ".py": "Python",
}


class ReadError(ValueError):
    """A file that cannot be read; the text says why and where."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The settings of one client, as a file has them.

    Attributes:
        title: where in the file: a table's or a variable's name; "" for a plain list.
        role: what the file says the client is; None where it does not.
        settings: in the order in which they are applied.
        signalbox: they are Signalbox's own, which adds to them.
    """

    title: str
    role: Role | None
    settings: tuple[Setting, ...]
    signalbox: bool = False

    def guessed_role(self) -> Role:
        """Return the role, guessed from the properties where the file does not say it."""
        if self.role is not None:
            return self.role
        words = self.title.lower()
        for word, role in _ROLES.items():
            if word in words:
                return role
        scopes = [
            found.scope
            for setting in self.settings
            if (found := table().by_name.get(setting.name)) is not None
        ]
        java = [
            entry.scope
            for setting in self.settings
            for entry in java_names().get(setting.name, ())[:1]
            if setting.name not in table().by_name
        ]
        consumer = scopes.count("consumer") + scopes.count("share-consumer")
        consumer += java.count("consumer") + 2 * any(s.name == "group.id" for s in self.settings)
        producer = scopes.count("producer") + java.count("producer")
        return "consumer" if consumer > producer else "producer"


def read_clients(path: Path) -> list[ClientSettings]:
    """Return the settings of every client that a file speaks of.

    Raises:
        ReadError: the file cannot be read, or holds no client settings.
    """
    text = read_settings_text(path)
    kind = KINDS.get(path.suffix.lower()) or _guess(text)
    tree = _parsed(text, kind)
    found = list(_signalbox(tree, path)) if kind == "TOML" else []
    found = found or list(_clients(tree, path, shares=kind != "Python"))
    if not found:
        raise ReadError("it holds no Kafka client settings")
    return found


def read_settings_text(path: Path) -> str:
    """Return a file's text: UTF-8, UTF-16 with its mark, and Latin-1 where Java wrote it.

    Raises:
        ReadError: it cannot be read, is no text, or is far too long.
    """
    try:
        with path.open("rb") as file:  # Not by its size: a device has none and never ends.
            raw = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise ReadError("there is no such file; correct the path") from error
    except PermissionError as error:
        raise ReadError(
            "it is a folder; name a file in it"
            if path.is_dir()
            else "it may not be read; give yourself the right to, or check a copy"
        ) from error
    except IsADirectoryError as error:
        raise ReadError("it is a folder; name a file in it") from error
    except OSError as error:
        raise ReadError(error.strerror or str(error)) from error
    if len(raw) > MAX_FILE_BYTES:
        raise ReadError(
            f"it is longer than {MAX_FILE_BYTES // 1_000_000} MB; take the client settings out of it"
        )
    try:
        if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return raw.decode("utf-16")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if KINDS.get(path.suffix.lower()) == "properties" and b"\0" not in raw:
            return raw.decode("latin-1")  # What Java takes its properties files for.
        raise ReadError("it is not text in UTF-8; save it as UTF-8, then check again") from error


def _guess(text: str) -> str:
    stripped = text.lstrip()
    if stripped.startswith("{"):
        try:
            json.loads(text)
        except ValueError:
            return "Python"
        return "JSON"
    return "properties"


def _parsed(text: str, kind: str) -> Tree:
    """Raises ReadError: the text is not what its name says."""
    try:
        return _reader(kind)(text)
    except ReadError:
        raise
    except tomllib.TOMLDecodeError as error:
        raise ReadError(f"it is no valid TOML: {error}. Mend it there, then check again") from error
    except json.JSONDecodeError as error:
        raise ReadError(f"it is no valid JSON: {error}. Mend it there, then check again") from error
    except SyntaxError as error:
        raise ReadError(
            f"it is no valid Python: {error.msg} (line {error.lineno}). Mend it there"
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ReadError(f"it is no valid {kind}: {str(error) or 'too deep'}") from error


def _reader(kind: str) -> Callable[[str], Tree]:
    if kind == "TOML":
        return read_toml
    if kind == "Python":
        return read_python
    if kind == "properties":
        return read_properties
    import yaml

    from pipeline.kafka.doctor.reading.yaml_file import read_json, read_yaml

    def read_safely(text: str) -> Tree:
        try:
            return read_yaml(text)
        except yaml.MarkedYAMLError as error:
            # Without the line itself, which may hold a secret.
            mark = error.problem_mark or error.context_mark
            place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
            problem = error.problem or error.context or "it cannot be understood"
            raise ReadError(f"it is no valid YAML: {problem}{place}. Mend it there") from error
        except yaml.YAMLError as error:
            raise ReadError("it is no valid YAML: it holds characters that YAML forbids") from error

    return read_json if kind == "JSON" else read_safely


def _signalbox(tree: Tree, path: Path) -> Iterator[ClientSettings]:
    """Yield the clients of Signalbox's own settings: ``[kafka.common]`` and its kin."""
    kafka = tree.get("kafka")
    if not isinstance(kafka, Tree):
        if not _is_ours(tree):
            return
        kafka = Tree()  # nothing about Kafka: all of it as it comes
    common = kafka.get(_COMMON)
    shared = _settings(common, path) if isinstance(common, Tree) else []
    for role in ("producer", "consumer"):
        own = kafka.get(role)
        settings = [*shared, *(_settings(own, path) if isinstance(own, Tree) else [])]
        yield ClientSettings(f"kafka.{role}", _ROLES[role], tuple(settings), signalbox=True)


def _is_ours(tree: Tree) -> bool:
    """Whether a TOML file holds settings of Signalbox, though none of Kafka."""
    from pipeline.settings import Settings

    return bool(tree.entries) and all(entry.key in Settings.model_fields for entry in tree.entries)


def _clients(tree: Tree, path: Path, *, shares: bool) -> Iterator[ClientSettings]:
    """Yield the clients of any other file.

    `shares`: a map of the name ``common`` is part of those beside it.
    """
    common = tree.get(_COMMON) if shares else None
    shared = _settings(common, path) if isinstance(common, Tree) else []
    if _looks_like_client(tree):
        yield from _by_prefix(tree, path)
        return
    for entry in tree.entries:
        child = entry.value
        if not isinstance(child, Tree) or (child is common and len(tree.entries) > 1):
            continue
        if _looks_like_client(child):
            role = _ROLES.get(child.client) or _ROLES.get(entry.key.lower())
            own = _settings(child, path)
            yield ClientSettings(child.title or entry.key, role, (*shared, *own))
        else:
            yield from _clients(child, path, shares=shares)


def _looks_like_client(tree: Tree) -> bool:
    if tree.client:
        return True
    known = table().by_name.keys() | table().hidden | java_names().keys()
    own = [entry.key for entry in tree.entries if not isinstance(entry.value, Tree)]
    own += [name.partition(".")[2] for name in own if name.partition(".")[0] in _ROLES]
    hits = sum(name in known for name in own)
    likely = sum(name in known or "." in name.strip(".") for name in own)
    if hits and (hits == len(own) or 2 * likely > len(own)):
        return True
    # Names whose dots made maps of them: {"session": {"timeout": {"ms": 6000}}}.
    return any(setting.name in known for setting in _settings(tree, Path()) if "." in setting.name)


def _by_prefix(tree: Tree, path: Path) -> Iterator[ClientSettings]:
    """Yield one client, or several where names begin with ``consumer.`` and its kin."""
    settings = _settings(tree, path)
    known = table().by_name.keys() | java_names().keys()

    def prefix(setting: Setting) -> str:
        word, _, rest = setting.name.partition(".")
        return word if word in _ROLES and setting.name not in known and rest in known else ""

    if not any(map(prefix, settings)):
        yield ClientSettings(tree.title, _ROLES.get(tree.client), tuple(settings))
        return
    plain = [one for one in settings if not prefix(one)]
    for word, role in _ROLES.items():
        own = [
            Setting(one.name.partition(".")[2], one.value, one.file, one.line)
            for one in settings
            if prefix(one) == word
        ]
        if own:
            yield ClientSettings(word, role, (*_known_only(plain), *own))


def _known_only(settings: Sequence[Setting]) -> list[Setting]:
    return [one for one in settings if one.name in table().by_name]


def _settings(tree: Tree, path: Path, prefix: str = "") -> list[Setting]:
    """Return a map's settings; names whose dots made maps of them are put together again."""
    found: list[Setting] = []
    for entry in tree.entries:
        name = prefix + entry.key
        if name == "default.topic.config" and isinstance(entry.value, Tree):
            # Properties of topics may stand in a map of their own; librdkafka puts them together.
            found += _settings(entry.value, path)
        elif isinstance(entry.value, Tree):
            found += _settings(entry.value, path, f"{name}.")
        else:
            found.append(_setting(name, entry, path))
    return found


def _setting(name: str, entry: Entry, path: Path) -> Setting:
    assert not isinstance(entry.value, Tree)
    return Setting(name, entry.value, path, entry.line)
