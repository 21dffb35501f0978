"""Random graphs in which types, interfaces and unions set a context.

Subgraph `a` knows all types, sets the context and has the field that takes its argument
from there (`Leaf.echo`); `b` adds fields, and ways from type to type. Whether a graph
composes is told by walking all of its paths, one by one.

An object is its type and the path that led to it, and its id says both. So a value does
not depend on who is asked, and `echo` says which ancestor it was given.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from graphql import (
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_ast_schema,
    execute_sync,
    get_named_type,
    is_abstract_type,
    is_list_type,
    is_object_type,
    parse,
)
from hypothesis import strategies as st

from weir.gateway.json_types import JSONObject
from weir.schema import Subgraph

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import:'
    ' ["@key", "@external", "@requires", "@context", "@fromContext"])'
)
TYPES = ("T0", "T1", "T2")
_TARGETS = {"a": (*TYPES, "Leaf", "Face", "Any"), "b": (*TYPES, "Leaf")}
_SET = '@context(name: "c")'
_MACHINERY = """
scalar _Any
directive @key(fields: String!) repeatable on OBJECT
directive @external on FIELD_DEFINITION
directive @requires(fields: String!) on FIELD_DEFINITION
directive @context(name: String!) on OBJECT | INTERFACE | UNION
directive @fromContext(field: String!) on ARGUMENT_DEFINITION
union _Entity = T0 | T1 | T2 | Leaf
extend type Query { _entities(representations: [_Any!]!): [_Entity]! }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextGraph:
    """A graph: who implements `Face`, who is in `Any`, who sets the context.

    `links` are the fields of each type that lead on, by subgraph; `given` is the field
    that the context gives on each type; `foreign` are the types whose `p` is resolved
    in `b` alone.
    """

    implementations: frozenset[str]
    members: tuple[str, ...]
    setters: frozenset[str]
    links: Mapping[tuple[str, str], tuple[str, ...]]
    given: Mapping[str, str]
    foreign: frozenset[str]

    def possible(self, name: str) -> tuple[str, ...]:
        match name:
            case "Face":
                return tuple(sorted(self.implementations))
            case "Any":
                return self.members
            case _:
                return (name,)

    def sets_context(self, name: str) -> bool:
        return (
            name in self.setters
            or ("Face" in self.setters and name in self.implementations)
            or ("Any" in self.setters and name in self.members)
        )

    def everything(self, name: str = "Query", depth: int = 3) -> str:
        """A selection set of all that a type has, down to a depth."""
        match name:
            case "Query":
                fields = ["nonea"]
            case "Leaf":
                fields = ["id", "echo"]
            case "Face" | "Any":
                names = self.possible(name)
                parts = (f"... on {n} {self.everything(n, depth)}" for n in names)
                return f"{{ {' '.join(parts)} }}"
            case _:
                fields = ["id", "q"]
        for subgraph in "ab" if depth else "":
            for number, link in enumerate(self.links.get((subgraph, name), ())):
                inner = self.everything(link.strip("[]!"), depth - 1)
                fields.append(f"{subgraph}{number}{name} {inner}")
        return f"{{ {' '.join(fields)} }}"

    @property
    def is_satisfiable(self) -> bool:
        """Whether each path to a `Leaf` passes a type that sets the context."""
        pending = [("Query", False)]
        seen: set[tuple[str, bool]] = set()
        while pending:
            state = pending.pop()
            if state in seen:
                continue
            seen.add(state)
            name, is_set = state
            if name == "Leaf" and not is_set:
                return False
            is_set = is_set or self.sets_context(name)
            for subgraph in "ab":
                for link in self.links.get((subgraph, name), ()):
                    target = link.strip("[]!")
                    pending += ((each, is_set) for each in self.possible(target))
        return True

    def subgraphs(self) -> list[Subgraph]:
        return [
            Subgraph(name=name, sdl=f"{LINK}\n{self.sdl(name)}", file=name)
            for name in "ab"
        ]

    def sdl(self, subgraph: str) -> str:
        blocks = [self._type(subgraph, name) for name in TYPES]
        blocks.append(self._query(subgraph))
        if subgraph == "a":
            blocks += self._abstract()
        blocks.append(self._leaf(subgraph))
        return "\n".join(blocks)

    def _type(self, subgraph: str, name: str) -> str:
        head = f'type {name} @key(fields: "id")'
        fields = ["id: ID!"]
        if subgraph == "a":
            implements = " implements Face" if name in self.implementations else ""
            mark = f" {_SET}" if name in self.setters else ""
            head = f'type {name}{implements} @key(fields: "id"){mark}'
            external = " @external" if name in self.foreign else ""
            fields += [f"p: String{external}", "q: String"]
            if external:
                fields.append('r: String @requires(fields: "p")')
        elif name in self.foreign:
            fields.append("p: String")
        return f"{head} {{ {' '.join([*fields, *self._links(subgraph, name)])} }}"

    def _links(self, subgraph: str, name: str) -> Iterator[str]:
        for number, link in enumerate(self.links.get((subgraph, name), ())):
            yield f"{subgraph}{number}{name}: {link}"

    def _query(self, subgraph: str) -> str:
        links = [*self._links(subgraph, "Query"), f"none{subgraph}: Int"]
        return f"type Query {{ {' '.join(links)} }}"

    def _abstract(self) -> list[str]:
        face, any_ = (f" {_SET}" if n in self.setters else "" for n in ("Face", "Any"))
        return [
            f"interface Face{face} {{ id: ID! q: String }}",
            f"union Any{any_} = {' | '.join(self.members)}",
        ]

    def _leaf(self, subgraph: str) -> str:
        links = " ".join(self._links(subgraph, "Leaf"))
        if subgraph == "b":
            return f'type Leaf @key(fields: "id") {{ id: ID! {links} }}'
        echo = f'echo(x: String @fromContext(field: "$c {self.selection}")): String'
        return f'type Leaf @key(fields: "id") {{ id: ID! {echo} {links} }}'

    @property
    def selection(self) -> str:
        """What is taken from a context: `q`, or a field for each type that sets it."""
        if "Any" not in self.setters and set(self.given.values()) == {"q"}:
            return "{ q }"
        setting = (name for name in TYPES if self.sets_context(name))
        return " ".join(f"... on {each} {{ {self.given[each]} }}" for each in setting)


