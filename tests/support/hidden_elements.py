"""A graph of which a contract hides random elements, in two worlds.

In the second world, the hidden elements have names that nobody can guess. Clients
cannot find a hidden element if they see no difference between the worlds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, Final, TypeAlias
from zlib import crc32

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLSchema,
    NamedTypeNode,
    NameNode,
    StringValueNode,
    TypeDefinitionNode,
    Visitor,
    is_abstract_type,
    is_composite_type,
    parse,
    print_ast,
    visit,
)
from hypothesis import assume
from hypothesis import strategies as st

from weir.bffs.testing.graphql_service import entity_types, executable_schema, execute
from weir.gateway.json_types import JSONObject, is_object
from weir.resolvers.operation.wrappers import item_of, without_non_null
from weir.schema import Composed, Subgraph, compose
from weir.schema.contracts import Contract, View, view
from weir.testing import Service, ServiceRequest, ServiceResponse

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import:'
    ' ["@key", "@external", "@requires", "@shareable", "@tag"])'
)
SHOP = """
type Query {
  product(id: ID!, currency: Currency, tracing: String): Product
  products(filter: Filter, page: Int): [Product!]
  anything: [Thing]
  nodes(stage: Stage): [Node]
  ledger(entry: Entry): Ledger
  health: String @tag(name: "public")
}
type Mutation { rename(id: ID!, label: String): Product purge(force: Boolean): Ledger }
interface Node { id: ID! owner: Owner }
interface Priced { price: Cents vat(rate: Int): Cents }
type Product implements Node & Priced @key(fields: "id") {
  id: ID! owner: Owner price: Cents vat(rate: Int): Cents
  title: String! margin: Int sold(currency: Currency): Int similar: [Product]
  stage: Stage
}
type Draft implements Node @key(fields: "id") {
  id: ID! owner: Owner notes: [String!]
}
type Ledger implements Priced {
  price: Cents vat(rate: Int): Cents total: Float entries: [Product!] secret: Draft
}
type Owner { name: String email: String ledger: Ledger stock: [Node!] }
union Thing = Product | Draft | Ledger | Owner
enum Currency { EUR USD TOKEN }
enum Stage { LIVE BETA DARK }
scalar Cents
input Filter { text: String currency: Currency range: Range }
input Range { low: Int high: Int }
input Entry { day: String batch: Range }
"""
STOCK = """
type Query { shelves: [Shelf!]! shelf(code: String, grade: Grade): Shelf }
type Product @key(fields: "id") {
  id: ID! margin: Int @external
  profit: Int @requires(fields: "margin") shelf: Shelf rank: Int!
}
type Draft @key(fields: "id") { id: ID! reviewer: String broken: String }
type Shelf { code: String room: Room grade: Grade items: [Product!] broken: String }
type Room { floor: Int door: String }
enum Grade { FRESH STALE ROTTEN }
"""
_SUBGRAPHS: Final = {"shop": parse(f"{LINK} {SHOP}"), "stock": parse(f"{LINK} {STOCK}")}
_INTERNAL: Final = "internal"
_PUBLIC: Final = "public"
_NEVER_HIDDEN: Final = frozenset({"Query", "Query.health", "Query.product(id:)"})
_REQUIRED: Final = "margin"

Change: TypeAlias = Callable[[Any, str], Any]
"""A function of an element's node and its coordinate."""


@dataclass(frozen=True, slots=True, repr=False)
class World:
    """The graph under one set of names: its services, and the supergraph."""

    services: Mapping[str, Service]
    supergraph: DocumentNode


@dataclass(frozen=True, slots=True)
class HiddenElements:
    """Two worlds that differ in the names of hidden elements alone.

    `schema` is that of clients, the same in both. `hidden` are the names in the first.
    """

    worlds: tuple[World, World]
    contract: JSONObject
    schema: GraphQLSchema = field(repr=False)
    hidden: Sequence[str]


