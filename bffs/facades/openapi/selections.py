"""The schema of the JSON that a selection of fields becomes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from graphql import (
    DirectiveNode,
    FieldNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    GraphQLUnionType,
    SelectionSetNode,
    is_abstract_type,
)

from weir.bffs.facades.openapi.components import Components
from weir.bffs.facades.openapi.json_schema import (
    array,
    closed_object,
    described,
    nullable,
)
from weir.bffs.facades.rest.omitted_nulls import NOTHING_OMITTED, OmittedNulls
from weir.bffs.facades.stored.response_fields import (
    Fragments,
    fragment_of,
    response_name,
)
from weir.gateway.json_types import JSONObject
from weir.resolvers.operation.wrappers import field_type, item_of, without_non_null

_CONDITIONS: Final = frozenset({"skip", "include"})
_TYPE_NAME: Final[JSONObject] = {"type": "string"}

Sets: TypeAlias = list[tuple[SelectionSetNode, bool]]
"""Selection sets of one value, and whether each of them applies for certain."""


@dataclass(slots=True)
class Selected:
    """The field nodes of one response name; `always` is whether one is certain."""

    nodes: list[tuple[FieldNode, bool]] = field(
        default_factory=list[tuple[FieldNode, bool]]
    )
    always: bool = False

    @property
    def name(self) -> str:
        """The name of the field."""
        return self.nodes[0][0].name.value

    @property
    def sets(self) -> Sets:
        """The selections of the field's value, wherever there is one."""
        alone = len(self.nodes) == 1
        return [
            (node.selection_set, alone or certain)
            for node, certain in self.nodes
            if node.selection_set
        ]


_Key: TypeAlias = tuple[str, int, tuple[tuple[int, bool], ...]]
"""An abstract type, what its objects omit, and the sets that are selected of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a value in a response.

    `names` are the response names from the root of the operation to it. `omitted` are
    the members that its objects omit. If the value `is_omitted` where it is null, it is
    described without null.
    """

    names: tuple[str, ...] = ()
    omitted: OmittedNulls = NOTHING_OMITTED
    is_omitted: bool = False

    def member(self, name: str, shown: str = "") -> "Place":
        """Return the place of a member, which may be `shown` under another name."""
        return Place(
            (*self.names, shown or name),
            self.omitted.of(name),
            name in self.omitted.names,
        )

    @property
    def item(self) -> "Place":
        """The place of the items of a list here."""
        return Place(self.names, self.omitted)


