"""YAML is read like YAML, within bounds, and with every problem at its place."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.bffs.config.document import load_document, read_document
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.position import Position

VARIABLES = {"NAME": "value"}


def read(text: str) -> Any:
    return read_document(text, "weir.yaml", VARIABLES).data


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        read(text)
    return [str(each).removeprefix("weir.yaml:") for each in refused.value.problems]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", None),
        ("a: [1, 0x1F, 0o17, 017, -1_000]", {"a": [1, 31, 15, 17, -1000]}),
        ("a: [1.5, 1e3, -.5, 1_0.0]", {"a": [1.5, 1000.0, -0.5, 10.0]}),
        (
            "a: [true, False, yes, ~, null, '']",
            {"a": [True, False, "yes", None, None, ""]},
        ),
        ("a: !!str 1\nb: !!int '2'", {"a": "1", "b": 2}),
        ("1: a\ntrue: b\nnull: c", {"1": "a", "true": "b", "null": "c"}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        (
            "a: &a {x: 1, y: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b, z: 3}",
            {
                "a": {"x": 1, "y": 1},
                "b": {"y": 2, "x": 1},
                "c": {"z": 3, "y": 2, "x": 1},
            },
        ),
        (
            "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}",
            {"a": {"x": 1}, "b": {"x": 2, "y": 2}, "c": {"x": 1, "y": 2}},
        ),
        ("'<<': ${NAME}", {"<<": "value"}),
        ("${NAME}: a", {"${NAME}": "a"}),
        ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}),
    ],
)
def test_a_text_is_read_as_its_data(text: str, data: object) -> None:
    assert read(text) == data


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="$")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
)


@given(data=JSON)
def test_json_is_read_as_itself(data: object) -> None:
    assert read(json.dumps(data)) == data


def test_places_are_those_of_keys_and_items() -> None:
    document = read_document("a:\n  b: [1,\n    2]\n", "weir.yaml", {})

    assert document.positions == {
        (): Position(1, 1),
        ("a",): Position(1, 1),
        ("a", "b"): Position(2, 3),
        ("a", "b", 0): Position(2, 7),
        ("a", "b", 1): Position(3, 5),
    }


def laughs(levels: int) -> str:
    lines = ["a0: &a0 [x, x]"]
    lines += [
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)
    ]
    return "\n".join(lines)


def wide_merges() -> str:
    keys = ", ".join(f"k{n}: 1" for n in range(500))
    return f"a: &a {{{keys}}}\nb: {{<<: [{', '.join(['*a'] * 500)}]}}"


def merges(levels: int) -> str:
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (laughs(9), "more than 200000 values, aliases written out"),
        (wide_merges(), "more than 200000 values, aliases written out"),
        (merges(30), "more than 200000 values, aliases written out"),
        ("a: &a [*a]", "nested deeper than 64 levels"),
        ("a: &a {<<: *a}", "nested deeper than 64 levels"),
        ("a: " + "[" * 100_000, "nested deeper than 64 levels"),
        ("a: " + "{b: " * 70 + "1" + "}" * 70, "nested deeper than 64 levels"),
        ("a:\n  b: 1\n  b: 2", "3:3: a.b: duplicate key, first defined on line 2"),
        ("a: 1\n'a': 2", "2:1: a: duplicate key, first defined on line 1"),
        ("{a: 1}: 2", "1:1: expected a text as the key"),
        ("a: {<<: 1}", "1:5: a.<<: expected an alias of a mapping"),
        ("a: 2026-11-28", "1:1: a: expected a text, a number, true, false or null"),
        ("a: !secret x", "1:1: a: expected a text, a number, true, false or null"),
        ("a: !!binary eA==", "1:1: a: expected a text, a number, true, false or null"),
        ("a: !!int x", "1:1: a: the number cannot be read"),
        ("a: *x", "1:4: found undefined alias; quote a text that begins with this"),
        ("a: !x!y z", "1:4: found undefined tag handle; quote a text that begins"),
        ("a: {b: ${X}}", "1:9: quote references to variables inside"),
        ("b: 1\r\ra: [${X}]", "quote references to variables inside"),
        ("a: [${X}]", "1:6: quote references to variables inside"),
        ("---\na: 1\n---\na: 1", "3:1: but found another document"),
        ("a:\n  b\0", "2:1: unacceptable character #x0000"),
    ],
)
def test_a_text_beyond_the_bounds_is_one_problem(text: str, expected: str) -> None:
    (problem,) = problems(text)

    assert expected in problem


def test_every_problem_is_noted() -> None:
    found = problems("a: ${X}\nb: {c: '${Y}', c: 1}\nd: 2026-11-28")

    assert [each.split(": ")[0] for each in found] == ["1:1", "2:5", "2:16", "3:1"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_bytes(b"#" * (4 * 1024 * 1024 + 1))

    with pytest.raises(ConfigError, match=r"weir\.yaml: is larger than 4194304 bytes"):
        load_document(file, {})


def test_a_large_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.touch()
    os.truncate(file, 1 << 40)
    with pytest.raises(ConfigError, match="is larger than"):
        load_document(file, {})
