"""The schema of the JSON of a response, as `facades.rest.response` makes it."""

from dataclasses import dataclass

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    is_specified_scalar_type,
)

from weir.bffs.facades.openapi.components import Components
from weir.bffs.facades.openapi.json_schema import closed_object, nullable
from weir.bffs.facades.openapi.selections import Selected, Selections
from weir.bffs.facades.rest.connection import ITEMS, Connection
from weir.bffs.facades.stored.operation import StoredOperation
from weir.gateway.json_types import JSONObject
from weir.resolvers.operation.wrappers import field_type, item_of, without_non_null


@dataclass(frozen=True, slots=True)
class Resource:
    """The JSON of the responses of one operation; `name` is that of its schema."""

    api_schema: GraphQLSchema
    operation: StoredOperation
    name: str
    components: Components

    def schema(self, warnings: JSONObject) -> JSONObject:
        """Return the schema, with a member for the warnings of a partial response."""
        found = [_with_warnings(each, warnings) for each in self._alternatives()]
        return found[0] if len(found) == 1 else {"anyOf": found}

    def _alternatives(self) -> list[JSONObject]:
        definition = self.operation.definition
        root = self.api_schema.get_root_type(definition.operation)
        assert isinstance(root, GraphQLObjectType), "a valid operation has a root type"
        fragments = {each.name.value: each for each in self.operation.fragments}
        selections = Selections(self.api_schema, fragments, self.components, self.name)
        sets = [(definition.selection_set, True)]
        fields = selections.fields(sets, root)
        if len(fields) == 1:
            ((name, selected),) = fields.items()
            connection = Connection.of(self.operation, self.api_schema)
            if connection is not None:
                declared = field_type(root.fields[selected.name])
                inner, _ = without_non_null(declared)
                shown = selections.of_value(inner, selected.sets, ())
                return [_collection(shown, connection)]
            if selected.name in root.fields:
                return _unwrapped(name, selected, root, selections)
        return [selections.of_object(sets, root, ())]


def _unwrapped(
    name: str, selected: Selected, root: GraphQLObjectType, selections: Selections
) -> list[JSONObject]:
    """Return the alternatives of the value of a single root field.

    A list is put into `items`. A custom scalar is described as the object that it may
    be, and any other scalar has its name.
    """
    inner, _ = without_non_null(field_type(root.fields[selected.name]))
    if isinstance(inner, GraphQLInterfaceType | GraphQLUnionType):
        return selections.alternatives(inner, selected.sets, ())
    value = selections.of_value(inner, selected.sets, ())
    if isinstance(inner, GraphQLObjectType):
        return [value]
    if item_of(inner):
        return [closed_object({"items": value}, ["items"])]
    if isinstance(inner, GraphQLScalarType) and not is_specified_scalar_type(inner):
        return [{"type": "object", "properties": {}}]
    return [closed_object({name: value}, [name])]


def _collection(shown: JSONObject, connection: Connection) -> JSONObject:
    """Return the schema of a connection with its items."""
    listed: JSONObject = shown["properties"][connection.name]
    if connection.node:
        listed = {**listed, "items": _node(listed["items"], connection.node)}
    properties = {
        ITEMS if name == connection.name else name: each
        for name, each in shown["properties"].items()
    }
    properties[ITEMS] = listed
    required = [
        ITEMS if name == connection.name else name for name in shown.get("required", ())
    ]
    return closed_object(properties, required)


def _node(edge: JSONObject, name: str) -> JSONObject:
    """Return the schema of the node of an edge; it is null without an edge or node."""
    node: JSONObject = edge["properties"][name]
    is_certain = edge["type"] == "object" and name in edge.get("required", ())
    return node if is_certain else nullable(node)


def _with_warnings(schema: JSONObject, warnings: JSONObject) -> JSONObject:
    return {**schema, "properties": {**schema["properties"], "_weir": warnings}}
