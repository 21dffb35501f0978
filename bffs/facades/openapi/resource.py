"""The schema of the JSON of a response, as `facades.rest.response` makes it."""

from dataclasses import dataclass
from typing import Final

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLType,
    GraphQLUnionType,
    is_specified_scalar_type,
)

from weir.bffs.facades.openapi.components import Components
from weir.bffs.facades.openapi.json_schema import array, closed_object, nullable
from weir.bffs.facades.openapi.selections import Place, Selected, Selections
from weir.bffs.facades.rest.connection import ITEMS, Connection
from weir.bffs.facades.rest.omitted_nulls import OmittedNulls
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.response_fields import fragments_of
from weir.gateway.json_types import JSONObject
from weir.resolvers.operation.wrappers import field_type, item_of, without_non_null

_ITEM: Final = ("item",)
"""The place of the items of a list at the root."""


@dataclass(frozen=True, slots=True)
class Resource:
    """The JSON of the responses of one operation; `name` is that of its schema.

    `omitted` are the members that the data of the operation omits.
    """

    api_schema: GraphQLSchema
    operation: StoredOperation
    name: str
    components: Components
    omitted: OmittedNulls

    def schema(self, warnings: JSONObject) -> JSONObject:
        """Return the schema, with a member for the warnings of a partial response."""
        found = [_with_warnings(each, warnings) for each in self._alternatives()]
        return found[0] if len(found) == 1 else {"anyOf": found}

    def _alternatives(self) -> list[JSONObject]:
        definition = self.operation.definition
        root = self.api_schema.get_root_type(definition.operation)
        assert isinstance(root, GraphQLObjectType), "a valid operation has a root type"
        fragments = fragments_of(self.operation)
        selections = Selections(self.api_schema, fragments, self.components, self.name)
        sets = [(definition.selection_set, True)]
        fields = selections.fields(sets, root)
        if len(fields) == 1:
            ((name, selected),) = fields.items()
            place = Place(omitted=self.omitted.of(name))
            connection = Connection.of(self.operation, self.api_schema)
            if connection is not None:
                return [_collection(connection, selected, root, selections, place)]
            if selected.name in root.fields:
                return _unwrapped(name, selected, root, selections, place)
        return [selections.of_object(sets, root, Place(omitted=self.omitted))]


def _unwrapped(
    name: str,
    selected: Selected,
    root: GraphQLObjectType,
    selections: Selections,
    place: Place,
) -> list[JSONObject]:
    """Return the alternatives of the value of a single root field, which is at `place`.

    A list is put into `items`. A custom scalar is described as the object that it may
    be, and any other scalar has its name.
    """
    inner, _ = without_non_null(field_type(root.fields[selected.name]))
    if isinstance(inner, GraphQLInterfaceType | GraphQLUnionType):
        return selections.alternatives(inner, selected.sets, place)
    if isinstance(inner, GraphQLObjectType):
        return [selections.of_object(selected.sets, inner, place)]
    value = selections.of_value(inner, selected.sets, Place(_ITEM, place.omitted))
    if item_of(inner):
        return [closed_object({"items": value}, ["items"])]
    if isinstance(inner, GraphQLScalarType) and not is_specified_scalar_type(inner):
        return [{"type": "object", "properties": {}}]
    return [closed_object({name: value}, [name])]


def _collection(
    connection: Connection,
    selected: Selected,
    root: GraphQLObjectType,
    selections: Selections,
    place: Place,
) -> JSONObject:
    """Return the schema of a connection with its items, which is at `place`."""
    type_ = _object(field_type(root.fields[selected.name]))
    fields = selections.fields(selected.sets, type_)
    properties: JSONObject = {}
    required: list[str] = []
    for name, each in fields.items():
        is_collection = name == connection.name
        shown = ITEMS if is_collection else name
        below = place.member(name, shown)
        if is_collection and connection.node:
            properties[shown] = _nodes(connection.node, each, type_, selections, below)
        else:
            properties[shown] = selections.of_field(each, type_, below)
        required += [shown] if each.always and not below.is_omitted else []
    return closed_object(properties, required)


def _nodes(
    name: str,
    edges: Selected,
    type_: GraphQLObjectType,
    selections: Selections,
    place: Place,
) -> JSONObject:
    """Return the schema of the nodes of edges; one is null without an edge or node."""
    listed, is_list_certain = without_non_null(field_type(type_.fields[edges.name]))
    item = item_of(listed)
    assert item is not None, "edges are a list"
    edge, is_edge_certain = without_non_null(item)
    edge = _object(edge)
    node = selections.fields(edges.sets, edge)[name]
    schema = selections.of_field(node, edge, Place(_ITEM, place.omitted.of(name)))
    items = array(schema if is_edge_certain and node.always else nullable(schema))
    has_null = not (is_list_certain or place.is_omitted)
    return nullable(items) if has_null else items


def _object(type_: GraphQLType) -> GraphQLObjectType:
    inner, _ = without_non_null(type_)
    assert isinstance(inner, GraphQLObjectType), "connections and edges are objects"
    return inner


def _with_warnings(schema: JSONObject, warnings: JSONObject) -> JSONObject:
    return {**schema, "properties": {**schema["properties"], "_weir": warnings}}