@st.composite
def hidden_elements(draw: st.DrawFn) -> HiddenElements:
    marked = _closed(
        draw(st.sets(st.sampled_from(_COORDINATES), min_size=1, max_size=8))
    )
    include = {_PUBLIC} if draw(st.booleans()) else set[str]()
    contract = Contract(
        include=frozenset(include),
        exclude=frozenset({_INTERNAL}),
        hide_unreachable=True,
    )
    tags = dict.fromkeys(marked, _INTERNAL)
    if include:
        tags = dict.fromkeys(_ELEMENTS, _PUBLIC) | tags
    world = _world(tags, frozenset())
    seen = view(world.supergraph, contract)
    assume(isinstance(seen, View))
    assert isinstance(seen, View)
    hidden = frozenset(_COORDINATES) - seen.visible
    other = _world(tags, hidden - _shared_with_interfaces(hidden))
    return HiddenElements(
        (world, other),
        {"exclude": [_INTERNAL], "include": [*include]},
        seen.api_schema,
        sorted({_name(each) for each in hidden}),
    )


def _world(tags: Mapping[str, str], renamed: frozenset[str]) -> World:
    """Return the graph with tags and with other names."""
    names = _Names(renamed)

    def tag(node: Any, coordinate: str) -> Any:
        if coordinate in tags:
            directives = (*(node.directives or ()), *_TAGS[tags[coordinate]])
            node = replace(node, directives=directives)
        return names.element(node, coordinate)

    return World(
        {
            name: _service(partial(names.of, each, names.element))
            for name, each in _SUBGRAPHS.items()
        },
        names.of(_SUPERGRAPH, tag),
    )


@dataclass(frozen=True, slots=True)
class _Names:
    """The other names of the elements `renamed`."""

    renamed: frozenset[str]

    def element(self, node: Any, coordinate: str) -> Any:
        if coordinate not in self.renamed:
            return node
        return replace(node, name=NameNode(value=unguessable(node.name.value)))

    def of(self, document: DocumentNode, change: Change) -> DocumentNode:
        """Return a changed document, with the names also where they are used."""
        changed: DocumentNode = visit(
            _changed(document, change), _References(self.renamed)
        )
        return changed


def unguessable(name: str) -> str:
    """Return the name of an element in the second world."""
    return f"{name[0]}{crc32(name.encode()):08x}qzj"


class _References(Visitor):
    """Renames types, and the required field, where they are used."""

    def __init__(self, renamed: frozenset[str]) -> None:
        super().__init__()
        self._names = {each for each in renamed if "." not in each}
        if f"Product.{_REQUIRED}" in renamed:
            self._names.add(_REQUIRED)

    def leave_named_type(self, node: NamedTypeNode, *_: object) -> NamedTypeNode | None:
        name = node.name.value
        if name not in self._names:
            return None
        return replace(node, name=NameNode(value=unguessable(name)))

    def leave_string_value(
        self, node: StringValueNode, *_: object
    ) -> StringValueNode | None:
        if node.value not in self._names:
            return None
        return replace(node, value=unguessable(node.value))


def _changed(document: DocumentNode, change: Change) -> DocumentNode:
    """Return the document with each element changed, of the inner ones first."""
    return DocumentNode(
        definitions=tuple(
            _changed_type(each, change)
            if isinstance(each, TypeDefinitionNode) and "__" not in each.name.value
            else each
            for each in document.definitions
        )
    )


def _changed_type(node: Any, change: Change) -> Any:
    name, parts = node.name.value, {}
    for part in ("fields", "values"):
        if below := getattr(node, part, None):
            parts[part] = tuple(
                change(_with_arguments(each, name, change), f"{name}.{each.name.value}")
                for each in below
            )
    return change(replace(node, **parts), name)


def _with_arguments(node: Any, owner: str, change: Change) -> Any:
    if not getattr(node, "arguments", None):
        return node
    field = f"{owner}.{node.name.value}"
    arguments = tuple(
        change(each, f"{field}({each.name.value}:)") for each in node.arguments
    )
    return replace(node, arguments=arguments)


def _tag(name: str) -> tuple[Any, ...]:
    node: Any = parse(f'scalar S @tag(name: "{name}")').definitions[0]
    return tuple(node.directives)


def _composed() -> DocumentNode:
    composed = compose(
        [
            Subgraph(name=name, url=f"http://{name}.test/graphql", sdl=print_ast(each))
            for name, each in _SUBGRAPHS.items()
        ]
    )
    assert isinstance(composed, Composed), composed
    return parse(composed.supergraph_sdl)


