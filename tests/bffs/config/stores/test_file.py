"""Changing weir.yaml through the API: what is written, and what is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.bffs.config.errors import ConfigError, ReadOnlyConfig, UnknownUpstream
from weir.bffs.config.stores.changes import (
    ConfigChange,
    PutInstance,
    PutUpstream,
    RemoveInstance,
    RemoveUpstream,
)
from weir.bffs.config.stores.file import FileStore
from weir.bffs.config.stores.fixed import FixedStore

TEXT = """\
# Ours.
upstreams:
  catalog:
    instances:
      - ${CATALOG:-http://127.0.0.1:5101}  # the first
      - {url: http://127.0.0.1:5102, weight: 2}
subgraphs:
  catalog: {upstream: catalog}
"""


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    file = tmp_path / "weir.yaml"
    file.write_text(TEXT)
    return FileStore(file)


def changed(store: FileStore, change: ConfigChange) -> list[tuple[str, int, bool]]:
    edited = store.edit(change)
    store.save(edited)
    assert store.load().config == edited.loaded.config
    return [
        (each.url, each.weight, each.enabled)
        for each in edited.loaded.config.upstreams["catalog"].instances
    ]


def test_an_instance_is_changed_where_it_stands(store: FileStore) -> None:
    first = "127.0.0.1:5101"

    found = changed(store, PutInstance("catalog", first, {"weight": 3}))

    assert found[0] == ("http://127.0.0.1:5101", 3, True)
    text = store.file.read_text()
    assert "# Ours." in text
    assert "${CATALOG:-http://127.0.0.1:5101}" in text


def test_an_instance_is_switched_off_added_and_taken_out(store: FileStore) -> None:
    off = PutInstance("catalog", "127.0.0.1:5102", {"enabled": False})
    assert changed(store, off)[1] == ("http://127.0.0.1:5102", 2, False)
    added = PutInstance("catalog", "127.0.0.1:5103", {})
    assert changed(store, added)[2] == ("http://127.0.0.1:5103", 1, True)
    gone = RemoveInstance("catalog", "127.0.0.1:5101")
    assert [url for url, *_ in changed(store, gone)] == [
        "http://127.0.0.1:5102",
        "http://127.0.0.1:5103",
    ]


def test_a_service_is_registered_and_taken_out(store: FileStore) -> None:
    new = {"instances": ["http://127.0.0.1:1"], "timeout": {"attempt": "1s"}}
    changed(store, PutUpstream("new", new))
    assert store.load().config.upstreams["new"].timeout.attempt == 1.0
    changed(store, RemoveUpstream("new"))
    assert "new" not in store.load().config.upstreams


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            RemoveUpstream("catalog"),
            'subgraphs.catalog.upstream: unknown upstream "catalog"',
        ),
        (
            PutUpstream("x", {"instances": ["here"]}),
            "upstreams.x.instances.0",
        ),
        (PutUpstream("x", {"instance": []}), 'did you mean "instances"'),
    ],
)
def test_an_invalid_change_changes_nothing(
    store: FileStore, change: ConfigChange, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        store.edit(change)
    assert store.file.read_text() == TEXT


def test_a_missing_upstream_or_instance_cannot_be_changed(store: FileStore) -> None:
    with pytest.raises(UnknownUpstream, match='no service is registered as "x"'):
        store.edit(PutInstance("x", "h:1", {}))
    with pytest.raises(UnknownUpstream, match="has no instance at h:1"):
        store.edit(RemoveInstance("catalog", "h:1"))


def test_a_configuration_of_the_command_line_is_read_only(store: FileStore) -> None:
    fixed = FixedStore(store.load())

    with pytest.raises(ReadOnlyConfig, match="without a configuration file"):
        fixed.edit(PutUpstream("x", {}))


TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from("${}:-'\"#&*!\n\x85 "))


@given(body=TEXTS, value=st.from_regex(r"[ -~]{0,9}", fullmatch=True), name=TEXTS)
def test_values_written_by_the_api_are_read_unchanged(
    tmp_path_factory: pytest.TempPathFactory, body: str, value: str, name: str
) -> None:
    store = FileStore(tmp_path_factory.getbasetemp() / "literal.yaml")
    store.file.write_text(TEXT)
    answer = {"body": body, "headers": {"a": value}}
    operations = {name or "x": {"fallback": {"response": answer}}}
    definition = {"instances": ["http://h:1"], "operations": operations}

    store.save(store.edit(PutUpstream("new", definition)))

    new = store.load().config.upstreams["new"]
    ((kept, operation),) = new.operations.items()
    assert operation.fallback is not None
    assert operation.fallback.response is not None
    read = operation.fallback.response
    assert (kept, read.body, read.headers["a"]) == (name or "x", body, value)


LITERAL = "${CATALOG:-x} $${CATALOG} ${"


def test_references_in_values_of_the_api_are_literal(store: FileStore) -> None:
    with_variables = {
        "instances": ["http://h:1"],
        "operations": {LITERAL: {"fallback": {"response": {"body": LITERAL}}}},
    }
    changed(store, PutUpstream("new", with_variables))
    # Once more, through a change of something else.
    changed(store, PutInstance("new", "h:2", {}))

    ((name, operation),) = store.load().config.upstreams["new"].operations.items()
    assert operation.fallback is not None
    assert operation.fallback.response is not None
    assert name == operation.fallback.response.body == LITERAL


SHARED = """\
upstreams:
  a: &service
    instances: &instances [http://h:1]
  b: *service
  c: {instances: *instances}
subgraphs: {}
"""


@pytest.mark.parametrize(
    "change",
    [
        PutInstance("b", "h:1", {"weight": 2}),
        PutInstance("c", "h:2", {}),
        RemoveInstance("a", "h:1"),
    ],
)
def test_a_change_that_would_change_more_through_an_alias_is_refused(
    store: FileStore, change: ConfigChange
) -> None:
    store.file.write_text(SHARED)

    with pytest.raises(ConfigError, match="share a YAML anchor"):
        store.edit(change)
    assert store.file.read_text() == SHARED


def test_a_change_is_made_where_the_file_has_the_instance_now(
    store: FileStore,
) -> None:
    first, second = "- ${CATALOG:-http://127.0.0.1:5101}", "- http://127.0.0.1:5102"
    swapped = TEXT.replace("- {url: http://127.0.0.1:5102, weight: 2}", second)
    swapped = swapped.replace(first, "- FIRST").replace(second, first)
    store.file.write_text(swapped.replace("- FIRST", second))

    found = changed(store, PutInstance("catalog", "127.0.0.1:5101", {"weight": 7}))

    assert [(url[-4:], weight) for url, weight, _ in found] == [
        ("5102", 1),
        ("5101", 7),
    ]


@pytest.mark.parametrize("text", ["a: [", "- 1", "upstreams: {x: 1}"])
def test_a_file_that_is_not_valid_is_not_changed(store: FileStore, text: str) -> None:
    store.file.write_text(text)

    with pytest.raises(ConfigError, match=r"weir\.yaml:1:"):
        store.edit(PutUpstream("new", {"instances": ["http://h:1"]}))


def test_a_change_that_is_nested_too_deep_is_refused(store: FileStore) -> None:
    deep: object = 1
    for _ in range(2000):
        deep = {"a": [deep]}

    with pytest.raises(ConfigError, match="nested deeper than 32 levels"):
        store.edit(PutUpstream("new", {"instances": deep}))


INDENTED = """\
upstreams:
    a:
        # Its instances.
        instances:
          - http://h:1  # the first
          - {url: 'http://h:2', weight: 2}  # the second
        operations: {Home: {breaker: {failures: 5}}}
        health: {path: /a-very-long-path/that-makes/this-line/longer-than-80-columns}
"""


@pytest.mark.parametrize("text", [TEXT, INDENTED, TEXT.replace("      - ", "    - ")])
def test_a_change_touches_its_own_line_alone(store: FileStore, text: str) -> None:
    store.file.write_text(text)
    name = next(iter(store.load().config.upstreams))
    for instance in store.load().config.upstreams[name].instances:
        address = instance.url.removeprefix("http://")
        before = store.file.read_text().splitlines()
        store.save(store.edit(PutInstance(name, address, {"weight": 7})))
        after = store.file.read_text().splitlines()

        (changed,) = set(after) - set(before)
        assert len(after) == len(before)
        assert "weight: 7" in changed
        assert "# the" in changed or "5102" in changed
