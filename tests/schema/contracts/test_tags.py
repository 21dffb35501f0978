"""The tags of a graph are those of its types and of their parts."""

import pytest
from graphql import parse

from weir.schema import Composed, Subgraph, compose
from weir.schema.contracts.tags import tags_in

LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: '


def tags_of(sdl: str) -> frozenset[str]:
    composed = compose([Subgraph(name="a", sdl=sdl)])
    assert isinstance(composed, Composed), composed
    return tags_in(parse(composed.supergraph_sdl))


@pytest.mark.parametrize(
    "schema",
    [
        'type Query @tag(name: "a") { f: Int }',
        'type Query { f: Int @tag(name: "a") }',
        'type Query { f(x: Int @tag(name: "a")): Int }',
        'type Query { f(x: I): Int } input I @tag(name: "a") { y: Int }',
        'type Query { f(x: I): Int } input I { y: Int @tag(name: "a") }',
        'type Query { f: E } enum E { A @tag(name: "a") }',
        'type Query { f: S } scalar S @tag(name: "a")',
        'type Query { f: U } union U @tag(name: "a") = Query',
    ],
)
def test_a_tag_is_found_wherever_it_is(schema: str) -> None:
    assert tags_of(f'{LINK}["@tag"])\n{schema}') == {"a"}


def test_an_element_may_have_several_tags() -> None:
    schema = 'type Query { f: Int @tag(name: "a") @tag(name: "b") }'
    assert tags_of(f'{LINK}["@tag"])\n{schema}') == {"a", "b"}


def test_a_tag_is_found_under_the_name_that_a_subgraph_gives_the_directive() -> None:
    schema = 'type Query { f: Int @label(name: "a") }'
    assert tags_of(f'{LINK}[{{name: "@tag", as: "@label"}}])\n{schema}') == {"a"}


def test_other_directives_have_no_tags() -> None:
    assert tags_of('type Query { f: Int @deprecated(reason: "a") }') == frozenset()
