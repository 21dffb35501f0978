"""The weights and list sizes of a supergraph, under whatever names it gives them."""

import pytest

from weir.schema import Composed, Subgraph, compose
from weir.schema.graph.costs import CostTable, ListSize
from weir.schema.graph.supergraph import read_supergraph

SPECS = "https://specs.apollo.dev"
GRAPHS = 'enum join__Graph { A @join__graph(name: "a", url: "http://a") }'
PRELUDE = (
    f'@link(url: "{SPECS}/link/v1.0") @link(url: "{SPECS}/join/v0.5", for: EXECUTION)'
)
ON_A = "@join__type(graph: A)"


def read(body: str, link: str) -> CostTable:
    sdl = f"schema {PRELUDE} {link} {{ query: Query }} {GRAPHS} {body}"
    return read_supergraph(sdl).costs


@pytest.mark.parametrize(
    ("link", "cost", "list_size"),
    [
        ('import: ["@listSize"]', "cost", "listSize"),
        ('import: ["@cost"]', "cost", "cost__listSize"),
        ('as: "c"', "c", "c__listSize"),
        (
            'import: [{name: "@cost", as: "@weight"}, {name: "@listSize", as: "@len"}]',
            "weight",
            "len",
        ),
    ],
)
def test_the_link_names_the_directives(link: str, cost: str, list_size: str) -> None:
    table = read(
        f"type Query {ON_A} {{ a: [T] @{list_size}(assumedSize: 5)"
        f" b: Int @{cost}(weight: 3) }}"
        f" type T {ON_A} {{ c: Int }}",
        f'@link(url: "{SPECS}/cost/v0.1", {link})',
    )

    assert table.list_sizes == {"Query.a": ListSize(assumed=5)}
    assert table.weights == {"Query.b": 3}


def test_a_directive_without_the_link_has_no_meaning() -> None:
    body = f"type Query {ON_A} {{ b: Int @cost(weight: 3) }}"

    assert read(body, "") == CostTable()


def test_composition_keeps_all_weights_and_sizes() -> None:
    imports = '["@key", "@cost", "@listSize"]'
    sdl = f"""
    extend schema @link(url: "{SPECS}/federation/v2.9", import: {imports})
    type Query {{
      items(first: Int, by: By @cost(weight: 4)): Page
        @listSize(slicingArguments: ["first"], sizedFields: ["items"])
      few: [T] @listSize(assumedSize: 3, requireOneSlicingArgument: false)
    }}
    input By {{ x: Int @cost(weight: 5) }}
    type Page {{ items: [T] }}
    type T @cost(weight: 6) {{ e: E @cost(weight: 7) s: S }}
    enum E @cost(weight: 8) {{ A }}
    scalar S @cost(weight: 9)
    """
    composed = compose([Subgraph(name="a", url="http://a", sdl=sdl)])
    assert isinstance(composed, Composed)

    table = read_supergraph(composed.supergraph_sdl).costs

    assert table.weights == {
        "Query.items(by:)": 4,
        "By.x": 5,
        "T": 6,
        "T.e": 7,
        "E": 8,
        "S": 9,
    }
    assert table.list_sizes == {
        "Query.items": ListSize(
            slicing=(("first",),), sized_fields=(("items",),), requires_one=True
        ),
        "Query.few": ListSize(assumed=3),
    }


def test_paths_reach_into_input_objects_and_fields() -> None:
    table = read(
        f"type Query {ON_A} {{ a(i: Int): T @cost__listSize(slicingArguments: "
        f'["i.page.first"], sizedFields: ["b {{ c }}"]) }} type T {ON_A} {{ c: Int }}',
        f'@link(url: "{SPECS}/cost/v0.1")',
    )

    assert table.list_sizes["Query.a"] == ListSize(
        slicing=(("i", "page", "first"),),
        sized_fields=(("b", "c"),),
        requires_one=True,
    )


def test_a_configuration_changes_weights_and_sizes() -> None:
    declared = CostTable(
        {"Query.a": 1, "T": 2},
        {"Query.b": ListSize(assumed=9, slicing=(("first",),))},
    )

    assert declared.changed({"Query.a": 5}, {"Query.b": 4, "Query.c": 3}) == CostTable(
        {"Query.a": 5, "T": 2},
        {
            "Query.b": ListSize(assumed=4, slicing=(("first",),)),
            "Query.c": ListSize(assumed=3),
        },
    )
