"""The documents and the variables of clients."""

from typing import Final

from graphql import build_schema, parse

from tests.support import hostile_documents
from tests.support.fuzzing.target import FuzzTarget
from tests.support.parsers.client_data import json_body
from weir.bffs.facades.graphql.protocol import GraphQLRequest, decode
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS
from weir.resolvers.operation.document.parsing import parse_operation
from weir.resolvers.operation.document.validation import validate_operation
from weir.resolvers.operation.operation import normalise
from weir.resolvers.operation.variables.coercion import variable_coercion
from weir.resolvers.operation.work import WorkBudget

SCHEMA: Final = build_schema(
    """
    directive @oneOf on INPUT_OBJECT
    directive @tag repeatable on FIELD
    scalar Any
    enum Colour { RED GREEN }
    input In { i: Int = 1 l: [In] c: Colour! = RED f: Float s: String n: In a: Any }
    input Either @oneOf { a: Int b: [String!] }
    interface Node { id: ID! next: Node }
    type Product implements Node { id: ID! next: Node name(in: In): String! }
    type Review implements Node { id: ID! next: Node stars: Int product: Product }
    union Item = Product | Review
    type Query {
      a(i: Int f: Float s: String b: Boolean id: ID c: Colour in: In l: [[In!]]
        any: Any either: Either): Int
      node(id: ID!): Node
      items: [Item!]!
    }
    type Mutation { a(in: In): Int }
    """
)


def read_document(data: bytes) -> None:
    """Prepare a document as far as it does not depend on the plan."""
    work = WorkBudget()
    text = data.decode("utf-8", "replace")
    document = parse_operation(text, DEFAULT_LIMITS, work)
    validate_operation(document, SCHEMA, work, suggests=True)
    operation = normalise(document, None, SCHEMA, work)
    variable_coercion(operation, SCHEMA).coerce({})


LIMITER: Final = FuzzTarget(
    read_document,
    seeds=(
        b"{ a }",
        b"query Q($i: Int = 1, $in: In) { a(i: $i, in: $in, l: [[{i: 1}]]) @tag }",
        b"{ items { __typename ... on Node { id ...F } } } fragment F on Node "
        b"{ next { ...G } } fragment G on Product { name(in: {c: RED}) }",
        b'{ node(id: "1") { id @skip(if: true) next @include(if: false) { id } } }',
        b'mutation { a(in: {l: [{n: {s: "\\u0041"}}]}) } query R { b: a(any: {a: [1.'
        b'5e3, null, """x"""]}) }',
        b"{ __schema { types { name fields(includeDeprecated: true) { name type { ofTyp"
        b'e { name } } } } } __type(name: "In") { inputFields { defaultValue } } }',
        hostile_documents.doubling_fragments(6).encode(),
        hostile_documents.operations_with_fragment_chains(8).encode(),
        hostile_documents.nested_twice(3).encode(),
        b"{ a(either: {a: 1, b: null}) }",
    ),
    tokens=(
        *(b"{", b"}", b"(", b")", b"[", b"]", b"...", b" on ", b"$i", b": ", b'"""'),
        *(b"query ", b"mutation ", b"subscription ", b"fragment F on Query "),
        *(b"@skip(if: ", b"@include(if: $i)", b"@tag", b"__typename", b"null", b"true"),
        *(b"...F ", b" a ", b"items ", b"id ", b"next ", b"1e999", b"\\u{110000}"),
        *(b"\xef\xbb\xbf", b"# ", b"\n", b"\xed\xa0\x80", b"-0", b"In!", b"[[In!]]"),
    ),
    largest=4_096,
)

_TYPES: Final = (
    *("Int", "Int!", "Float!", "String", "Boolean", "ID", "Any"),
    *("Colour", "[Colour!]!", "In", "In!", "[[In!]]", "Either!"),
)
_COERCE: Final = tuple(
    variable_coercion(
        normalise(parse(f"query ($x: {type_}) {{ __typename }}"), None, SCHEMA),
        SCHEMA,
        suggests=True,
    ).coerce
    for type_ in _TYPES
)


def read_variables(data: bytes) -> None:
    """Coerce the variables of a request, whose first byte chooses their type."""
    coerce = _COERCE[data[0] % len(_COERCE)] if data else _COERCE[0]
    request = decode(json_body(data[1:]))
    assert isinstance(request, GraphQLRequest)
    coerce(request.variables)


def _request(type_: str, value: bytes) -> bytes:
    start = bytes((_TYPES.index(type_),))
    return start + b'{"query":"{a}","variables":{"x":' + value + b"}}"


COERCION: Final = FuzzTarget(
    read_variables,
    seeds=(
        _request("Int", b"1.0"),
        _request("Float!", b"-1e-7"),
        _request("String", b'"\\ud83d\\ude00"'),
        _request("[Colour!]!", b'["RED","GREEN",null]'),
        _request("In!", b'{"i":1,"l":[{"c":"RED"}],"n":{"a":{"b":[1]}}}'),
        _request("[[In!]]", b'[[{"f":1,"s":"x"}],null]'),
        _request("Any", b'{"a":[[[]]],"b":9223372036854775808}'),
        _request("Either!", b'{"a":1,"b":["x"]}'),
        b'\x00{"query":"{a}","operationName":"Q","extensions":{"persistedQuery":'
        b'{"version":1,"sha256Hash":"00"}},"variables":null}',
    ),
    tokens=(
        *(b'"x":', b"{", b"}", b"[", b"]", b",", b"null", b"true", b'"RED"', b'"l":['),
        *(b'{"n":', b"1e400", b"-0.0", b"18446744073709551616", b'"\\ud800"', b"\xff"),
        *(b'"variables":', b'"query":', b'"documentId":', b"NaN", b'"__proto__":{}'),
    ),
)
