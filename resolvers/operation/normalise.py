"""From a selection set to the fields of each object type.

For a position of abstract type, the object types are grouped by which of the written
fields apply to them; each group's fields are merged on their own, and groups for which
the outcome is the same are united again. So `{ name ... on Book { pages } }` gives
`name` on all types, not once per type, and overlapping fragments need no further care.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    SelectionSetNode,
    is_composite_type,
    is_interface_type,
    is_object_type,
)

from resolvers.operation.conditions import (
    Condition,
    both,
    either,
    literals_of,
)
from resolvers.operation.fields import Field
from resolvers.operation.response_key import response_key

KeyOf: TypeAlias = Callable[[FieldNode], str]
Conditioned: TypeAlias = tuple[SelectionSetNode, Condition]


@dataclass(frozen=True, slots=True)
class _Written:
    """A field as written: where it applies, and when."""

    node: FieldNode
    types: frozenset[str]
    condition: Condition


class TypeSystem(Protocol):
    """What normalising asks of a schema, or of a supergraph."""

    def possible(self, type_name: str) -> frozenset[str]:
        """Give the object types of a type; one that nothing implements is its own."""
        ...

    def composite_of(self, type_name: str, field_name: str) -> str | None:
        """Give a field's composite type, None if it is a leaf."""
        ...


@dataclass(frozen=True, slots=True)
class SchemaTypes:
    """The types of a schema that clients see."""

    schema: GraphQLSchema
    _possible: dict[str, frozenset[str]] = field(
        default_factory=dict[str, frozenset[str]]
    )

    def possible(self, type_name: str) -> frozenset[str]:
        known = self._possible.get(type_name)
        if known is None:
            known = self._possible[type_name] = self._find(type_name)
        return known

    def _find(self, type_name: str) -> frozenset[str]:
        named = self.schema.get_type(type_name)
        if not isinstance(named, GraphQLInterfaceType | GraphQLUnionType):
            return frozenset({type_name})
        implementations = self.schema.get_possible_types(named)
        return frozenset(each.name for each in implementations) or frozenset(
            {type_name}
        )

    def composite_of(self, type_name: str, field_name: str) -> str | None:
        parent = self.schema.type_map[type_name]
        if field_name.startswith("__") or not (
            is_object_type(parent) or is_interface_type(parent)
        ):
            return None
        # Named by its text: graphql-core's wrappers are generic beyond type checkers.
        name = str(parent.fields[field_name].type).strip("[]!")
        return name if is_composite_type(self.schema.get_type(name)) else None


@dataclass(frozen=True, slots=True)
class Normaliser:
    """Normalises selection sets of one document against one schema."""

    types: TypeSystem
    fragments: Mapping[str, FragmentDefinitionNode]

    def fields_of(
        self,
        type_name: str,
        selection_sets: Iterable[Conditioned],
        key_of: KeyOf = response_key,
    ) -> tuple[Field, ...]:
        """Give the fields that selection sets ask of a type, merged."""
        written: dict[str, list[_Written]] = {}
        possible = self.types.possible(type_name)
        for selection_set, condition in selection_sets:
            collector = _Collector(self, written, key_of)
            collector.collect(selection_set, possible, condition)
        return tuple(
            merged
            for key, occurrences in written.items()
            for merged in self._merged(key, occurrences, possible)
        )

    def _merged(
        self, key: str, written: list[_Written], possible: frozenset[str]
    ) -> list[Field]:
        is_whole = any(each.types >= possible for each in written)
        groups: dict[tuple[int, ...], set[str]] = {}
        for name in sorted(frozenset[str]().union(*(each.types for each in written))):
            applying = tuple(i for i, each in enumerate(written) if name in each.types)
            groups.setdefault(applying, set()).add(name)
        fields: list[Field] = []
        for applying, names in groups.items():
            occurrences = [written[index] for index in applying]
            fields.extend(self._of_group(key, occurrences, names))
        merged = united(fields)
        return merged if is_whole else [replace(e, is_whole=False) for e in merged]

    def _of_group(
        self, key: str, written: list[_Written], names: Iterable[str]
    ) -> Iterable[Field]:
        node = written[0].node
        condition = written[0].condition
        for each in written[1:]:
            condition = either(condition, each.condition)
        by_composite: dict[str | None, set[str]] = {}
        for name in sorted(names):
            composite = self.types.composite_of(name, node.name.value)
            by_composite.setdefault(composite, set()).add(name)
        below = [
            (e.node.selection_set, e.condition) for e in written if e.node.selection_set
        ]
        for composite, of_types in by_composite.items():
            yield Field(
                key=key,
                name=node.name.value,
                node=node,
                types=frozenset(of_types),
                condition=condition,
                fields=self.fields_of(composite, below) if composite else (),
                is_leaf=composite is None,
            )


@dataclass(frozen=True, slots=True)
class _Collector:
    """Collects the fields written at one position, fragments written out."""

    normaliser: Normaliser
    written: dict[str, list[_Written]]
    key_of: KeyOf
    spread: set[tuple[str, frozenset[str], Condition]] = field(
        default_factory=set[tuple[str, frozenset[str], Condition]]
    )

    def collect(
        self, selection_set: SelectionSetNode, types: frozenset[str], when: Condition
    ) -> None:
        for selection in selection_set.selections:
            literals = literals_of(selection.directives)
            condition = None if literals is None else both(when, literals)
            if condition is None:
                continue
            match selection:
                case FieldNode():
                    written = _Written(selection, types, condition)
                    self.written.setdefault(self.key_of(selection), []).append(written)
                case InlineFragmentNode(type_condition=on, selection_set=inner):
                    self._narrow(inner, types, condition, on.name.value if on else None)
                case FragmentSpreadNode(name=name):
                    self._spread(name.value, types, condition)
                case _:
                    continue

    def _spread(self, name: str, types: frozenset[str], when: Condition) -> None:
        fragment = self.normaliser.fragments[name]
        if (name, types, when) not in self.spread:
            self.spread.add((name, types, when))
            on = fragment.type_condition.name.value
            self._narrow(fragment.selection_set, types, when, on)

    def _narrow(
        self,
        selection_set: SelectionSetNode,
        types: frozenset[str],
        when: Condition,
        on: str | None,
    ) -> None:
        narrowed = types & self.normaliser.types.possible(on) if on else types
        if narrowed:
            self.collect(selection_set, narrowed, when)


def united(fields: Iterable[Field]) -> list[Field]:
    """Unite fields that differ in their types alone."""
    found: list[Field] = []
    for each in fields:
        for index, other in enumerate(found):
            if replace(other, types=each.types, node=each.node) == each:
                found[index] = replace(other, types=other.types | each.types)
                break
        else:
            found.append(each)
    return found
