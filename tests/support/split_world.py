"""What a split graph's objects are: the same wherever they are asked for.

An object is a type and a number. Everything else follows from these by hashing, so the
unsplit schema and each subgraph agree without sharing any data. Subgraphs are strict:
an external field that no path provides, or a required one that the representation does
not carry, is an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from graphql import (
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_ast_schema,
    execute_sync,
    is_object_type,
    parse,
)

from tests.support.split_graphs import SplitField, SplitGraph
from weir.gateway.json_types import JSONObject

_OBJECTS = 5
_MACHINERY = """
scalar _Any
directive @key(fields: String!) repeatable on OBJECT | INTERFACE
directive @requires(fields: String!) on FIELD_DEFINITION
directive @provides(fields: String!) on FIELD_DEFINITION
directive @external on FIELD_DEFINITION
directive @shareable on FIELD_DEFINITION
directive @interfaceObject on OBJECT
directive @override(from: String!) on FIELD_DEFINITION
"""


def hashed(*parts: object) -> int:
    return crc32("|".join(map(str, parts)).encode())


@dataclass(frozen=True, slots=True)
class Row:
    """An object; `sent` is what represented it, `provided` what its path provides."""

    type: str
    number: int
    sent: Mapping[str, Any] | None = None
    provided: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """Gives the values of fields, in the unsplit schema or in one subgraph."""

    graph: SplitGraph
    subgraph: str | None = None

    def resolve(
        self, row: Row | None, info: GraphQLResolveInfo[Any], **arguments: Any
    ) -> Any:
        row = row or Row(info.parent_type.name, 0)
        if info.field_name == "id":
            return f"{row.type}:{row.number}"
        if info.field_name == "code":
            return self.code(row)
        if info.field_name == "_none":
            return None
        asked = self.graph.field(row.type, info.field_name)
        self.refuse_external(row, asked)
        return self.value(row, asked, arguments)

    def code(self, row: Row) -> int:
        return hashed(row.type) % 1_000 * 100 + row.number

    def refuse_external(self, row: Row, asked: SplitField) -> None:
        if self.subgraph is None or self.subgraph in asked.owners:
            return
        if asked.name != row.provided:
            message = f"{row.type}.{asked.name} is external in {self.subgraph}"
            raise AssertionError(message)

    def value(self, row: Row, asked: SplitField, arguments: JSONObject) -> Any:
        if asked.is_link:
            return self.linked(row, asked)
        if asked.requires:
            return hashed(asked.name, self.required(row, asked)) % 2**20
        if asked.is_nullable and hashed(row.type, asked.name, row.number) % 5 == 0:
            return None
        number = hashed(row.type, asked.name, row.number, arguments.get("by")) % 2**20
        return number if asked.type == "Int" else f"{asked.name} {number}"

    def required(self, row: Row, asked: SplitField) -> Any:
        name, _, argument = asked.requires.partition("(")
        if self.subgraph is not None:
            if row.sent is None or name not in row.sent:
                message = f"{row.type}.{asked.name} needs {asked.requires}"
                raise AssertionError(message)
            return row.sent[name]
        needed = self.graph.field(row.type, name)
        return self.value(row, needed, {"by": 1} if argument else {})

    def linked(self, row: Row, asked: SplitField) -> Any:
        if hashed("null", row.type, asked.name, row.number) % 6 == 0:
            return None
        children = [
            self.child(asked, hashed(row.type, asked.name, row.number, index))
            for index in range(2 if asked.is_list else 1)
        ]
        return children if asked.is_list else children[0]

    def child(self, asked: SplitField, number: int) -> Row:
        members = self.graph.members.get(asked.type, (asked.type,))
        name = members[number % len(members)]
        return Row(name, number // 7 % _OBJECTS, None, asked.provides)

    def entities(
        self, _: Any, info: GraphQLResolveInfo[Any], representations: list[JSONObject]
    ) -> list[Row | None]:
        del info
        return [self.entity(each) for each in representations]

    def entity(self, sent: JSONObject) -> Row:
        name = sent["__typename"]
        if name not in self.graph.types:
            of_type, _, number = sent["id"].partition(":")
            return Row(of_type, int(number), sent)
        if not {"id", "code"} & sent.keys():
            message = f"{sent} has no key of {name} in {self.subgraph}"
            raise AssertionError(message)
        for number in range(_OBJECTS):
            row = Row(name, number, sent)
            if sent.get("id") == f"{name}:{number}" or sent.get("code") == self.code(
                row
            ):
                return row
        message = f"{sent} represents nothing"
        raise AssertionError(message)


def _attach(schema: GraphQLSchema, world: World) -> GraphQLSchema:
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                is_entities = name == "_entities"
                field.resolve = world.entities if is_entities else world.resolve
        elif not is_object_type(type_) and hasattr(type_, "resolve_type"):
            type_.resolve_type = lambda row, *_: (
                row.type if row.type in schema.type_map else "I0"
            )
    return schema


def unsplit(graph: SplitGraph, api_schema: GraphQLSchema) -> GraphQLSchema:
    """Make the whole schema executable."""
    return _attach(api_schema, World(graph))


def subgraph_schema(graph: SplitGraph, name: str) -> GraphQLSchema:
    """Make one subgraph's schema executable, entry points included."""
    sdl = graph.subgraphs[name].partition("\n")[2]
    names = [name for name, of in graph.types.items() if of.is_entity] + ["I0"]
    entities = [name for name in names if f"type {name} " in sdl]
    entry = ""
    if entities:
        query = "extend type" if "type Query " in sdl else "type"
        entry = f"union _Entity = {' | '.join(entities)}\n"
        entry += f"{query} Query {{ _entities(representations: [_Any!]!): [_Entity]! }}"
    document = parse(f"{_MACHINERY}\n{sdl}\n{entry}")
    schema = build_ast_schema(document, assume_valid_sdl=True)
    return _attach(schema, World(graph, name))


def ask(
    schema: GraphQLSchema, document: str, variables: JSONObject | None = None
) -> JSONObject:
    """Execute a document on a schema of this world."""
    result = execute_sync(schema, parse(document), variable_values=variables)
    answer: JSONObject = {"data": result.data}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    return answer
