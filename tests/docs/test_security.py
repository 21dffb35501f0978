"""The attacks in `docs/security.md`, each sent to the checks before planning."""

import re
from collections.abc import Callable
from functools import partial
from typing import Final

import pytest
from graphql import build_schema

from tests.support.demo import ROOT
from tests.support.memory_exchange import buffered_request, request_head
from weir.bffs.facades.graphql.protocol import decode
from weir.gateway.errors import WeirError
from weir.gateway.json_types import JSONObject
from weir.resolvers.execute.response_shape import OperationShape
from weir.resolvers.operation.limits import DEFAULT_LIMITS
from weir.resolvers.operation.operation import normalise
from weir.resolvers.operation.parsing import parse_operation
from weir.resolvers.operation.validation import validate_operation
from weir.resolvers.operation.variables import variable_coercion
from weir.resolvers.operation.work import WorkBudget

SCHEMA: Final = build_schema(
    " ".join(f"type T{n} {{ a(b: [Int!]): T1 id: ID }}" for n in range(300))
    + " type Query { a(b: [Int!]): T1 id: ID }"
)
ABUSES_OF_DOCUMENTS: Final = {
    "deeply nested fields": "{" + "a{" * 60 + "id" + "}" * 61,
    "deeply nested inline fragments": "{" + "...{" * 250 + "id" + "}" * 251,
    "aliases of one expensive field": "{"
    + " ".join(f"x{n}: id" for n in range(501))
    + "}",
    "the same field many times": f"{{ {'id ' * 300} }}",
    "fragments that double at each level": "{ ...F0 }"
    + "".join(
        f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40)
    )
    + "fragment F40 on Query { id }",
    "fragments that spread each other": "{ ...A } fragment A on Query { ...B } "
    "fragment B on Query { ...A }",
    "many operations in one document": " ".join(
        f"query Q{n} {{ a {{ a {{ a {{ a {{ id }} }} }} }} }}" for n in range(1100)
    ),
    "many directives on one field": f"{{ id {'@skip(if: false) ' * 4000} }}",
    "too many characters": f"{{ id }} # {'x' * 100_001}",
    "too many tokens": f"{{ {'id ' * 15_001} }}",
    "a deeply nested literal": f"{{ a(b: {'[' * 65}{']' * 65}) {{ id }} }}",
    "introspection with circular types": "{ __schema { types { fields { type { fields "
    "{ type { fields { type { fields { name } } } } } } } } } }",
    "introspection by many aliases": "{"
    + " ".join(f"x{n}: __schema {{ ...S }}" for n in range(400))
    + "} fragment S on __Schema { types { name kind fields { name args { name } } } }",
}


def prepare(text: str, variables: JSONObject | None = None) -> None:
    document = parse_operation(text, DEFAULT_LIMITS)
    validate_operation(document, SCHEMA)
    operation = normalise(document, None, SCHEMA)
    variable_coercion(operation, SCHEMA).coerce(variables or {})
    OperationShape(operation, SCHEMA, {}).make({}, WorkBudget())


def wrong_values() -> None:
    text = "query ($b: [Int!]) { a(b: $b) { id } }"
    prepare(text, {"b": ["x"] * 300_000})


def batch() -> None:
    headers = ((b"content-type", b"application/json"),)
    head = request_head(method="POST", headers=headers)
    decode(buffered_request(head, b'[{"query": "{ id }"}, {"query": "{ id }"}]'))


ABUSES: Final[dict[str, Callable[[], None]]] = {
    **{name: partial(prepare, text) for name, text in ABUSES_OF_DOCUMENTS.items()},
    "a variable with wrong values only": wrong_values,
    "a batch of operations as a JSON array": batch,
}
UNTESTED_HERE: Final = {"suggestions as a way to read the schema"}


def listed() -> dict[str, str]:
    page = (ROOT / "docs" / "security.md").read_text()
    rows = page.split("## Known attacks")[1].split("\n## ")[0]
    return dict(
        re.findall(r"^\| ([^|`]+?) \| `?([^|`]+?)`? \|$", rows, re.MULTILINE)[1:]
    )


@pytest.mark.parametrize("abuse", ABUSES)
def test_each_attack_is_refused_with_the_code_of_the_page(abuse: str) -> None:
    with pytest.raises(WeirError) as refused:
        ABUSES[abuse]()

    assert refused.value.code == listed()[abuse]


def test_the_page_lists_the_attacks_that_are_tested() -> None:
    assert set(listed()) == {*ABUSES, *UNTESTED_HERE}
