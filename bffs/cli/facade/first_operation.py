"""A first operation for a graph: a query with some leaf fields, as a REST endpoint."""

from dataclasses import dataclass
from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    Undefined,
    is_leaf_type,
    is_named_type,
)

from weir.resolvers.operation.wrappers import (
    argument_type,
    default_of,
    field_type,
    item_of,
    without_non_null,
)

_MOST_FIELDS: Final = 4
_EXAMPLES: Final = {"Boolean": "true", "Float": "1.5"}


@dataclass(frozen=True, slots=True)
class FirstOperation:
    """A stored operation: its name, its document, and a path of its endpoint."""

    name: str
    text: str
    example_path: str


def first_operation(schema: GraphQLSchema) -> FirstOperation | None:
    """Return an operation for a query of the schema; None if there is no simple one.

    A query without arguments that are required comes first.
    """
    assert schema.query_type is not None, "a graph has queries"
    fields = sorted(
        schema.query_type.fields.items(), key=lambda each: len(_required(each[1]))
    )
    for name, field in fields:
        required = _required(field)
        selection = _selection(field_type(field))
        if selection is not None and all(map(_is_scalar, required.values())):
            return _operation(name, required, selection)
    return None


def _operation(
    field: str, required: dict[str, GraphQLArgument], selection: str
) -> FirstOperation:
    name = field[0].upper() + field[1:]
    types = ", ".join(
        f"${each}: {argument_type(argument)}" for each, argument in required.items()
    )
    values = ", ".join(f"{each}: ${each}" for each in required)
    variables, arguments = (f"({types})", f"({values})") if required else ("", "")
    path = "".join(("/v1/", field, *(f"/{{{each}}}" for each in required)))
    examples = (f"/{_example(argument)}" for argument in required.values())
    return FirstOperation(
        name,
        f'query {name}{variables} @rest(path: "{path}") {{\n'
        f"  {field}{arguments}{selection}\n}}\n",
        "".join(("/v1/", field, *examples)),
    )


def _required(field: GraphQLField) -> dict[str, GraphQLArgument]:
    return {
        name: argument
        for name, argument in field.args.items()
        if without_non_null(argument_type(argument))[1]
        and default_of(argument) is Undefined
    }


def _is_scalar(argument: GraphQLArgument) -> bool:
    inner, _ = without_non_null(argument_type(argument))
    return str(inner) in {"ID", "String", "Int", "Float", "Boolean"}


def _example(argument: GraphQLArgument) -> str:
    return _EXAMPLES.get(str(argument_type(argument)).rstrip("!"), "1")


def _selection(type_: GraphQLType) -> str | None:
    """Return the text of a selection set of leaf fields, "" for a leaf."""
    named = _named(type_)
    if not isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
        return "" if is_named_type(named) and is_leaf_type(named) else None
    names = [
        name
        for name, field in named.fields.items()
        if _is_leaf(field) and not _required(field)
    ]
    lines = "".join(f"    {name}\n" for name in names[:_MOST_FIELDS] or ["__typename"])
    return f" {{\n{lines}  }}"


def _is_leaf(field: GraphQLField) -> bool:
    named = _named(field_type(field))
    return is_named_type(named) and is_leaf_type(named)


def _named(type_: GraphQLType) -> GraphQLType:
    inner, _ = without_non_null(type_)
    while (item := item_of(inner)) is not None:
        inner, _ = without_non_null(item)
    return inner
