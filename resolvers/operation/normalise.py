"""The normalisation of selection sets to fields of object types.

At a position of abstract type, the object types are grouped by the written fields that
apply to them. The fields of each group are merged separately, and groups with the same
result are united again. So `{ name ... on Book { pages } }` gives one `name` on all
types, not one per type, and overlapping fragments need no further care.

Overlapping fragments on many types can multiply from level to level, so each step is
counted against a budget.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    SelectionNode,
    SelectionSetNode,
    is_composite_type,
    is_interface_type,
    is_object_type,
)

from weir.resolvers.operation.conditions import Condition, both, either, literals_of
from weir.resolvers.operation.fields import Field
from weir.resolvers.operation.response_key import response_key
from weir.resolvers.operation.work import WorkBudget

KeyOf: TypeAlias = Callable[[FieldNode], str]
Conditioned: TypeAlias = tuple[SelectionSetNode, Condition]

_FIELD_STEPS = 20
"""The steps of one normalised field, including all later planning."""
_TYPES_PER_STEP = 4


@dataclass(frozen=True, slots=True)
class _Written:
    """A field as written, with its types and its condition."""

    node: FieldNode
    types: frozenset[str]
    condition: Condition


class TypeSystem(Protocol):
    """The parts of a schema, or of a supergraph, that normalisation needs."""

    def possible(self, type_name: str) -> frozenset[str]:
        """Return the object types of a type: itself, if it has no implementations."""
        ...

    def composite_of(self, type_name: str, field_name: str) -> str | None:
        """Return the composite type of a field, or None for a leaf."""
        ...


@dataclass(frozen=True, slots=True)
class SchemaTypes:
    """The types of a schema that clients see."""

    schema: GraphQLSchema
    _possible: dict[str, frozenset[str]] = field(
        default_factory=dict[str, frozenset[str]]
    )
    _composite: dict[tuple[str, str], str | None] = field(
        default_factory=dict[tuple[str, str], str | None]
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
        coordinate = (type_name, field_name)
        if coordinate not in self._composite:
            self._composite[coordinate] = self._find_composite(type_name, field_name)
        return self._composite[coordinate]

    def _find_composite(self, type_name: str, field_name: str) -> str | None:
        parent = self.schema.type_map[type_name]
        if field_name.startswith("__") or not (
            is_object_type(parent) or is_interface_type(parent)
        ):
            return None
        # Looked up by text, because the type checkers cannot follow graphql-core's
        # wrappers.
        name = str(parent.fields[field_name].type).strip("[]!")
        return name if is_composite_type(self.schema.get_type(name)) else None


@dataclass(frozen=True, slots=True)
class Normaliser:
    """The normalisation of one document's selection sets, for one schema."""

    types: TypeSystem
    fragments: Mapping[str, FragmentDefinitionNode]
    work: WorkBudget = field(default_factory=WorkBudget)
    _known: dict[tuple[object, ...], tuple[Field, ...]] = field(
        default_factory=dict[tuple[object, ...], tuple[Field, ...]]
    )

    def fields_of(
        self,
        type_name: str,
        selection_sets: Iterable[Conditioned],
        key_of: KeyOf = response_key,
    ) -> tuple[Field, ...]:
        """Return the merged fields that selection sets select on a type.

        Equal results are one tuple. Raises `LimitExceeded` beyond the budget.
        """
        written: dict[str, list[_Written]] = {}
        possible = self.types.possible(type_name)
        for selection_set, condition in selection_sets:
            collector = _Collector(self, written, key_of)
            collector.collect(selection_set, possible, condition)
        fields = tuple(
            merged
            for key, occurrences in written.items()
            for merged in self._merged(key, occurrences, possible)
        )
        return self._known.setdefault(tuple(map(_identity, fields)), fields)

    def _merged(
        self, key: str, written: list[_Written], possible: frozenset[str]
    ) -> list[Field]:
        is_whole = any(each.types >= possible for each in written)
        fields = [
            merged
            for occurrences, names in self._groups(written)
            for merged in self._of_group(key, occurrences, names)
        ]
        merged = _united_if_same_below(fields)
        return merged if is_whole else [replace(e, is_whole=False) for e in merged]

    def _groups(
        self, written: list[_Written]
    ) -> Iterable[tuple[list[_Written], list[str]]]:
        """Group the types by the occurrences that apply to them."""
        self.work.spend(sum(len(each.types) for each in written) // _TYPES_PER_STEP)
        if len({each.types for each in written}) == 1:
            return [(written, sorted(written[0].types))]
        applying: defaultdict[str, list[int]] = defaultdict(list)
        for index, each in enumerate(written):
            for name in each.types:
                applying[name].append(index)
        groups: defaultdict[tuple[int, ...], list[str]] = defaultdict(list)
        for name in sorted(applying):
            groups[tuple(applying[name])].append(name)
        return [
            ([written[index] for index in indexes], names)
            for indexes, names in groups.items()
        ]

    def _of_group(
        self, key: str, written: list[_Written], names: Sequence[str]
    ) -> Iterator[Field]:
        node = written[0].node
        condition = written[0].condition
        for each in written[1:]:
            self.work.spend(len(condition))
            condition = either(condition, each.condition)
        by_composite: dict[str | None, set[str]] = {}
        for name in names:
            composite = self.types.composite_of(name, node.name.value)
            by_composite.setdefault(composite, set()).add(name)
        below = [
            (e.node.selection_set, e.condition) for e in written if e.node.selection_set
        ]
        for composite, of_types in by_composite.items():
            self.work.spend(_FIELD_STEPS)
            yield Field(
                key=key,
                name=node.name.value,
                node=node,
                types=frozenset(of_types),
                condition=condition,
                fields=self.fields_of(composite, below) if composite else (),
                is_leaf=composite is None,
            )


_Pending: TypeAlias = tuple[Iterator[SelectionNode], frozenset[str], Condition]


@dataclass(frozen=True, slots=True)
class _Collector:
    """A collector of the fields at one position, with fragments written out.

    It does not recurse, because fragments may be nested deeper than Python's stack.
    """

    normaliser: Normaliser
    written: dict[str, list[_Written]]
    key_of: KeyOf
    spread: set[tuple[str, frozenset[str], Condition]] = field(
        default_factory=set[tuple[str, frozenset[str], Condition]]
    )

    def collect(
        self, selection_set: SelectionSetNode, types: frozenset[str], when: Condition
    ) -> None:
        pending: list[_Pending] = [(iter(selection_set.selections), types, when)]
        while pending:
            selections, types, when = pending[-1]
            selection = next(selections, None)
            if selection is None:
                pending.pop()
                continue
            self.normaliser.work.spend(1 + len(selection.directives or ()))
            literals = literals_of(selection.directives)
            condition = None if literals is None else both(when, literals)
            if condition is None:
                continue
            if isinstance(selection, FieldNode):
                written = _Written(selection, types, condition)
                self.written.setdefault(self.key_of(selection), []).append(written)
            elif inside := self._inside(selection, types, condition):
                pending.append(inside)

    def _inside(
        self, selection: SelectionNode, types: frozenset[str], when: Condition
    ) -> _Pending | None:
        """Return the selections of a fragment, or None if it applies to no type."""
        match selection:
            case InlineFragmentNode(type_condition=on, selection_set=inner):
                return self._narrowed(inner, types, when, on.name.value if on else None)
            case FragmentSpreadNode(name=name):
                return self._spread(name.value, types, when)
            case _:
                return None

    def _spread(
        self, name: str, types: frozenset[str], when: Condition
    ) -> _Pending | None:
        if (name, types, when) in self.spread:
            return None
        self.spread.add((name, types, when))
        fragment = self.normaliser.fragments[name]
        on = fragment.type_condition.name.value
        return self._narrowed(fragment.selection_set, types, when, on)

    def _narrowed(
        self,
        selection_set: SelectionSetNode,
        types: frozenset[str],
        when: Condition,
        on: str | None,
    ) -> _Pending | None:
        narrowed = types & self.normaliser.types.possible(on) if on else types
        return (iter(selection_set.selections), narrowed, when) if narrowed else None


def united(fields: Iterable[Field]) -> list[Field]:
    """Unite fields that only differ in their types."""
    found: list[Field] = []
    for each in fields:
        for index, other in enumerate(found):
            if replace(other, types=each.types, node=each.node) == each:
                found[index] = replace(other, types=other.types | each.types)
                break
        else:
            found.append(each)
    return found


def _united_if_same_below(fields: list[Field]) -> list[Field]:
    """Unite fields of one key as `united` does, by the identity of the fields below."""
    found: dict[tuple[object, ...], Field] = {}
    for each in fields:
        like = (each.name, each.condition, id(each.fields), each.is_leaf)
        other = found.get(like)
        found[like] = replace(other, types=other.types | each.types) if other else each
    return list(found.values())


def _identity(field: Field) -> tuple[object, ...]:
    """Return a key by which equal fields are united. Equal fields below are one tuple.

    Nodes with a location are equal only to themselves, and hashing them is deep.
    """
    node = field.node
    return (
        field.key,
        field.name,
        node if node.loc is None else id(node),
        field.types,
        field.condition,
        id(field.fields),
        field.is_leaf,
        field.is_whole,
    )
