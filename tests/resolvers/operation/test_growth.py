"""What a document or a value costs is linear in its size, whatever it holds."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
import pytest
from graphql import DocumentNode, build_schema, parse

from tests.support import hostile_documents as documents
from tests.support.growth import (
    IN_CACHE,
    LINEAR,
    SMALL,
    Sizes,
    growth_exponent,
    opcode_growth_exponent,
)
from tests.support.hostile_documents import SCHEMA, Family
from weir.gateway.errors import WeirError
from weir.resolvers.operation.document.limits import (
    DEFAULT_LIMITS,
    OperationLimits,
    check_limits,
)
from weir.resolvers.operation.document.parsing import parse_operation
from weir.resolvers.operation.document.validation import validate_operation
from weir.resolvers.operation.operation import normalise
from weir.resolvers.operation.suggestions import suggestion
from weir.resolvers.operation.variables.coercion import variable_coercion
from weir.resolvers.operation.variables.device_arguments import Coordinate
from weir.resolvers.operation.variables.hide_arguments import hide_arguments

ANY_SIZE = OperationLimits(size_bytes=10**9, tokens=10**9)

FAMILIES: tuple[Family, ...] = (
    documents.doubling_fragments,
    documents.operations_with_fragment_chains,
    documents.operations_with_distinct_fragments,
    documents.fragments_side_by_side,
    documents.merging_fragments,
    documents.unused_fragments,
    documents.fragment_cycle,
    documents.spread_literal,
    documents.directives,
    documents.objects,
    documents.declared_variables,
    documents.anonymous_operations,
    documents.fields,
)


def name_of(each: Callable[..., Any]) -> str:
    return each.__name__


@pytest.mark.parametrize("family", FAMILIES, ids=name_of)
def test_checking_the_limits_is_linear(family: Family) -> None:
    def check(document: DocumentNode) -> None:
        with suppress(WeirError):
            check_limits(document, DEFAULT_LIMITS)

    assert opcode_growth_exponent(check, lambda size: parse(family(size))) <= LINEAR


# What validation costs beyond that is bounded by the limits: it is measured for what
# they let through at every size.
VALIDATED: tuple[Family, ...] = (
    documents.unused_fragments,
    documents.directives,
    documents.literal,
    documents.objects,
    documents.declared_variables,
    documents.one_variable_declared_often,
    documents.anonymous_operations,
    documents.unknown_fields,
    documents.unknown_types,
)


@pytest.mark.parametrize("family", VALIDATED, ids=name_of)
def test_validation_is_linear(family: Family) -> None:
    def validate(document: DocumentNode) -> None:
        with suppress(WeirError):
            validate_operation(document, SCHEMA)

    assert growth_exponent(validate, lambda size: parse(family(size)), SMALL) <= LINEAR


@pytest.mark.parametrize(
    "text_of",
    [
        documents.fields,
        documents.literal,
        lambda size: f"# {'x' * size}\n{{ a }}",
        lambda size: "{ a " + "# x\n" * size + "}",
        lambda size: "{ a " + "," * size + "}",
        lambda size: f'{{ s(x: "{"x" * size}") }}',
        lambda size: f'{{ s(x: "{chr(92)}n{"x" * size}") }}',
        lambda size: f'{{ s(x: "{(chr(92) + "u0041") * size}") }}',
        lambda size: f'{{ s(x: """{"x" + chr(10) * size}""") }}',
        lambda size: f'{{ s(x: """{(chr(10) + " x") * size}""") }}',
        lambda size: f"{{ l(x: [{'9' * size}]) }}",
        lambda size: f"{{ {'a' * size} }}",
        lambda size: f"{{ a{{ {'x ' * size}",
        lambda size: "{ a }" + "\n" * size + "?",
    ],
)
def test_parsing_is_linear(text_of: Callable[[int], str]) -> None:
    def parse_it(text: str) -> None:
        with suppress(WeirError):
            parse_operation(text, ANY_SIZE)

    assert growth_exponent(parse_it, text_of, Sizes(16)) <= LINEAR


def fields_with_arguments(size: int) -> str:
    return f"{{ {' '.join(f'f{n}: l(x: {n})' for n in range(size))} }}"


def operations_with_arguments(size: int) -> str:
    return " ".join(f"query Q{n} {{ l(x: {n}) }}" for n in range(size))


@pytest.mark.parametrize(
    "family", [fields_with_arguments, operations_with_arguments], ids=name_of
)
def test_hiding_arguments_and_preparing_variables_is_linear(family: Family) -> None:
    coordinates = [Coordinate("Query", "l", "x")]

    def prepare(document: DocumentNode) -> None:
        hiding = hide_arguments(document, SCHEMA, coordinates)
        first = "Q1" if family is operations_with_arguments else None
        operation = normalise(hiding.document, first, SCHEMA)
        variable_coercion(operation, SCHEMA, {each.name for each in hiding.hidden})

    assert opcode_growth_exponent(prepare, lambda s: parse(family(s))) <= LINEAR


@pytest.mark.parametrize(
    "family",
    [
        documents.directives,
        documents.literal,
        documents.fields,
        fields_with_arguments,
    ],
    ids=name_of,
)
def test_normalising_is_linear(family: Family) -> None:
    def normalise_it(document: DocumentNode) -> None:
        normalise(document, None, SCHEMA)

    assert opcode_growth_exponent(normalise_it, lambda s: parse(family(s))) <= LINEAR


ENUM = " ".join(f"VALUE_{n}" for n in range(300))
VALUES = """
  type Query { a: Int }
  scalar Any
  enum Colour { %s }
  input In { i: Int n: In l: [In] c: Colour s: String! = "" }