@dataclass(frozen=True, slots=True)
class Selections:
    """The description of selections of one operation, which is valid for `schema`.

    `name` is that of the schema of its response. The objects below have schemas of
    their own, with names by their paths, for the types of generated clients.
    """

    schema: GraphQLSchema
    fragments: Fragments
    components: Components
    name: str
    _known: dict[_Key, JSONObject] = field(default_factory=dict[_Key, JSONObject])

    def fields(self, sets: Sets, type_: GraphQLObjectType) -> dict[str, Selected]:
        """Return what is selected of an object type, by response name in order."""
        found: dict[str, Selected] = {}
        for each, applies in sets:
            for node, always in self._nodes(each, type_, always=applies):
                name = response_name(node)
                selected = found.setdefault(name, Selected())
                selected.nodes.append((node, always))
                selected.always |= always
        return found

    def of_object(
        self, sets: Sets, type_: GraphQLObjectType, place: Place
    ) -> JSONObject:
        """Return the schema of an object of this type."""
        return self._with_names(self._shape(sets, type_, place), sets, [type_])

    def of_value(self, type_: GraphQLType, sets: Sets, place: Place) -> JSONObject:
        """Return the schema of a value of a nullable type that is not null."""
        item = item_of(type_)
        if item is not None:
            return array(self._of_type(item, sets, place.item))
        if isinstance(type_, GraphQLObjectType):
            return self._named(self.of_object(sets, type_, place), place)
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            selected = tuple((id(each), applies) for each, applies in sets)
            key = type_.name, id(place.omitted), selected
            if key not in self._known:
                self._known[key] = self._of_abstract(type_, sets, place)
            return self._known[key]
        return self.components.named(type_)

    def _of_type(self, type_: GraphQLType, sets: Sets, place: Place) -> JSONObject:
        inner, is_required = without_non_null(type_)
        schema = self.of_value(inner, sets, place)
        has_null = not (is_required or place.is_omitted)
        return nullable(schema) if has_null else schema

    def of_field(
        self, selected: Selected, parent: GraphQLObjectType, place: Place
    ) -> JSONObject:
        """Return the schema of a field of an object."""
        declared = parent.fields.get(selected.name)
        if declared is None:
            return _TYPE_NAME
        schema = self._of_type(field_type(declared), selected.sets, place)
        old = declared.deprecation_reason is not None
        return described(schema, declared.description, old=old)

    def _shape(self, sets: Sets, type_: GraphQLObjectType, place: Place) -> JSONObject:
        """Return the schema of an object, without the names of types."""
        fields = self.fields(sets, type_)
        properties = {
            name: self.of_field(selected, type_, place.member(name))
            for name, selected in fields.items()
        }
        required = [
            name
            for name, selected in fields.items()
            if selected.always and name not in place.omitted.names
        ]
        return closed_object(properties, required)

    def _with_names(
        self,
        shape: JSONObject,
        sets: Sets,
        types: list[GraphQLObjectType],
    ) -> JSONObject:
        """Add the names of the types of objects of this shape."""
        fields = self.fields(sets, types[0])
        names = {**_TYPE_NAME, "enum": [each.name for each in types]}
        named = {
            name: names
            for name, selected in fields.items()
            if selected.name == "__typename"
        }
        return {**shape, "properties": {**shape["properties"], **named}}

    def _of_abstract(
        self,
        type_: GraphQLInterfaceType | GraphQLUnionType,
        sets: Sets,
        place: Place,
    ) -> JSONObject:
        found = self.alternatives(type_, sets, place)
        if len(found) == 1:
            return self._named(found[0], place)
        return self._named({"anyOf": found}, place)

    def _named(self, schema: JSONObject, place: Place) -> JSONObject:
        """Return a reference to a schema with a name by its path."""
        name = self.name + "".join(each[:1].upper() + each[1:] for each in place.names)
        return self.components.add(name, schema)

    def alternatives(
        self,
        type_: GraphQLInterfaceType | GraphQLUnionType,
        sets: Sets,
        place: Place,
    ) -> list[JSONObject]:
        """Describe each possible type, once for all whose fields are the same."""
        possible = sorted(self.schema.get_possible_types(type_), key=_by_name)
        groups: list[tuple[JSONObject, list[GraphQLObjectType]]] = []
        for each in possible:
            shape = self._shape(sets, each, place)
            same = next((types for other, types in groups if other == shape), None)
            if same is None:
                groups.append((shape, [each]))
            else:
                same.append(each)
        return [self._with_names(shape, sets, types) for shape, types in groups]

    def _nodes(
        self, selections: SelectionSetNode, type_: GraphQLObjectType, *, always: bool
    ) -> Iterator[tuple[FieldNode, bool]]:
        for node in selections.selections:
            certain = always and not _is_conditional(node.directives)
            if isinstance(node, FieldNode):
                yield node, certain
                continue
            fragment = fragment_of(node, self.fragments)
            condition = fragment.type_condition
            if condition is None or self._applies(condition.name.value, type_):
                yield from self._nodes(fragment.selection_set, type_, always=certain)

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        declared: GraphQLNamedType | None = self.schema.type_map.get(condition)
        if declared is type_:
            return True
        return is_abstract_type(declared) and self.schema.is_sub_type(declared, type_)


def _by_name(type_: GraphQLObjectType) -> str:
    return type_.name


def _is_conditional(directives: Iterable[DirectiveNode] | None) -> bool:
    return any(each.name.value in _CONDITIONS for each in directives or ())