@st.composite
def context_graphs(draw: st.DrawFn) -> ContextGraph:
    """Graphs most of whose types set the context; about half of them compose."""
    some = st.lists(st.sampled_from(TYPES), min_size=1, unique=True)
    implementations = frozenset(draw(some))
    settable = [*TYPES, "Face", "Any"]
    setters = st.lists(st.sampled_from(settable), min_size=1, unique=True)
    given_q = draw(st.booleans())
    return ContextGraph(
        implementations=implementations,
        members=tuple(draw(some)),
        setters=frozenset(draw(setters)),
        links={
            (subgraph, name): tuple(draw(_links(subgraph, name)))
            for subgraph in "ab"
            for name in (*TYPES, "Leaf", "Query")
        },
        given={n: "q" if given_q else draw(st.sampled_from("pq")) for n in TYPES},
        foreign=frozenset(draw(st.sets(st.sampled_from(TYPES), max_size=1))),
    )


def _links(subgraph: str, name: str) -> st.SearchStrategy[list[str]]:
    targets = [
        text
        for each in _TARGETS[subgraph]
        if name != "Query" or each != "Leaf"
        for text in (each, f"[{each}!]!")
    ]
    return st.lists(st.sampled_from(targets), max_size=2 if name == "Leaf" else 3)


@dataclass(frozen=True, slots=True)
class Row:
    """An object: its type, the path that led to it, and the objects above it."""

    type: str
    path: str
    above: "tuple[Row, ...]" = ()

    @property
    def id(self) -> str:
        return f"{self.type}:{self.path}"


@dataclass(frozen=True, slots=True)
class ContextWorld:
    """Resolves the fields of the whole graph, or of one subgraph."""

    graph: ContextGraph

    def resolve(
        self, row: Row | None, info: GraphQLResolveInfo[Any], x: str | None = None
    ) -> Any:
        row = row or Row("Query", "")
        match info.field_name:
            case "id":
                return row.id
            case "p" | "q" | "r":
                return f"{info.field_name} of {row.id}"
            case "echo":
                is_whole = not info.parent_type.fields["echo"].args
                return self.given(row) if is_whole else x
            case name if name.startswith("none"):
                return None
            case _:
                return self.linked(row, info)

    def given(self, row: Row) -> str | None:
        """What the nearest object above that sets the context gives."""
        for each in reversed(row.above):
            if self.graph.sets_context(each.type):
                field = "q" if self.graph.selection == "{ q }" else ""
                return f"{field or self.graph.given[each.type]} of {each.id}"
        return None

    def linked(self, row: Row, info: GraphQLResolveInfo[Any]) -> Any:
        target = get_named_type(info.return_type)
        is_list = is_list_type(getattr(info.return_type, "of_type", info.return_type))
        path = f"{row.path}/{info.field_name}"
        found = [self.child(row, str(target), f"{path}.{index}") for index in range(2)]
        return found if is_list else found[0]

    def child(self, row: Row, target: str, path: str) -> Row:
        names = self.graph.possible(target)
        name = names[crc32(path.encode()) % len(names)]
        return Row(name, path, (*row.above, row))

    def entities(
        self, _: Any, info: GraphQLResolveInfo[Any], representations: list[JSONObject]
    ) -> list[Row]:
        del info
        return [Row(*each["id"].split(":", 1)) for each in representations]


def attach(schema: GraphQLSchema, graph: ContextGraph) -> GraphQLSchema:
    """Make a schema of a graph executable: the whole one, or a subgraph's."""
    world = ContextWorld(graph)
    for each in schema.type_map.values():
        if is_object_type(each) and not each.name.startswith("__"):
            assert isinstance(each, GraphQLObjectType)
            for name, field in each.fields.items():
                is_entry = name == "_entities"
                field.resolve = world.entities if is_entry else world.resolve
        elif is_abstract_type(each):
            each.resolve_type = lambda row, *_: row.type
    return schema


def subgraph_schema(graph: ContextGraph, name: str) -> GraphQLSchema:
    document = parse(f"{graph.sdl(name)}\n{_MACHINERY}")
    return attach(build_ast_schema(document, assume_valid_sdl=True), graph)


def ask(
    schema: GraphQLSchema, document: str, variables: JSONObject | None = None
) -> JSONObject:
    result = execute_sync(schema, parse(document), variable_values=variables)
    reply: JSONObject = {"data": result.data}
    if result.errors:
        reply["errors"] = [error.formatted for error in result.errors]
    return reply