def _all_elements() -> Mapping[str, str]:
    """Return the type that each coordinate refers to, "" for those without one."""
    found: dict[str, str] = {}

    def note(node: Any, coordinate: str) -> Any:
        type_ = getattr(node, "type", None)
        while type_ is not None and not isinstance(type_, NamedTypeNode):
            type_ = type_.type
        found[coordinate] = type_.name.value if type_ else ""
        return node

    _changed(_SUPERGRAPH, note)
    return found


_SUPERGRAPH: Final = _composed()
_TAGS: Final = {each: _tag(each) for each in (_INTERNAL, _PUBLIC)}
_ELEMENTS: Final = _all_elements()
_COORDINATES: Final = sorted(
    each
    for each in _ELEMENTS.keys() - _NEVER_HIDDEN
    if not each.endswith((".id", ".broken"))
)
_INTERFACES: Final = {
    "Node": ("Product", "Draft"),
    "Priced": ("Product", "Ledger"),
}


def _closed(marked: set[str]) -> frozenset[str]:
    """Add the elements that could not be visible beside the marked ones."""
    found = set(marked)
    while more := {*_referring(found), *_of_interfaces(found)} - found:
        found |= more
    return frozenset(found)


def _referring(marked: set[str]) -> Iterator[str]:
    for coordinate, type_ in _ELEMENTS.items():
        if type_ in marked:
            yield coordinate


def _of_interfaces(marked: set[str]) -> Iterator[str]:
    for interface, types in _INTERFACES.items():
        for coordinate in marked:
            owner, dot, rest = coordinate.partition(".")
            if dot and owner in types and f"{interface}.{rest}" in _ELEMENTS:
                yield f"{interface}.{rest}"


def _shared_with_interfaces(hidden: frozenset[str]) -> frozenset[str]:
    """Return hidden elements whose interface or implementation is visible."""
    found: set[str] = set()
    for interface, types in _INTERFACES.items():
        for coordinate in _ELEMENTS:
            owner, _, rest = coordinate.partition(".")
            if owner == interface and rest:
                group = {coordinate, *(f"{each}.{rest}" for each in types)}
                if not group <= hidden:
                    found |= group
    return frozenset(found)


def _name(coordinate: str) -> str:
    return coordinate.rstrip(":)").replace("(", ".").rpartition(".")[2]


def _service(sdl: Callable[[], DocumentNode]) -> Service:
    """Return a service whose values follow from their positions, not from names.

    The fields `broken` fail, with an error that names elements of the service.
    """

    @cache
    def schema() -> GraphQLSchema:
        text = print_ast(sdl())
        return executable_schema(text, entity_types(text))

    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        if info.field_name == "_entities":
            return arguments["representations"]
        if info.field_name == "broken":
            message = f"{info.parent_type} has {', '.join(info.parent_type.fields)}"
            raise GraphQLError(message, extensions={"hint": list(schema().type_map)})
        if is_object(source) and info.field_name in source:
            return source[info.field_name]
        place = list(info.parent_type.fields).index(info.field_name)
        return _value(info.return_type, schema(), (place, *_indexes(info.path)))

    async def respond(request: ServiceRequest) -> ServiceResponse:
        return ServiceResponse(execute(schema(), request, field_resolver=resolve))

    return respond


def _indexes(path: Any) -> Iterator[int]:
    yield from (each for each in path.as_list() if isinstance(each, int))


def _value(type_: Any, schema: GraphQLSchema, seed: tuple[int, ...]) -> Any:
    inner, _ = without_non_null(type_)
    item = item_of(inner)
    if item is not None:
        return [_value(item, schema, (*seed, index)) for index in range(4)]
    chosen = sum(seed)
    if isinstance(inner, GraphQLEnumType):
        values = list(inner.values)
        return values[chosen % len(values)]
    if is_composite_type(inner):
        types = schema.get_possible_types(inner) if is_abstract_type(inner) else [inner]
        return {"__typename": types[chosen % len(types)].name}
    return {"Int": chosen, "Float": 1.5, "Boolean": True}.get(str(inner), str(chosen))
