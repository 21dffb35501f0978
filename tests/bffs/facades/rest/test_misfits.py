"""`@param` and the types of variables: each form is that of some types only."""

import pytest
from graphql import build_schema

from tests.support.facade_client import binding, stored_operation
from weir.bffs.facades.rest.misfits import parameter_problems

SCHEMA = build_schema(
    """
    input Flat { year: Int! kind: Kind text: String = "a" }
    input Nested { flat: Flat }
    input Listed { years: [Int!] }
    enum Kind { A }
    type Query { a: Int }
    """
)


def problems(type_: str, param: str) -> list[str]:
    text = f"query Q($v: {type_} @param({param})) {{ a }}"
    stored = stored_operation(text, binding("POST", "/q"))
    return [each.message for each in parameter_problems(stored, SCHEMA)]


@pytest.mark.parametrize(
    ("type_", "param"),
    [
        ("[Int!]!", "style: COMMA"),
        ("[Kind]", "style: COMMA"),
        ("Flat!", "style: DEEP_OBJECT"),
        ("Nested", "in: BODY"),
        ("Int!", 'in: HEADER, name: "X-A"'),
        ("[Int!]", 'in: HEADER, name: "X-A"'),
        ("Nested", "in: QUERY"),
    ],
)
def test_a_form_of_its_type_is_allowed(type_: str, param: str) -> None:
    assert problems(type_, param) == []


@pytest.mark.parametrize(
    ("type_", "param", "reason"),
    [
        ("Int", "style: COMMA", "`style: COMMA` is for lists of scalars or enums"),
        ("[[Int]]", "style: COMMA", "`style: COMMA` is for lists of scalars or enums"),
        ("[Flat]", "style: COMMA", "`style: COMMA` is for lists of scalars or enums"),
        ("Int", "style: DEEP_OBJECT", "`style: DEEP_OBJECT` is for input objects"),
        ("Nested", "style: DEEP_OBJECT", "no form for the list or object `flat`"),
        ("Listed", "style: DEEP_OBJECT", "no form for the list or object `years`"),
        ("[Flat]", "in: BODY", "a whole body is an input object"),
        (
            "Flat",
            'in: HEADER, name: "X-A"',
            "a header field is a scalar or a list of them",
        ),
    ],
)
def test_another_form_is_an_error(type_: str, param: str, reason: str) -> None:
    (problem,) = problems(type_, param)

    assert problem.startswith("@param: $v is of type")
    assert reason in problem