"""


def a_list(item: str) -> Callable[[int], str]:
    return lambda size: f"[{', '.join([item] * size)}]"


@pytest.mark.parametrize(
    ("type_", "json_of"),
    [
        ("[Int!]", a_list("1")),
        ("[Int!]", a_list("null")),
        ("[Colour!]", a_list('"VALUE_299"')),
        ("[Colour!]", a_list('"VALUE_x"')),
        ("[[Int]]", a_list("[1]")),
        ("[In]", a_list("{}")),
        ("[In]", a_list('{"x": 1}')),
        ("[In]", a_list('{"i": 1, "l": [{"c": "VALUE_7"}]}')),
        ("Any", a_list('{"a": [1]}')),
        ("String", a_list("1")),
        ("Int", lambda size: '"' + "x" * size + '"'),
        ("Colour", lambda size: '"' + "x" * size + '"'),
        ("In", lambda size: "{" + ",".join(f'"f{n}": 1' for n in range(size)) + "}"),
    ],
)
def test_coercing_is_linear(type_: str, json_of: Callable[[int], str]) -> None:
    schema = build_schema(VALUES % ENUM)
    document = parse(f"query ($x: {type_}) {{ a }}")
    coercion = variable_coercion(normalise(document, None, schema), schema)

    def coerce(value: Any) -> None:
        with suppress(WeirError):
            coercion.coerce({"x": value})

    def make(size: int) -> Any:
        return orjson.loads(json_of(size))

    assert growth_exponent(coerce, make, IN_CACHE) <= LINEAR
    assert opcode_growth_exponent(coerce, make) <= LINEAR


def test_suggesting_is_linear_in_the_options_and_in_the_name() -> None:
    def suggest(options: list[str]) -> str:
        return suggestion("a_name_of_the_schema", options)

    def options(size: int) -> list[str]:
        return [f"a_name_of_a_schema_{n}" for n in range(size)]

    assert growth_exponent(suggest, options, SMALL) <= LINEAR
    assert growth_exponent(lambda name: suggestion(name, ["a" * 40]), "a".__mul__) < 1
