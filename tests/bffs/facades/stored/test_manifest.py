"""Manifests of persisted queries: their forms, and what is wrong with others."""

from pathlib import Path

import orjson
import pytest

from weir.bffs.config.errors import ConfigError
from weir.bffs.facades.stored.folder import load_operations
from weir.bffs.facades.stored.manifest import load_manifest
from weir.bffs.facades.stored.union import united

A = "query A {\n  t { ...F }\n}\nfragment F on T { id }"
B = "mutation B { m }"


def apollo(*operations: object, version: int = 1) -> object:
    return {
        "format": "apollo-persisted-query-manifest",
        "version": version,
        "operations": list(operations),
    }


def write(folder: Path, content: object, name: str = "m.json") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
    return file


@pytest.mark.parametrize(
    "content",
    [
        apollo(
            {"id": "1", "name": "A", "type": "query", "body": A},
            {"id": "2", "name": "B", "type": "mutation", "body": B},
        ),
        {"1": A, "2": B},
        [["1", A], ["2", B]],
    ],
)
def test_every_form_has_the_same_operations(tmp_path: Path, content: object) -> None:
    first, second = load_manifest(write(tmp_path, content))

    assert (first.name, first.ids, first.text) == ("A", ("1",), A)
    assert [each.name.value for each in first.fragments] == ["F"]
    assert (second.name, second.ids, second.mutates) == ("B", ("2",), True)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{", "m.json:1:2: is not JSON"),
        (b"\xff", "m.json: cannot be read: it is not UTF-8"),
        ("text", "expected a manifest of Apollo, Relay or GraphQL Code Generator"),
        ({}, "the manifest has no operation"),
        ([], "the manifest has no operation"),
        ([["1", A, 2]], "expected a manifest"),
        (apollo(version=2), "`version: 1`"),
        ({"format": "other", "operations": []}, '`format: "apollo-persisted'),
        (apollo("x"), "each of the `operations` must be an object"),
        (apollo({"id": "1"}), 'the document of operation "1" must be a string'),
        (apollo({"body": A}), "the id of an operation must be a string"),
        ({"1": "query A { t"}, "m.json: operation 1:1:12: Syntax Error"),
        ({"1": "{ t }"}, "operation 1: a stored operation needs a name"),
        ({"1": "fragment F on T { id }"}, "expected one operation, the document has 0"),
        ({"1": A + "query C { t }"}, "expected one operation, the document has 2"),
        ({"1": "subscription S { s }"}, "operation 1: a subscription cannot be stored"),
    ],
)
def test_other_content_is_an_error_with_its_place(
    tmp_path: Path, content: object, expected: str
) -> None:
    with pytest.raises(ConfigError) as error:
        load_manifest(write(tmp_path, content))

    assert expected in str(error.value)


def test_a_document_of_several_sources_has_all_ids(tmp_path: Path) -> None:
    (tmp_path / "b.graphql").write_text(
        'mutation B @rest(method: POST, path: "/b") {m}'
    )
    (own,) = load_operations(tmp_path)
    old = load_manifest(write(tmp_path, {"1": own.text, "2": A}, "old.json"))
    new = load_manifest(write(tmp_path, {"3": own.text, "2": A}, "new.json"))

    first, second = united((own, *old, *new))

    assert first.ids == ("B", "1", "3")
    assert [str(each) for each in first.bindings] == ["POST /b"]
    assert second.ids == ("2",)
    assert (first.label, second.label) == ("B", "A (2)")


def test_an_id_of_two_documents_is_an_error(tmp_path: Path) -> None:
    old = load_manifest(write(tmp_path, {"1": A}, "old.json"))
    new = load_manifest(write(tmp_path, {"1": B}, "new.json"))

    with pytest.raises(ConfigError) as error:
        united((*old, *new))

    assert 'new.json: operation 1: the id "1" is that of another' in str(error.value)
    assert "old.json: operation 1" in str(error.value)
