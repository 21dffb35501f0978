"""Aggregations in weir.yaml: each mistake is an error with its line."""

import pytest

from weir.bffs.config.decode import decode_document
from weir.bffs.config.document import read_document
from weir.bffs.config.errors import ConfigError

HEAD = """\
upstreams: {s: {instances: [http://h]}}
routes:
  r:
    path: /page/{id}
    aggregate:
      parts:
"""
FIRST = '        a: {upstream: s, path: "/a/{id}"}\n'


def problems(parts: str, head: str = HEAD) -> list[tuple[int | None, str]]:
    with pytest.raises(ConfigError) as error:
        decode_document(read_document(head + parts, "weir.yaml", {}))
    return [(each.line, each.message) for each in error.value.problems]


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("{upstream: x, path: /b}", 'parts.b.upstream: unknown upstream "x"'),
        ("{upstream: s, path: b}", 'expected a path that begins with one "/"'),
        ("{upstream: s, path: //b}", 'expected a path that begins with one "/"'),
        ("{upstream: s, path: '/b c'}", 'expected ASCII without spaces and "#"'),
        ("{upstream: s, path: '/b#c'}", 'expected ASCII without spaces and "#"'),
        ("{upstream: s, path: '/{x}'}", "unknown reference {x}; expected {id}, {query"),
        ("{upstream: s, path: '/{a}'}", "unknown reference {a}"),
        ("{upstream: s, path: '/{b.x}'}", "a part refers to parts above it"),
        ("{upstream: s, path: '/{a.}'}", "expected a path such as"),
        ("{upstream: s, path: '/{id'}", "expected references such as {id}"),
        ("{upstream: s, path: '/b?{id}=1'}", "in the value of a parameter"),
        ("{upstream: s, path: '/{headers.x y}'}", "unknown reference"),
        ("{upstream: s, path: '/{a.*.x}/{a.*.y}'}", "only one reference with *"),
        ("{upstream: s, path: /b, batch: 5}", "batch is only used with a reference"),
        ("{upstream: s, path: /b, max_calls: 5}", "max_calls is only used with"),
        ("{upstream: s, path: '/{a.*.x}', batch: 5}", "needs a request of its own"),
        ("{upstream: s, path: '/?x={a.*.x}', merge: true}", "a list cannot be merged"),
        ("{upstream: s, path: /b, group: a}", "a and b both have the key 'a'"),
        ("{upstream: s, path: /b, group: _weir}", "_weir is the key of the warnings"),
        ("{upstream: s, path: /b, group: x, merge: true}", "only one of `group` and"),
        ("{upstream: s, path: /b, merge: true}", "b is merged, and its keys are not"),
        ("{upstream: s, path: /b, merge: true, allow: ['*.x']}", "keys are not known"),
        ("{upstream: s, path: /b, merge: true, allow: [a]}", "both have the key 'a'"),
        (
            "{upstream: s, path: /b, merge: true, allow: [_weir]}",
            "_weir is the key of the warnings",
        ),
        ("{upstream: s, path: /b, fallback: 1}", "only used with `required: false`"),
        ("{upstream: s, path: /b, allow: [a..b]}", "expected a path such as"),
        ("{upstream: s, path: /b, move: {a.*: b.*}}", "cannot be moved to"),
        ("{upstream: s, path: /b, batch: 1001}", "less than or equal to 1000"),
        (
            "{upstream: s, path: /b, join: {to: c.*, by: x, key: x, name: y}}",
            "expected a part above and the path of its items",
        ),
        (
            "{upstream: s, path: /b, join: {to: a, by: x, key: x, name: y}}",
            "expected a part above and the path of its items",
        ),
        (
            "{upstream: s, path: /b, join: {to: a..x, by: x, key: x, name: y}}",
            "expected a path such as",
        ),
        ("{upstream: s, path: /b, time: 1s}", 'did you mean "timeout"?'),
    ],
)
def test_a_mistake_of_a_part_is_named_with_its_line(part: str, message: str) -> None:
    found = problems(f"{FIRST}        b: {part}\n")

    assert message in found[0][1]
    assert found[0][0] == 8


def test_a_conflict_names_both_lines() -> None:
    found = problems(FIRST + "        b: {upstream: s, path: /b, group: a}\n")

    assert [line for line, _ in found] == [8, 7]


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (HEAD.replace("/page/{id}\n", "/{id}\n    methods: [POST]\n"), "serves GET"),
        (HEAD.replace("/page/{id}\n", "/{id}\n    max_body: 1KiB\n"), "`max_body`"),
        (HEAD.replace("/page/{id}\n", "/{id}\n    proxy: s\n"), "expected exactly one"),
    ],
)
def test_a_key_without_effect_on_an_aggregation_is_rejected(
    head: str, message: str
) -> None:
    assert message in problems(FIRST, head)[0][1]


@pytest.mark.parametrize("name", ["query", "headers", "cookies", "claims"])
def test_a_part_has_not_the_name_of_the_values_of_requests(name: str) -> None:
    found = problems(f"        {name}: {{upstream: s, path: /b}}\n")

    assert "is a value of the request; use another name" in found[0][1]


def test_the_number_of_parts_is_limited() -> None:
    parts = "".join(
        f"        p{each}: {{upstream: s, path: /b}}\n" for each in range(33)
    )

    assert "at most 32 items" in problems(parts)[0][1]
