"""The access requirements of each field of a supergraph.

A client selects a field on a type, and receives a value of a type. So it needs the
rights of all three. Since federation 2.9, composition also adds requirements:

- An interface and its fields have the requirements of all implementations.
- A field that only interface objects resolve has those of the interface's field.
- A field with `@requires` or `@fromContext` has those of the fields it depends on.

Older composers did not, so that queries could bypass the requirements. Therefore the
same rules are applied to each supergraph that is read. They do not change a new one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import TypeAlias

from weir.schema.graph.building import base_type
from weir.schema.graph.selections import Selected, SelectedField, SelectedFragment
from weir.schema.graph.tables import FieldInfo, TypeInfo, TypeKind
from weir.schema.model.access import UNRESTRICTED, AccessRequirement

FieldAccess: TypeAlias = Mapping[tuple[str, str], AccessRequirement]
"""The requirements by type and field name. Unrestricted fields are left out."""


def field_access(types: Mapping[str, TypeInfo]) -> FieldAccess:
    """Return the requirements for the selection of each field of each type."""
    if not _is_restricted(types):
        return {}
    table = _Table(types)
    found = {
        (info.name, name): table.of_selection(info, name)
        for info in types.values()
        for name in info.fields
    }
    return {key: each for key, each in found.items() if each != UNRESTRICTED}


def type_access(types: Mapping[str, TypeInfo], name: str) -> AccessRequirement:
    """Return the requirements of a type and of the types that implement it.

    A union has no requirement of its own: those of its members apply to selections on
    the members.
    """
    info = types.get(name)
    if info is None:  # a scalar of the specification
        return UNRESTRICTED
    return _all_of([info.access, *(each.access for each in _objects(info, types))])


def _is_restricted(types: Mapping[str, TypeInfo]) -> bool:
    return any(
        info.access != UNRESTRICTED
        or any(each.access != UNRESTRICTED for each in info.fields.values())
        for info in types.values()
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """The requirements of fields, each computed once."""

    types: Mapping[str, TypeInfo]
    _known: dict[tuple[str, str], AccessRequirement] = field(
        default_factory=dict[tuple[str, str], AccessRequirement]
    )

    def of_selection(self, info: TypeInfo, name: str) -> AccessRequirement:
        return type_access(self.types, info.name).and_also(self.of_field(info, name))

    def of_field(self, info: TypeInfo, name: str) -> AccessRequirement:
        """Return the requirements of a field and of its return type."""
        coordinate = (info.name, name)
        if coordinate not in self._known:
            # A field that depends on itself adds nothing to its requirement.
            self._known[coordinate] = UNRESTRICTED
            self._known[coordinate] = _all_of(self._parts(info, info.fields[name]))
        return self._known[coordinate]

    def _parts(
        self, info: TypeInfo, declared: FieldInfo
    ) -> Iterator[AccessRequirement]:
        yield declared.access
        yield type_access(self.types, base_type(declared.type))
        for each in _objects(info, self.types):
            if declared.name in each.fields:
                yield self.of_field(each, declared.name)
        if not declared.joins and declared.access == UNRESTRICTED:
            yield from self._of_interface_objects(info, declared.name)
        for parent, selections in self._inputs(info, declared):
            yield from self._of_inputs(parent, selections)

    def _of_interface_objects(
        self, info: TypeInfo, name: str
    ) -> Iterator[AccessRequirement]:
        for interface in sorted(info.interfaces & self.types.keys()):
            declared = self.types[interface].fields.get(name)
            if declared is not None:
                yield declared.access

    def _inputs(
        self, info: TypeInfo, declared: FieldInfo
    ) -> Iterator[tuple[TypeInfo, tuple[Selected, ...]]]:
        """Yield the selections that a field depends on, each with its type."""
        for join in declared.joins.values():
            if join.requires is not None:
                yield info, join.requires.selections
            for argument in join.contexts:
                for setter in self.types.values():
                    if argument.context in setter.contexts:
                        yield setter, argument.selection.selections

    def _of_inputs(
        self, parent: TypeInfo, selections: Iterable[Selected]
    ) -> Iterator[AccessRequirement]:
        yield type_access(self.types, parent.name)
        for selected in selections:
            match selected:
                case SelectedField(name, below) if name in parent.fields:
                    yield self.of_field(parent, name)
                    target = self.types.get(base_type(parent.fields[name].type))
                    if target is not None and below:
                        yield from self._of_inputs(target, below)
                case SelectedFragment(type_name, below):
                    target = self.types.get(type_name) if type_name else parent
                    if target is not None:
                        yield from self._of_inputs(target, below)
                case _:
                    pass


def _objects(info: TypeInfo, types: Mapping[str, TypeInfo]) -> list[TypeInfo]:
    if info.kind is not TypeKind.INTERFACE:
        return []
    return [types[name] for name in sorted(info.possible) if name != info.name]


def _all_of(parts: Iterable[AccessRequirement]) -> AccessRequirement:
    return reduce(AccessRequirement.and_also, parts, UNRESTRICTED)
