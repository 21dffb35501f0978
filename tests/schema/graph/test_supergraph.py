import pytest

from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import (
    SupergraphError,
    UnsupportedFeature,
    read_supergraph,
)

LINK = '@link(url: "https://specs.apollo.dev/link/v1.0")'
JOIN = '@link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)'
GRAPHS = (
    'enum join__Graph { A @join__graph(name: "a-1", url: "http://a") '
    'B @join__graph(name: "b", url: "http://b") }'
)


def supergraph(body: str, links: str = f"{LINK} {JOIN}") -> str:
    return f"schema {links} {{ query: Query }} {GRAPHS} {body}"


QUERY = "type Query @join__type(graph: A) { t: T }"


def graph(body: str) -> Graph:
    return Graph.of(read_supergraph(supergraph(f"{QUERY} {body}")))


def resolvers(of: Graph, type_name: str, field: str) -> list[str]:
    return [str(each.node) for each in of.resolvers(type_name, field)]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("f: Int", ["T/a-1", "T/b"]),
        ("f: Int @join__field(graph: B)", ["T/b"]),
        (
            "f: Int @join__field(graph: A) @join__field(graph: B, external: true)",
            ["T/a-1"],
        ),
        (
            "f: Int @join__field(graph: A, usedOverridden: true) "
            '@join__field(graph: B, override: "a-1")',
            ["T/b"],
        ),
        (
            'f: Int @join__field(graph: A) @join__field(graph: B, override: "a-1")',
            ["T/b"],
        ),
        ("f: Int @join__field", []),
    ],
)
def test_joins_name_the_subgraphs_that_resolve_a_field(
    field: str, expected: list[str]
) -> None:
    body = f"type T @join__type(graph: A) @join__type(graph: B) {{ {field} }}"

    assert resolvers(graph(body), "T", "f") == expected


def test_a_label_decides_between_both_sides_of_an_override() -> None:
    body = (
        "type T @join__type(graph: A) @join__type(graph: B) { f: Int "
        '@join__field(graph: A) @join__field(graph: B, override: "a-1", '
        'overrideLabel: "beta") }'
    )
    of = graph(body)
    open_in = {
        labels: [
            resolver.node.subgraph
            for resolver in of.resolvers("T", "f")
            if resolver.node.moves["f"].is_open(labels)
        ]
        for labels in (frozenset[str](), frozenset({"beta"}))
    }

    assert open_in == {frozenset(): ["a-1"], frozenset({"beta"}): ["b"]}


def test_an_interface_object_resolves_fields_of_all_implementations() -> None:
    of = graph(
        'interface I @join__type(graph: A, key: "id") '
        '@join__type(graph: B, key: "id", isInterfaceObject: true) '
        "{ id: ID! f: Int @join__field(graph: B) } "
        'type T implements I @join__implements(graph: A, interface: "I") '
        '@join__type(graph: A, key: "id") { id: ID! f: Int @join__field }'
    )

    assert resolvers(of, "T", "f") == ["I/b"]
    node = of.node("I", "b")
    assert node is not None
    assert node.possible == {"T"}
    assert node.at("T") is node


def test_a_provided_field_is_resolved_on_that_path_alone() -> None:
    of = graph(
        "type T @join__type(graph: A) { "
        'u: U @join__field(graph: A, provides: "name") plain: U } '
        'type U @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") '
        "{ id: ID! name: String @join__field(graph: A, external: true) "
        "@join__field(graph: B) }"
    )
    node = of.node("T", "a-1")
    assert node is not None
    provided, plain = node.moves["u"].target, node.moves["plain"].target
    assert provided is not None
    assert plain is not None

    assert "name" in provided.moves
    assert "name" not in plain.moves


def test_only_resolvable_keys_lead_into_a_subgraph_the_smallest_first() -> None:
    of = graph(
        'type T @join__type(graph: A, key: "id name") @join__type(graph: A, key: "id") '
        '@join__type(graph: B, key: "id", resolvable: false) { id: ID! name: String }'
    )
    a, b = of.node("T", "a-1"), of.node("T", "b")
    assert a is not None
    assert b is not None

    assert [key.fields.text for key in a.keys] == ["id", "id name"]
    assert b.keys == ()


def test_clients_see_neither_machinery_nor_what_is_inaccessible() -> None:
    sdl = supergraph(
        "directive @join__type(graph: join__Graph!) on OBJECT "
        "directive @inaccessible on FIELD_DEFINITION | OBJECT "
        "directive @mark on FIELD "
        "type Query @join__type(graph: A) { t: U hidden: Int @inaccessible } "
        "union U @join__type(graph: A) = T | H "
        "type T @join__type(graph: A) { f: Int } "
        "type H @join__type(graph: A) @inaccessible { f: Int }",
        f'{LINK} {JOIN} @link(url: "https://specs.apollo.dev/inaccessible/v0.2", '
        "for: SECURITY)",
    )
    api = read_supergraph(sdl).api_schema

    assert "H" not in api.type_map
    assert "join__Graph" not in api.type_map
    assert "hidden" not in getattr(api.type_map["Query"], "fields", {})
    assert [t.name for t in getattr(api.type_map["U"], "types", ())] == ["T"]
    assert "mark" in {directive.name for directive in api.directives}
    assert "join__type" not in {directive.name for directive in api.directives}


@pytest.mark.parametrize(
    "url",
    [
        "https://specs.apollo.dev/join/v0.9",
        "https://specs.apollo.dev/connect/v0.1",
        "https://example.com/rules/v1.0",
    ],
)
def test_an_unknown_specification_with_a_purpose_is_refused(url: str) -> None:
    links = f'{LINK} @link(url: "{url}", for: EXECUTION)'

    with pytest.raises(UnsupportedFeature, match=url):
        read_supergraph(supergraph(QUERY, links))


@pytest.mark.parametrize(
    "link",
    [
        '@l(url: "https://specs.apollo.dev/link/v1.0", as: "l")',
        '@link2(url: "https://specs.apollo.dev/link/v1.0", as: "link2")',
        '@core(feature: "https://specs.apollo.dev/core/v0.2")',
    ],
)
def test_a_link_directive_with_another_name_is_found(link: str) -> None:
    name = link[: link.index("(")]
    unknown = f'{name}(url: "https://example.com/rules/v1.0", for: SECURITY)'
    known = f'{name}(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)'
    body = f"{QUERY} type T @join__type(graph: A) {{ f: Int }}"

    assert "T" in read_supergraph(supergraph(body, f"{link} {known}")).types
    with pytest.raises(UnsupportedFeature, match="rules"):
        read_supergraph(supergraph(body, f"{link} {known} {unknown}"))


def test_an_unknown_specification_without_a_purpose_is_ignored() -> None:
    links = f'{LINK} {JOIN} @link(url: "https://example.com/rules/v1.0")'

    body = f"{QUERY} type T @join__type(graph: A) {{ f: Int }}"

    assert "T" in read_supergraph(supergraph(body, links)).types


@pytest.mark.parametrize(
    ("sdl", "why"),
    [
        ("type Query {", "not GraphQL"),
        ("type Query { a: Int }", "not a composed supergraph"),
        (supergraph("type Query @join__type(graph: C) { a: Int }"), "'C'"),
        (
            supergraph('type Query @join__type(graph: A, key: "{") { a: Int }'),
            "not GraphQL",
        ),
    ],
)
def test_a_document_that_is_not_a_supergraph_is_rejected_with_the_reason(
    sdl: str, why: str
) -> None:
    with pytest.raises(SupergraphError, match=why):
        read_supergraph(sdl)
