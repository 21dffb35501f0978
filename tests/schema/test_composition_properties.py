"""What holds of composition whatever the schema."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from graphql import build_schema, lexicographic_sort_schema, print_schema
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.schema.adapter import subgraphs_of
from tests.support.recorded import recorded_cases
from tests.support.split_schemas import SplitSchema, split_schemas
from weir.schema import Code, Composed, Rejected, Subgraph, compose, render_errors
from weir.schema.supergraph.api_schema import api_schema

FEW = settings(max_examples=40, deadline=None)


def composed(subgraphs: list[Subgraph]) -> str:
    result = compose(subgraphs)
    if isinstance(result, Rejected):
        pytest.fail(render_errors(result.errors))
    return result.supergraph_sdl


@FEW
@given(split_schemas())
def test_a_split_schema_recomposes_to_the_original(schema: SplitSchema) -> None:
    supergraph = composed(schema.subgraphs())

    original = lexicographic_sort_schema(build_schema(schema.whole()))
    again = lexicographic_sort_schema(api_schema(supergraph))
    assert print_schema(again) == print_schema(original)


@FEW
@given(split_schemas(), st.randoms(use_true_random=False))
def test_the_order_of_subgraphs_does_not_matter(
    schema: SplitSchema, rng: random.Random
) -> None:
    subgraphs = schema.subgraphs()
    shuffled = rng.sample(subgraphs, len(subgraphs))

    assert composed(shuffled) == composed(subgraphs)


@pytest.mark.parametrize("case", recorded_cases("composition.json", ok=True)[::4])
def test_the_order_of_recorded_subgraphs_does_not_matter(case: dict[str, Any]) -> None:
    subgraphs = subgraphs_of(case["subgraphs"])

    assert composed(subgraphs[::-1]) == composed(subgraphs)


Break = Callable[[str], str]

BREAKAGES: dict[str, tuple[Break, set[Code]]] = {
    "a brace is missing": (lambda sdl: sdl[:-1], {Code.INVALID_GRAPHQL}),
    "a type does not exist": (
        lambda sdl: sdl.replace("id: ID!", "id: IDD!", 1),
        {Code.INVALID_GRAPHQL},
    ),
    "a key selects nothing": (
        lambda sdl: sdl.replace('fields: "id"', 'fields: "sku"', 1),
        {Code.KEY_INVALID_FIELDS},
    ),
    "a key is not a string": (
        lambda sdl: sdl.replace('fields: "id"', "fields: 7", 1),
        {Code.KEY_INVALID_FIELDS_TYPE},
    ),
    "an external is not used": (
        lambda sdl: sdl.replace('") { id: ID!', '") { id: ID! z: Int @external', 1),
        {Code.EXTERNAL_UNUSED},
    ),
    "a requirement does not exist": (
        lambda sdl: sdl.replace(
            '") { id: ID!', '") { id: ID! z: Int @requires(fields: "y")', 1
        ),
        {Code.REQUIRES_INVALID_FIELDS},
    ),
    "a field overrides itself": (
        lambda sdl: sdl.replace(
            '") { id: ID!', '") { id: ID! z: Int @override(from: "s0")', 1
        ),
        {Code.OVERRIDE_FROM_SELF_ERROR},
    ),
    "the queries are hidden": (
        lambda sdl: sdl.replace("type Query {", "type Query @inaccessible {"),
        {Code.QUERY_ROOT_TYPE_INACCESSIBLE},
    ),
    "an import does not exist": (
        lambda sdl: sdl.replace('"@key"', '"@keys"', 1),
        {Code.INVALID_LINK_DIRECTIVE_USAGE, Code.INVALID_GRAPHQL},
    ),
    "the version does not exist": (
        lambda sdl: sdl.replace("v2.9", "v2.99"),
        {Code.UNKNOWN_FEDERATION_LINK_VERSION},
    ),
}


@pytest.mark.parametrize("name", BREAKAGES)
@settings(max_examples=12, deadline=None)
@given(schema=split_schemas())
def test_a_broken_subgraph_is_refused_with_a_fitting_code(
    name: str, schema: SplitSchema
) -> None:
    breakage, codes = BREAKAGES[name]
    first, *others = schema.subgraphs()
    broken = replace(first, sdl=breakage(first.sdl))
    assume(broken.sdl != first.sdl)

    result = compose([broken, *others])

    assert isinstance(result, Rejected)
    assert {error.code for error in result.errors} <= codes


CONFLICTS: dict[str, tuple[Break, set[Code]]] = {
    "a value type is not shared": (
        lambda sdl: sdl.replace("@shareable {", "{"),
        {Code.INVALID_FIELD_SHARING},
    ),
    "a field has another type": (
        lambda sdl: sdl.replace("{ a: Int", "{ a: String"),
        {Code.FIELD_TYPE_MISMATCH},
    ),
    "a type is of another kind": (
        lambda sdl: sdl.replace("type V0 @shareable { a: Int b: Color }", "scalar V0"),
        {Code.TYPE_KIND_MISMATCH},
    ),
}


@pytest.mark.parametrize("name", CONFLICTS)
@settings(max_examples=10, deadline=None)
@given(schema=split_schemas())
def test_conflicting_subgraphs_are_refused_with_a_fitting_code(
    name: str, schema: SplitSchema
) -> None:
    breakage, codes = CONFLICTS[name]
    value = "\ntype V0 @shareable { a: Int b: Color }"
    color = "\nenum Color { RED GREEN BLUE }"
    link = schema.subgraphs()[0].sdl.partition("\n")[0]
    one = Subgraph(name="one", sdl=f"{link}{value}{color}\ntype Query {{ v: V0 }}")
    other = replace(one, name="other", sdl=one.sdl.replace("v: V0", "w: V0"))
    broken = replace(other, sdl=breakage(other.sdl))

    assert isinstance(compose([*schema.subgraphs(), one, other]), Composed)
    result = compose([*schema.subgraphs(), one, broken])
    assert isinstance(result, Rejected)
    assert {error.code for error in result.errors} == codes
