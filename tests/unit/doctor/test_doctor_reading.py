"""Which settings are found in files of all kinds, on which lines; nothing is executed."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kafka.doctor import Code
from pipeline.kafka.doctor.reading import ClientSettings, ReadError, read_clients
from pipeline.kafka.doctor.reading.properties_file import escape, read_properties


def _read(tmp_path: Path, name: str, text: str) -> list[ClientSettings]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_clients(path)


def _plain(client: ClientSettings) -> list[tuple[str, object, int | None]]:
    return [(one.name, one.value, one.line) for one in client.settings]


def test_signalbox_settings(tmp_path: Path) -> None:
    producer, consumer = _read(
        tmp_path,
        "s.toml",
        '# a comment\n[kafka]\nmode = "embedded"\n\n[kafka.common]\n"client.id" = "x"\n'
        "[kafka.producer]\nacks = 1 # why\n'linger.ms' = 5\n"
        '[kafka.consumer]\n"max.poll.records" = 500\nsession.timeout.ms = 6000\n',
    )
    assert (producer.role, consumer.role) == ("producer", "consumer")
    assert _plain(producer) == [("client.id", "x", 6), ("acks", 1, 8), ("linger.ms", 5, 9)]
    assert _plain(consumer) == [
        ("client.id", "x", 6),
        ("max.poll.records", 500, 11),
        ("session.timeout.ms", 6000, 12),
    ]


def test_signalbox_settings_that_say_nothing_of_kafka(tmp_path: Path) -> None:
    clients = _read(tmp_path, "s.toml", '[[cameras]]\nid = "a"\nname = "b"\nsource = "demo"\n')
    assert [(one.role, one.settings, one.signalbox) for one in clients] == [
        ("producer", (), True),
        ("consumer", (), True),
    ]
    with pytest.raises(ReadError, match="no Kafka client settings"):
        _read(tmp_path, "s.toml", 'colour = "red"\n')


def test_toml_inline_tables_and_long_texts(tmp_path: Path) -> None:
    (client,) = _read(
        tmp_path,
        "x.toml",
        'note = """\nacks = 5\n"""\nproducer = { acks = 1, "linger.ms" = 5 }\n',
    )
    assert (client.role, _plain(client)) == ("producer", [("acks", 1, 4), ("linger.ms", 5, 4)])


def test_properties(tmp_path: Path) -> None:
    (client,) = _read(
        tmp_path,
        "x.properties",
        "# c\n! c\n\nacks=all\n  linger.ms : 5\ncompression.type gzip\n"
        "sasl.jaas.config=a \\\n    b\\u0041 \\\n    c\nclient.id=a\\=b\\\\\nretries\n",
    )
    assert _plain(client) == [
        ("acks", "all", 4),
        ("linger.ms", "5", 5),
        ("compression.type", "gzip", 6),
        ("sasl.jaas.config", "a bA c", 7),
        ("client.id", "a=b\\", 10),
        ("retries", "", 11),
    ]


def test_properties_with_prefixes(tmp_path: Path) -> None:
    clients = _read(
        tmp_path, "w.properties", "bootstrap.servers=a\nconsumer.group.id=g\nproducer.acks=1\n"
    )
    assert [(one.role, [s.name for s in one.settings]) for one in clients] == [
        ("producer", ["bootstrap.servers", "acks"]),
        ("consumer", ["bootstrap.servers", "group.id"]),
    ]


def test_yaml(tmp_path: Path) -> None:
    producer, consumer = _read(
        tmp_path,
        "x.yaml",
        "app:\n  kafka:\n    common: {bootstrap.servers: a}\n    producer:\n      acks: 1\n"
        "    consumer:\n      group.id: g\n      enable.auto.commit: yes\n"
        "      session:\n        timeout.ms: 6000\n",
    )
    assert _plain(producer) == [("bootstrap.servers", "a", 3), ("acks", 1, 5)]
    assert _plain(consumer)[1:] == [
        ("group.id", "g", 7),
        ("enable.auto.commit", True, 8),
        ("session.timeout.ms", 6000, 10),
    ]


def test_json(tmp_path: Path) -> None:
    (client,) = _read(
        tmp_path, "x.json", '{\n\t"bootstrap.servers": "a",\n\t"acks": 1,\n "acks": "all"\n}'
    )
    assert [(name, value) for name, value, _ in _plain(client)][:1] == [("bootstrap.servers", "a")]


def test_json_lines(tmp_path: Path) -> None:
    (client,) = _read(tmp_path, "x.json", '{\n  "acks": 1,\n  "acks": "all"\n}')
    assert _plain(client) == [("acks", 1, 2), ("acks", "all", 3)]


def test_python_is_read_and_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    consumer, producer = _read(
        tmp_path,
        "app.py",
        f"open({str(mark)!r}, 'w')\n"
        "base = {'bootstrap.servers': servers(), 'client.id': 'a'}\n"
        "conf = {**base, 'group.id': 'g',\n        'client.id': 'b', 'on_commit': lambda e: 0}\n"
        "conf['acks'] = 1\nconf.update({'retries': 0})\n"
        "other = {'colour': 'red'}\n"
        "Consumer(conf)\nself.p = confluent_kafka.Producer({'acks': -1, 'x.y': None})\n",
    )
    assert not mark.exists()
    assert (consumer.title, consumer.role) == ("conf", "consumer")
    assert _plain(consumer) == [
        ("bootstrap.servers", Code.UNKNOWN, 2),
        ("group.id", "g", 3),
        ("client.id", "b", 4),
        ("on_commit", Code.UNKNOWN, 4),
        ("acks", 1, 5),
        ("retries", 0, 6),
    ]
    assert (producer.role, _plain(producer)) == ("producer", [("acks", -1, 9), ("x.y", None, 9)])


def test_a_bare_dict_literal(tmp_path: Path) -> None:
    (client,) = _read(tmp_path, "conf.txt", "{'group.id': 'g', 'max.poll.records': 500}")
    assert client.guessed_role() == "consumer"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("x.toml", "a = ", "no valid TOML"),
        ("x.json", "{", "no valid JSON"),
        ("x.yaml", "a: [", "no valid YAML"),
        ("x.yaml", "a: !!python/object/apply:os.getcwd []", "no"),
        ("x.py", "a = (", "no valid Python"),
        ("x.py", "a = {'colour': 1}", "no Kafka client settings"),
        ("x.properties", "", "no Kafka client settings"),
        ("x.json", "[1]", "no Kafka client settings"),
        ("prose", "A text\nin which retries\nare a word\nof many more", "no Kafka client settings"),
        ("x.json", "[" * 100_000, "no valid JSON"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(ReadError, match=words):
        _read(tmp_path, name, text)


def test_files_that_are_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="there is no such file; correct the path"):
        read_clients(tmp_path / "no.toml")
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReadError, match="save it as UTF-8"):
        read_clients(tmp_path / "x.toml")
    with pytest.raises(ReadError, match="it is a folder"):
        read_clients(tmp_path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a device without end")
def test_a_file_without_end_is_given_up() -> None:
    with pytest.raises(ReadError, match="longer than 5 MB"):
        read_clients(Path("/dev/zero"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_properties_in_the_encodings_that_are_met(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.properties"
    path.write_bytes("client.id=Stra\u00dfe\r\nacks=all\r\n".encode(encoding))
    (client,) = read_clients(path)
    assert _plain(client) == [("client.id", "Stra\u00dfe", 1), ("acks", "all", 2)]


def test_yaml_of_what_is_merged_the_maps_own_counts(tmp_path: Path) -> None:
    """As YAML has it: wherever the merge is written, and of several the first."""
    (client,) = _read(
        tmp_path,
        "x.yaml",
        "b1: &b1 {colour: red, acks: 1, linger.ms: 7}\nb2: &b2 {linger.ms: 8, retries: 2}\n"
        "producer:\n  acks: all\n  <<: [*b1, *b2]\n",
    )[-1:]
    settings = {name: value for name, value, _ in _plain(client)}
    assert settings == {"colour": "red", "acks": "all", "linger.ms": 7, "retries": 2}
    assert len(client.settings) == len(settings)


def test_yaml_that_names_itself_comes_to_an_end(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="its anchors make it endless"):
        _read(tmp_path, "x.yaml", "a: &a {b: *a, c: *a}\n")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.yaml", 'sasl.password: "hunter2\nb: ['),
        ("x.yaml", "sasl.password: hunter2: x"),
        ("x.json", '{"sasl.password": "hunter2" 1}'),
        ("x.toml", '"sasl.password" = hunter2'),
        ("x.py", "a = {'sasl.password': 'hunter2' 1}"),
    ],
)
def test_what_is_wrong_is_told_without_the_line(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ReadError) as caught:
        _read(tmp_path, name, text)
    assert "hunter2" not in str(caught.value)
    assert str(caught.value).count("no valid") == 1


_text = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(st.dictionaries(_text.filter(bool), _text))
def test_properties_survive_writing_and_reading(table: dict[str, str]) -> None:
    text = "\n".join(f"{escape(key, key=True)}={escape(value)}" for key, value in table.items())
    read = {entry.key: entry.value for entry in read_properties(text).entries}
    assert read == table


@given(st.sampled_from([".toml", ".yaml", ".json", ".py", ".properties", ""]), st.text())
def test_no_text_is_a_crash(tmp_path_factory: pytest.TempPathFactory, kind: str, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{kind}"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(ReadError):
        read_clients(path)
