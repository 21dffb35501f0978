"""The members of REST responses that are left out where they are null.

This is configured by `device.omit_nulls` of a façade. Ids, enums and fields of a `@key`
stay, as clients look data up by them, or have a case for each value. So do the items of
a list, whose places count. The decision is the same for all fields with one response
name: the member stays if one of the fields has to stay.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    SelectionSetNode,
    get_named_type,
)

from weir.bffs.facades.key_fields import type_with_key
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.response_fields import (
    Fragments,
    fragment_of,
    fragments_of,
    response_name,
)
from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.resolvers.operation.wrappers import field_type, without_non_null
from weir.schema.graph.graph import Graph

_ID: Final = "ID"
_Selected: TypeAlias = tuple[SelectionSetNode, GraphQLNamedType]
"""A selection set, and the type that its fields belong to."""
_Sets: TypeAlias = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class OmittedNulls:
    """The members of an object that are omitted if they are null.

    `below` are those of the objects in other members, by name.
    """

    names: frozenset[str] = frozenset()
    below: Mapping[str, "OmittedNulls"] = field(
        default_factory=dict[str, "OmittedNulls"]
    )

    def __bool__(self) -> bool:
        return bool(self.names or self.below)

    def of(self, name: str) -> "OmittedNulls":
        """Return what is omitted in the objects of a member."""
        return self.below.get(name, NOTHING_OMITTED)

    def left_of(self, value: JSONObject) -> JSONObject:
        """Return an object without these members."""
        left: JSONObject = {}
        for name, each in value.items():
            if each is None:
                if name not in self.names:
                    left[name] = None
            else:
                below = self.below.get(name)
                left[name] = each if below is None else _left(below, each)
        return left


NOTHING_OMITTED: Final = OmittedNulls()


def _left(omitted: OmittedNulls, value: JSONValue) -> JSONValue:
    if is_object(value):
        return omitted.left_of(value)
    return [_left(omitted, each) for each in value] if is_list(value) else value


@dataclass(frozen=True, slots=True)
class NullRule:
    """Decides which members the responses of operations omit."""

    schema: GraphQLSchema
    graph: Graph

    def of(self, operation: StoredOperation) -> OmittedNulls:
        """Return the omitted members of the data of a valid operation."""
        definition = operation.definition
        root = self.schema.get_root_type(definition.operation)
        assert root is not None, "a valid operation has a root type"
        selections = _Selections(self, fragments_of(operation))
        return selections.omitted([(definition.selection_set, root)])

    def omits(self, parent: GraphQLNamedType, name: str) -> bool:
        """Return whether a field of a type is omitted where it is null."""
        declared = _field(parent, name)
        if declared is None:
            return False
        inner, is_required = without_non_null(declared)
        named = get_named_type(inner)
        if is_required or isinstance(named, GraphQLEnumType) or named.name == _ID:
            return False
        return not type_with_key(self.graph, parent.name, name)


@dataclass(frozen=True, slots=True)
class _Selections:
    """The selections of one operation; those of a fragment are looked at once."""

    rule: NullRule
    fragments: Fragments
    known: dict[_Sets, OmittedNulls] = field(default_factory=dict[_Sets, OmittedNulls])

    def omitted(self, sets: list[_Selected]) -> OmittedNulls:
        """Return the omitted members of an object with these selections."""
        key = tuple((id(selected), type_.name) for selected, type_ in sets)
        if key not in self.known:
            self.known[key] = self._omitted(sets)
        return self.known[key]

    def _omitted(self, sets: list[_Selected]) -> OmittedNulls:
        by_name: dict[str, list[tuple[FieldNode, GraphQLNamedType]]] = {}
        for selected, type_ in sets:
            for node, parent in self._fields(selected, type_):
                by_name.setdefault(response_name(node), []).append((node, parent))
        names = frozenset(
            name
            for name, fields in by_name.items()
            if all(self.rule.omits(parent, node.name.value) for node, parent in fields)
        )
        below = {
            name: found
            for name, fields in by_name.items()
            if (found := self.omitted([*_selected(fields)]))
        }
        return OmittedNulls(names, below)

    def _fields(
        self, selected: SelectionSetNode, type_: GraphQLNamedType
    ) -> Iterator[tuple[FieldNode, GraphQLNamedType]]:
        """Yield the fields of an object, each with the type that it belongs to."""
        for node in selected.selections:
            if isinstance(node, FieldNode):
                yield node, type_
                continue
            fragment = fragment_of(node, self.fragments)
            condition = fragment.type_condition
            types = self.rule.schema.type_map
            own = types[condition.name.value] if condition else type_
            yield from self._fields(fragment.selection_set, own)


def _selected(
    fields: Iterable[tuple[FieldNode, GraphQLNamedType]],
) -> Iterator[_Selected]:
    """Yield the selections of the values of fields."""
    for node, parent in fields:
        declared = _field(parent, node.name.value)
        if declared is not None and node.selection_set is not None:
            yield node.selection_set, get_named_type(declared)


def _field(parent: GraphQLNamedType, name: str) -> GraphQLType | None:
    """Return the type of a field, None for one such as `__typename`."""
    if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        return None
    declared = parent.fields.get(name)
    return None if declared is None else field_type(declared)
