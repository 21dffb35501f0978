"""The attacks of published lists, each as a request to a gateway of its own.

Lists: the GraphQL Cheat Sheet of OWASP, the plugins of graphql-armor, the checks of
graphql-cop, and for the fields of subgraphs the federation specification.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

Fields: TypeAlias = dict[str, str]

_JSON: Final[Fields] = {"content-type": "application/json"}
SDL: Final = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { a(b: [Int!]): T id: ID long: String }
type Mutation { change(id: ID!): ID }
type T @key(fields: "id") { id: ID! a(b: [Int!]): T name: String }
""" + " ".join(f"type T{n} {{ id: ID! t: T a: T{(n + 1) % 100} }}" for n in range(100))
CONFIG: Final = """
server:
  port: "${WEIR_PORT}"
  control: "${WEIR_CONTROL}"
upstreams:
  things: {instances: ["http://127.0.0.1:${THINGS_PORT}"], health: {active: false}}
subgraphs:
  things: {upstream: things, sdl: things.graphql}
facades:
  open: {path: /open, introspection: true}
  closed: {path: /closed, introspection: false}
"""


@dataclass(frozen=True, slots=True)
class KnownAttack:
    """A request; `listed_by` are the lists that name the attack."""

    listed_by: str
    body: bytes = b""
    path: str = "/open/graphql"
    method: str = "POST"
    fields: Fields = field(default_factory=lambda: _JSON)

    @property
    def data(self) -> bytes:
        """The bytes that a connection sends."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.fields.items())
        return (
            f"{self.method} {self.path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            f"Content-Length: {len(self.body)}\r\n{lines}\r\n"
        ).encode() + self.body


def _query(listed_by: str, text: str, variables: Any = None) -> KnownAttack:
    body = json.dumps({"query": text, "variables": variables}).encode()
    return KnownAttack(listed_by, body)


def _closed(listed_by: str, text: str) -> KnownAttack:
    body = json.dumps({"query": text}).encode()
    return KnownAttack(listed_by, body, path="/closed/graphql")


_DOUBLING: Final = "".join(
    f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }} " for n in range(40)
)
_INTROSPECTION: Final = "{ __schema { types { name } } }"
_CIRCULAR: Final = (
    "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
)
KNOWN_ATTACKS: Final[dict[str, KnownAttack]] = {
    "deeply nested fields": _query(
        "OWASP, graphql-armor", "{" + "a{" * 60 + "id" + "}" * 61
    ),
    "deeply nested inline fragments": _query(
        "graphql-armor", "{" + "...{" * 250 + "id" + "}" * 251
    ),
    "aliases of one expensive field": _query(
        "OWASP, graphql-armor, graphql-cop",
        "{" + " ".join(f"x{n}: id" for n in range(501)) + "}",
    ),
    "the same field many times": _query("graphql-cop", f"{{ {'id ' * 300} }}"),
    "many fields": _query(
        "OWASP, graphql-armor", f"{{ {' '.join('a { id }' for _ in range(2600))} }}"
    ),
    "fragments that double at each level": _query(
        "OWASP", "{ ...F0 }" + _DOUBLING + "fragment F40 on Query { id }"
    ),
    "fragments that spread each other": _query(
        "OWASP",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    ),
    "many operations in one document": _query(
        "OWASP",
        " ".join(
            f"query Q{n} {{ a {{ a {{ a {{ a {{ id }} }} }} }} }}" for n in range(1100)
        ),
    ),
    "many directives on one field": _query(
        "graphql-armor, graphql-cop", f"{{ id {'@skip(if: false) ' * 4000} }}"
    ),
    "unknown directives on one field": _query(
        "graphql-cop", f"{{ id {'@aa' * 4000} }}"
    ),
    "too many characters": _query("graphql-armor", f"{{ id }} # {'x' * 100_001}"),
    "too many tokens": _query("graphql-armor", f"{{ {'id ' * 15_001} }}"),
    "a deeply nested literal": _query(
        "OWASP", f"{{ a(b: {'[' * 65}{']' * 65}) {{ id }} }}"
    ),
    "a variable with wrong values only": _query(
        "OWASP", "query ($b: [Int!]) { a(b: $b) { id } }", {"b": ["x"] * 200_000}
    ),
    "a body of more than 1 MiB": KnownAttack(
        "OWASP",
        json.dumps({"query": "{ id }", "variables": {"x": "x" * 2**20}}).encode(),
    ),
    "introspection with circular types": _query("graphql-cop", _CIRCULAR),
    "introspection by many aliases": _query(
        "graphql-armor, graphql-cop",
        "{"
        + " ".join(f"x{n}: __schema {{ ...S }}" for n in range(400))
        + "} fragment S on __Schema { types { name fields { name args { name } } } }",
    ),
    "introspection where it is off": _closed("OWASP, graphql-cop", _INTROSPECTION),
    "suggestions as a way to read the schema": _closed(
        "OWASP, graphql-armor, graphql-cop", "{ ids }"
    ),
    "a batch of operations as a JSON array": KnownAttack(
        "OWASP, graphql-cop", json.dumps([{"query": "{ id }"}] * 10).encode()
    ),
    "a mutation by GET": KnownAttack(
        "graphql-cop",
        path="/open/graphql?" + urlencode({"query": "mutation { change(id: 1) }"}),
        method="GET",
        fields={},
    ),
    "a read with a content type, of another site": KnownAttack(
        "GHSA-hff2-gcpx-8f4p",
        path="/open/graphql?" + urlencode({"query": "{ id }"}),
        method="GET",
        fields={"content-type": "message/http"},
    ),
    "a form of another site": KnownAttack(
        "graphql-cop",
        urlencode({"query": "mutation { change(id: 1) }"}).encode(),
        fields={"content-type": "application/x-www-form-urlencoded"},
    ),
    "a text of another site": KnownAttack(
        "OWASP",
        b'{"query": "mutation { change(id: 1) }"}',
        fields={"content-type": "text/plain"},
    ),
    "requests for internal errors": _query("OWASP", "{ id(x: "),
    "the entities of a subgraph": _query(
        "federation",
        '{ _entities(representations: [{__typename: "T", id: 1}]) { __typename } }',
    ),
    "the schema of a subgraph": _query("federation", "{ _service { sdl } }"),
}
