"""The walk from a normalised operation to positions and the goals at them.

Field sets (keys, requires, contexts) are walked by the same functions: the plan's own
needs are fetched in the same way as the fields of the client.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import reduce

from graphql import FieldNode, NameNode

from weir.resolvers.operation.conditions import ALWAYS, Condition, either
from weir.resolvers.operation.fields import Field
from weir.resolvers.operation.normalise import Normaliser, united
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.model.errors import NotPlannable
from weir.resolvers.plan.walk.positions import Goal, Position, path_below, root_position
from weir.resolvers.plan.walk.reach import reachable
from weir.schema.graph.graph import Graph
from weir.schema.graph.nodes import Node
from weir.schema.graph.selections import FieldSet


@dataclass(slots=True)
class Walker:
    """The positions and goals of one operation, each made once."""

    context: PlanningContext
    root: Position = field(init=False)
    _reachable: dict[tuple[frozenset[str], frozenset[str]], frozenset[str]] = field(
        default_factory=dict[tuple[frozenset[str], frozenset[str]], frozenset[str]]
    )
    _set_goals: dict[
        tuple[Position, int], tuple[tuple[Field, ...], tuple[Goal, ...]]
    ] = field(
        default_factory=dict[
            tuple[Position, int], tuple[tuple[Field, ...], tuple[Goal, ...]]
        ]
    )
    _field_sets: dict[tuple[tuple[str, ...], str], tuple[Field, ...]] = field(
        default_factory=dict[tuple[tuple[str, ...], str], tuple[Field, ...]]
    )

    def __post_init__(self) -> None:
        graph = self.context.graph
        self.root = root_position(self.context.operation.root_type)
        self.root.reached = frozenset(
            info.name
            for info in graph.subgraphs
            if graph.node(self.root.type_name, info.name)
        )

    def operation(self) -> tuple[Goal, ...]:
        """Return the goals of the client's operation."""
        return tuple(self.goals(self.root, self.context.operation.fields))

    def field_set(self, type_name: str, field_set: FieldSet) -> tuple[Field, ...]:
        """Return a field set of a type as normalised fields."""
        return self.field_set_on((type_name,), field_set)

    def field_set_on(
        self, types: tuple[str, ...], field_set: FieldSet
    ) -> tuple[Field, ...]:
        """Return a field set, read on each of some types, as normalised fields."""
        key = (types, field_set.text)
        known = self._field_sets.get(key)
        if known is None:
            normaliser = Normaliser(_GraphTypes(self.context.graph), {})
            fields = [
                each
                for name in types
                for each in normaliser.fields_of(name, [(field_set.node, ALWAYS)])
            ]
            known = tuple(fields if len(types) == 1 else united(fields))
            self._field_sets[key] = known
        return known

    def goals(self, position: Position, fields: tuple[Field, ...]) -> Iterator[Goal]:
        """Yield the goals of fields at a position, and of all fields below."""
        for each in fields:
            self.context.budget.spend()
            types = each.types & position.types
            if not types:
                continue
            if each.name == "__typename":
                yield Goal(position, replace(each, types=types), each.condition)
                continue
            for alike in self._classes(types, each.name):
                part = each if alike == each.types else replace(each, types=alike)
                if part.is_leaf:
                    yield Goal(position, part, part.condition)
                else:
                    yield from self._below(position, part)

    def goals_of_set(
        self, position: Position, fields: tuple[Field, ...]
    ) -> tuple[Goal, ...]:
        """Return the goals of a field set at a position, the same in all trials."""
        key = (position, id(fields))
        known = self._set_goals.get(key)
        if known is None:
            known = (fields, tuple(self.goals(position, fields)))
            self._set_goals[key] = known
        return known[1]

    def _below(self, parent: Position, made_by: Field) -> Iterator[Goal]:
        position = self.position(parent, made_by)
        self._check_interface_fields(position, made_by)
        conditions: list[Condition] = []
        for goal in self.goals(position, made_by.fields):
            conditions.append(goal.condition)
            yield goal
        if position.is_abstract and not _cover(made_by.fields, position.types):
            typename = typename_of(position.types, made_by.condition)
            yield Goal(position, typename, made_by.condition)
        elif not conditions or reduce(either, conditions) != made_by.condition:
            yield Goal(position, None, made_by.condition)

    def _check_interface_fields(self, position: Position, made_by: Field) -> None:
        """Raise for fields of an interface that no subgraph can resolve for all types.

        If several subgraphs resolve a field of abstract type, each may return objects
        of any type. If none of them leads to the interface's field on all types, the
        right subgraph would depend on the response.
        """
        if len(position.reached) < 2 or not position.is_abstract:  # noqa: PLR2004
            return
        for each in made_by.fields:
            if not each.is_whole or each.name == "__typename":
                continue
            if not any(
                self._leads_to(subgraph, each.types & position.types, each.name)
                for subgraph in position.reached
            ):
                coordinate = f"{position.type_name}.{each.name}"
                raise NotPlannable(coordinate, position.in_words)

    def _leads_to(self, subgraph: str, types: frozenset[str], field_name: str) -> bool:
        graph = self.context.graph
        return all(
            any(
                resolver.node.subgraph in reached
                for resolver in graph.resolvers(name, field_name)
            )
            for name in types
            for reached in [reachable(graph, frozenset({name}), frozenset({subgraph}))]
        )

    def position(self, parent: Position, made_by: Field) -> Position:
        """Return the position that a field makes, the same one for equal fields."""
        key = (made_by.key, made_by.types)
        known = parent.children.get(key)
        if known is None:
            known = parent.children[key] = self._make(parent, made_by)
        return known

    def _make(self, parent: Position, made_by: Field) -> Position:
        graph = self.context.graph
        owner = min(made_by.types)
        type_name = graph.composite_of(owner, made_by.name)
        assert type_name is not None
        targets = self._targets(parent, owner, made_by.name)
        return Position(
            parent=parent,
            field=made_by,
            owner_types=made_by.types,
            type_name=type_name,
            types=self._runtime_types(type_name, targets),
            path=path_below(
                parent,
                made_by,
                is_list="[" in graph.field(owner, made_by.name).type,
            ),
            reached=frozenset(node.subgraph for node in targets),
        )

    def _targets(self, parent: Position, owner: str, field_name: str) -> list[Node]:
        """Return the targets of a field in the subgraphs that can be reached."""
        graph = self.context.graph
        resolvers = graph.resolvers(owner, field_name)
        reached = parent.reached
        if any(each.node.subgraph not in reached for each in resolvers):
            reached = self._reachable_at(parent)
        targets: list[Node] = []
        for resolver in resolvers:
            move = self.context.move(resolver.node, owner, field_name)
            if resolver.node.subgraph not in reached:
                continue
            if move is not None and move.target is not None:
                targets.append(move.target)
            elif move is None and not resolver.by_entry:
                declared = resolver.node.declared[field_name]
                target = graph.node(declared.strip("[]!"), resolver.node.subgraph)
                targets.extend([target] if target else [])
        return targets

    def _reachable_at(self, position: Position) -> frozenset[str]:
        key = (position.types, position.reached)
        known = self._reachable.get(key)
        if known is None:
            known = self._reachable[key] = reachable(self.context.graph, *key)
        return known

    def _runtime_types(self, type_name: str, targets: list[Node]) -> frozenset[str]:
        """Return the object types that a field's value can have.

        A field that several subgraphs resolve has one value, so its type is one that
        all of them define. The types of an interface with keys are known in full where
        it matters.
        """
        graph = self.context.graph
        everything = graph.object_types(type_name)
        if len(everything) == 1 or not targets:
            return everything
        has_keys = any(join.keys for join in graph.types[type_name].joins.values())
        possible = [node.possible for node in targets]
        common = possible[0].intersection(*possible)
        if has_keys or not common:
            return possible[0].union(*possible) or everything
        return common

    def _classes(self, types: frozenset[str], field_name: str) -> list[frozenset[str]]:
        """Group types whose field is resolved in the same way."""
        if len(types) == 1:
            return [types]
        groups: dict[object, set[str]] = {}
        for name in sorted(types):
            alike = self.context.graph.resolution_class(name, field_name)
            groups.setdefault(alike, set()).add(name)
        return [frozenset(group) for group in groups.values()]


@dataclass(frozen=True, slots=True)
class _GraphTypes:
    """The types of a supergraph, hidden ones included, for field sets."""

    graph: Graph

    def possible(self, type_name: str) -> frozenset[str]:
        return self.graph.object_types(type_name)

    def composite_of(self, type_name: str, field_name: str) -> str | None:
        return self.graph.composite_of(type_name, field_name)


_TYPENAME = FieldNode(name=NameNode(value="__typename"))


def typename_of(types: frozenset[str], condition: Condition = ALWAYS) -> Field:
    """Return the field that selects the type of an object."""
    return Field(
        key="__typename",
        name="__typename",
        node=_TYPENAME,
        types=types,
        condition=condition,
    )


def _cover(fields: tuple[Field, ...], types: frozenset[str]) -> bool:
    return all(each.types >= types for each in fields)
