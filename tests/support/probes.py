"""Requests of a client that looks for hidden elements of a schema by guessed names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx
from graphql import (
    GraphQLField,
    GraphQLSchema,
    get_introspection_query,
    get_named_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_non_null_type,
)

from weir.gateway.json_types import JSONObject

_INTROSPECTION: Final = get_introspection_query(
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
)
_DESCRIBED: Final = (
    "name kind fields(includeDeprecated: true) { name args { name } } possibleTypes"
    " { name } enumValues { name } inputFields { name } interfaces { name }"
)


@dataclass(frozen=True, slots=True)
class Probe:
    """A request to a façade at `/app`; without a body, it is a GET."""

    target: str
    body: JSONObject | None = None

    async def send(self, client: httpx.AsyncClient) -> tuple[object, ...]:
        """Return all that a client sees of the response."""
        method = "GET" if self.body is None else "POST"
        response = await client.request(method, self.target, json=self.body)
        headers = {k: v for k, v in response.headers.items() if k != "x-request-id"}
        text = response.text.replace(response.headers["x-request-id"], "")
        return response.status_code, headers, text


def stored_operations(schema: GraphQLSchema) -> str:
    """Return an operation for each field of Query, with all arguments, as endpoints."""
    return "\n".join(
        _stored(name, field) for name, field in _fields(schema.query_type).items()
    )


def probes(schema: GraphQLSchema, guesses: Sequence[str]) -> Iterator[Probe]:
    """Yield requests about each guessed name, at all positions of the schema."""
    for target in ("openapi.json", "openapi.yaml", "graphql", "schema.graphql"):
        yield Probe(f"/app/{target}")
    for name in _fields(schema.query_type):
        yield Probe(f"/app/{name}?id=1")
    yield _graphql(_INTROSPECTION)
    for type_name, path in _paths(schema).items():
        yield _graphql(path % _leaves(schema.type_map[type_name]))
    for guess in (each for name in guesses for each in _spellings(name)):
        yield from _about(schema, guess)


def _about(schema: GraphQLSchema, guess: str) -> Iterator[Probe]:
    for target in (guess, f"persisted/{guess}", f"shelf?{guess}=1&id=1"):
        yield Probe(f"/app/{quote(target, safe='/?=&')}")
    yield Probe(f"/app/shelf?grade={guess}")
    yield Probe(f"/app/nodes?stage={guess}")
    yield Probe(f"/app/products?filter[{guess}]=1")
    for text in (
        f'{{ __type(name: "{guess}") {{ {_DESCRIBED} }} }}',
        f"{{ ...F }} fragment F on {guess} {{ id }}",
        f"query ($v: {guess}) {{ __typename @skip(if: $v) }}",
        f"query ($v: [{guess}!]) {{ health }}",
        f"{{ __typename @{guess} }}",
        f"mutation {{ {guess} {{ __typename }} }}",
        f"{{ __schema {{ {guess} }} }}",
    ):
        yield _graphql(text)
    for type_name, path in _paths(schema).items():
        yield _graphql(path % guess)
        yield _graphql(path % f"{guess} {{ id }}")
        yield _graphql(path % f"... on {guess} {{ __typename }}")
        for name, field in _fields(schema.type_map[type_name]).items():
            below = " { __typename }" if is_composite_type(_named(field)) else ""
            for text, variables in _arguments(field, guess):
                yield _graphql(path % f"{name}{text}{below}", variables)


def _arguments(field: GraphQLField, guess: str) -> Iterator[tuple[str, JSONObject]]:
    yield f"({guess}: 1)", {}
    for name, argument in field.args.items():
        type_ = _named(argument)
        if is_enum_type(type_):
            yield f"({name}: {guess})", {}
            yield f'({name}: "{guess}")', {}
            yield f"({name}: $v)", {"v": guess, "type": str(argument.type)}
        elif is_input_object_type(type_):
            yield f"({name}: {{{guess}: 1}})", {}
            yield f"({name}: $v)", {"v": {guess: 1}, "type": str(argument.type)}


def _graphql(text: str, variables: Mapping[str, Any] | None = None) -> Probe:
    values = dict(variables or {})
    if type_ := values.pop("type", None):
        text = f"query ($v: {type_}) {text}"
    return Probe("/app/graphql", {"query": text, "variables": values})


def _spellings(name: str) -> tuple[str, ...]:
    """Return a name, and mistakes for which it would be suggested."""
    return name, f"{name}s", name[:-1] + name[-1:].swapcase(), name.lower()


def _paths(schema: GraphQLSchema) -> dict[str, str]:
    """Return a document with a gap for each type that a query reaches."""
    paths, waiting = {"Query": "{ %s }"}, ["Query"]
    for type_name in waiting:
        type_ = schema.type_map[type_name]
        for name, field in _fields(type_).items():
            of = _named(field)
            if of.name in paths or not is_composite_type(of):
                continue
            required = any(is_non_null_type(each.type) for each in field.args.values())
            given = '(id: "1")' if required else ""
            paths[of.name] = paths[type_name] % f"{name}{given} {{ %s }}"
            waiting.append(of.name)
    return paths


def _leaves(type_: Any) -> str:
    fields = _fields(type_)
    leaves = [name for name, field in fields.items() if is_leaf_type(_named(field))]
    objects = [
        f"{name} {{ __typename }}"
        for name, field in fields.items()
        if is_composite_type(_named(field)) and not field.args
    ]
    return " ".join(("__typename", *leaves, *objects))


def _stored(name: str, field: GraphQLField) -> str:
    declared = ", ".join(f"${each}: {a.type}" for each, a in field.args.items())
    given = ", ".join(f"{each}: ${each}" for each in field.args)
    type_ = _named(field)
    below = f" {{ {_leaves(type_)} }}" if is_composite_type(type_) else ""
    return (
        f"query Stored_{name}{f'({declared})' if declared else ''}"
        f' @rest(path: "/{name}") {{ {name}{f"({given})" if given else ""}{below} }}'
    )


def _fields(type_: Any) -> Mapping[str, GraphQLField]:
    return getattr(type_, "fields", {})


def _named(typed: Any) -> Any:
    return get_named_type(typed.type)
