"""Errors tell where and what to do, as text and as JSON."""

from tests.support.composition_examples import linked
from weir.schema import (
    Rejected,
    Subgraph,
    compose,
    errors_as_json,
    render_error,
    render_errors,
)
from weir.schema.diagnostics.errors import CompositionError


def errors(**subgraphs: str) -> tuple[CompositionError, ...]:
    composed = compose(
        [
            Subgraph(name=name, sdl=linked(sdl), file=f"{name}.graphql")
            for name, sdl in subgraphs.items()
        ]
    )
    assert isinstance(composed, Rejected)
    return composed.errors


def test_conflicting_definitions_stand_side_by_side() -> None:
    (error,) = errors(
        products=(
            "type Query { p: P }\n"
            'type P @key(fields: "id") {\n  id: ID!\n  name: String\n}'
        ),
        reviews='type P @key(fields: "id") {\n  id: ID!\n\n  name: String!\n}',
    )

    assert render_error(error) == (
        'INVALID_FIELD_SHARING: Non-shareable field "P.name" is resolved from multiple'
        ' subgraphs: it is resolved from subgraphs "products" and "reviews" and defined'
        " as non-shareable in all of them\n"
        "  products.graphql:5:3  name: String\n"
        "  reviews.graphql:5:3   name: String!\n"
        '  fix: Mark "P.name" @shareable in subgraphs "products" and "reviews".'
    )


def test_a_query_that_cannot_be_planned_is_shown_with_the_reasons() -> None:
    (error,) = errors(
        products="type Query { p(id: ID!): P }\ntype P @shareable { id: ID! }",
        reviews="type P {\n  id: ID! @shareable\n  score: Int\n  stars: Int\n}",
    )

    assert render_error(error) == (
        "SATISFIABILITY_ERROR: The following supergraph API query:\n"
        "    {\n"
        '      p(id: "<any id>") {\n'
        "        score\n"
        "      }\n"
        "    }\n"
        "    cannot be satisfied by the subgraphs because:\n"
        '    - from subgraph "products": cannot find field "P.score".\n'
        '    - from subgraph "products": cannot move to subgraph "reviews" because type'
        ' "P" has no resolvable @key defined in that subgraph.\n'
        '    The same holds for "P.stars".\n'
        "  reviews.graphql:4:3  score: Int\n"
        '  fix: Give "P" a @key in subgraph "reviews", or resolve "P.score" (with'
        " @shareable) where the query starts."
    )


def test_equal_errors_are_shown_once_with_all_their_places() -> None:
    found = errors(a="type Query { a: Nope }\ntype T { b: Nope }")

    assert len(found) == 2
    assert render_errors(found) == (
        "INVALID_GRAPHQL: [a] Unknown type 'Nope'.\n"
        "  a.graphql:2:17  type Query { a: Nope }\n"
        "  a.graphql:3:13  type T { b: Nope }"
    )


def test_errors_of_one_code_stand_together() -> None:
    found = errors(
        a='type Query { a: A }\ntype A @key(fields: "x") { id: ID! }',
        b="type T @shareable @shareable { id: ID! }",
        c='type B @key(fields: "y") { id: ID! }',
    )

    codes = [block.split(":")[0] for block in render_errors(found).split("\n\n")]

    assert codes == ["KEY_INVALID_FIELDS"] * 2 + ["INVALID_SHAREABLE_USAGE"]


def test_a_long_line_is_shown_around_its_place() -> None:
    fields = " ".join(f"f{number}: Int" for number in range(100))

    (error,) = errors(a=f"type Query {{ {fields} wrong: Nope {fields[5:]} }}")

    line = render_error(error).split("\n")[1]
    assert "wrong: Nope" in line
    assert len(line) < 130


def test_as_json_an_error_has_all_its_parts() -> None:
    (error,) = errors(a="type Query {\n  a: Nope\n}")

    assert errors_as_json([error]) == [
        {
            "code": "INVALID_GRAPHQL",
            "message": "[a] Unknown type 'Nope'.",
            "fix": "",
            "locations": [
                {
                    "subgraph": "a",
                    "file": "a.graphql",
                    "line": 3,
                    "column": 6,
                    "source": "a: Nope",
                }
            ],
        }
    ]
