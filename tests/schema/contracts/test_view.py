"""A contract's view of a composed graph is what filtering the subgraphs would give."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from graphql import lexicographic_sort_schema, print_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.composition_examples import linked
from tests.support.split_schemas import OwnedField, SplitSchema, split_schemas
from weir.schema import Code, Composed, Rejected, Subgraph, compose
from weir.schema.contracts import Contract, View, view
from weir.schema.supergraph.api_schema import api_schema

Tags = Mapping[str, frozenset[str]]


def supergraph(**subgraphs: str) -> str:
    composed = compose(
        [Subgraph(name=name, sdl=linked(sdl)) for name, sdl in subgraphs.items()]
    )
    assert isinstance(composed, Composed), composed
    return composed.supergraph_sdl


def without_arguments(schema: SplitSchema) -> SplitSchema:
    """Arguments have coordinates too; the algorithm below does not look at them."""

    def bare(fields: tuple[OwnedField, ...]) -> tuple[OwnedField, ...]:
        return tuple(replace(each, arguments="") for each in fields)

    entities = {name: bare(fields) for name, fields in schema.entities.items()}
    return replace(schema, entities=entities, queries=bare(schema.queries))


@st.composite
def tagged_schemas(draw: st.DrawFn) -> tuple[SplitSchema, Tags]:
    schema = without_arguments(draw(split_schemas()))
    some = st.frozensets(st.sampled_from("ab"), max_size=2)
    rarely = st.sampled_from([frozenset[str]()] * 8 + [frozenset("a"), frozenset("b")])
    tags = {
        coordinate: draw(some if "." in coordinate else rarely)
        for coordinate in schema.coordinates()
    }
    return schema, tags


def annotated(
    schema: SplitSchema, tags: Tags, hidden: frozenset[str]
) -> list[Subgraph]:
    annotations = {
        coordinate: " ".join(
            (
                *(f'@tag(name: "{tag}")' for tag in sorted(tags[coordinate])),
                *(["@inaccessible"] if coordinate in hidden else []),
            )
        )
        for coordinate in tags
    }
    return replace(schema, annotations=annotations).subgraphs()


def hidden_by(schema: SplitSchema, tags: Tags, contract: Contract) -> frozenset[str]:
    """The reference algorithm: mark children by tags, types that are left empty."""
    hidden = {
        coordinate
        for coordinate in tags
        if "." in coordinate
        and contract.hides(tags[coordinate] | tags[coordinate.partition(".")[0]])
    }
    emptied: dict[str, list[bool]] = {}
    for types in schema.declarations():
        for name, children in types.items():
            emptied.setdefault(name, []).append(hidden.issuperset(children))
    types_hidden = {
        name
        for name, empty in emptied.items()
        if tags[name] & contract.exclude or (all(empty) and name != "Query")
    }
    return frozenset(hidden | types_hidden)


@settings(max_examples=40, deadline=None)
@given(
    tagged_schemas(),
    st.frozensets(st.sampled_from("ab"), max_size=2),
    st.frozensets(st.sampled_from("ab"), max_size=1),
)
def test_marking_the_supergraph_equals_filtering_and_composing(
    tagged: tuple[SplitSchema, Tags], include: frozenset[str], exclude: frozenset[str]
) -> None:
    schema, tags = tagged
    contract = Contract(include=include, exclude=exclude)
    plain = compose(annotated(schema, tags, frozenset()))
    assert isinstance(plain, Composed)

    seen = view(plain.supergraph_sdl, contract)
    filtered = compose(annotated(schema, tags, hidden_by(schema, tags, contract)))

    if isinstance(filtered, Rejected):
        assert not isinstance(seen, View)
        assert {each.code for each in seen} == {each.code for each in filtered.errors}
    else:
        assert isinstance(seen, View)
        reference = api_schema(filtered.supergraph_sdl)
        assert print_schema(lexicographic_sort_schema(seen.api_schema)) == (
            print_schema(lexicographic_sort_schema(reference))
        )


CATALOG = """
type Query { product: Product  shop: Shop @tag(name: "internal") }
type Product @key(fields: "id") {
  id: ID!
  name: String
  cost: Int @tag(name: "internal")
}
type Shop { id: ID! }
"""


def test_excluded_coordinates_are_not_visible() -> None:
    seen = view(supergraph(a=CATALOG), Contract(exclude=frozenset({"internal"})))

    assert isinstance(seen, View)
    assert {"Product.name", "Shop.id"} < seen.visible
    assert seen.visible.isdisjoint({"Product.cost", "Query.shop"})


def test_types_that_nothing_leads_to_are_hidden_on_request() -> None:
    contract = Contract(exclude=frozenset({"internal"}), hide_unreachable=True)

    seen = view(supergraph(a=CATALOG), contract)

    assert isinstance(seen, View)
    assert "Shop" not in seen.visible


def test_no_tags_leave_the_whole_graph() -> None:
    whole = supergraph(a=CATALOG)

    seen = view(whole, Contract())

    assert isinstance(seen, View)
    assert print_schema(seen.api_schema) == print_schema(api_schema(whole))


def test_an_abstracted_field_is_hidden_with_the_field_of_its_interface() -> None:
    media = """
    type Query { media: Media }
    interface Media @key(fields: "id") { id: ID! }
    type Book implements Media @key(fields: "id") { id: ID! }
    """
    scores = """
    type Media @interfaceObject @key(fields: "id") @tag(name: "beta") {
      id: ID! @shareable
      score: Int
    }
    """

    seen = view(
        supergraph(media=media, scores=scores), Contract(include=frozenset({"beta"}))
    )

    assert not isinstance(seen, View)
    # The interface's own tag keeps `Media.score`, and so `Book.score`; only what has
    # no tag is gone, and a Query without fields cannot be.
    assert {each.code for each in seen} >= {Code.ONLY_INACCESSIBLE_CHILDREN}
    assert all("score" not in each.message for each in seen)


def test_a_union_without_an_included_tag_is_hidden() -> None:
    sdl = """
    type Query { a: A @tag(name: "in")  b: U }
    type A { x: Int @tag(name: "in") }
    union U = A
    """

    seen = view(supergraph(a=sdl), Contract(include=frozenset({"in"})))

    assert isinstance(seen, View)
    assert seen.visible >= {"A", "A.x", "Query.a"}
    assert seen.visible.isdisjoint({"U", "Query.b"})


@pytest.mark.parametrize(
    ("sdl", "code"),
    [
        ('type Query { a: A } type A @tag(name: "x") { b: Int }', "REFERENCED"),
        ('type Query { a(b: Int! @tag(name: "x")): Int }', "REQUIRED"),
        ('type Query { a: Int @tag(name: "x") }', "ONLY"),
    ],
)
def test_a_contract_that_breaks_the_schema_is_an_error(sdl: str, code: str) -> None:
    seen = view(supergraph(a=sdl), Contract(exclude=frozenset({"x"})))

    assert not isinstance(seen, View)
    assert any(each.code.startswith(code) for each in seen)
