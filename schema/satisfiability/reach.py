"""The subgraphs that can be reached from each subgraph, as a least fix-point.

The number of paths through keys explodes if many subgraphs share many keys. So paths
are not explored one by one. Instead, each type and subgraph has a set of subgraphs that
keys lead to, and these sets grow until there is no change:

- A subgraph can be entered by a key if the key's fields can be resolved from the
  subgraphs reached so far, directly or through other subgraphs.
- A field with `@requires` is resolved in its subgraph if the required fields can be
  resolved from there, and a key of that subgraph leads back. A field with a contextual
  argument only needs the key.

Both rules only add to the sets, so the order of evaluation does not matter, and cyclic
requirements cannot satisfy themselves.

As in the reference, keys, requirements and contexts never use a field that moves with
an override label: they must hold for each value of the label.
"""

from collections.abc import Iterator
from typing import TypeAlias

from graphql import (
    FieldNode,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
)

from weir.schema.model.definitions import ROOT_TYPES
from weir.schema.satisfiability.positions import (
    Position,
    Positions,
    gathered,
    narrowed,
    position,
    provided,
)
from weir.schema.satisfiability.tables import (
    FieldTable,
    Resolver,
    Tables,
    TypeTable,
    bits,
)

Labels: TypeAlias = frozenset[tuple[str, bool]]
"""Override labels, each with its state (active or not)."""

_UNDECIDED: Labels = frozenset()


class Reach:
    """The reachable subgraphs of a supergraph."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._resolving: dict[tuple[str, str], int] = {}
        self._labelled: dict[tuple[str, str], dict[int, tuple[str, bool]]] = {}
        self._reached: dict[tuple[str, int], int] = {}
        self._from_special: dict[tuple[str, Position], int] = {}
        self._waiting: list[tuple[str, str, Resolver]] = []
        self._start()
        self._grow()

    def resolving(self, type_name: str, field: str, labels: Labels = _UNDECIDED) -> int:
        """Return the subgraphs that resolve a field and can satisfy its requirements.

        A copy that depends on a label counts if `labels` has its state of the label.
        """
        mask = self._resolving.get((type_name, field), 0)
        labelled = self._labelled.get((type_name, field), {})
        for number, label in labelled.items():
            if label not in labels:
                mask &= ~(1 << number)
        return mask

    def reached(self, type_name: str, positions: Positions) -> int:
        """Return all subgraphs that can be reached from positions on a type."""
        mask = 0
        for number in bits(positions.plain):
            mask |= self._reached.get((type_name, number), 1 << number)
        for each in positions.special:
            mask |= self._reached_from(each.type or type_name, each)
        return mask

    def advance(
        self,
        type_name: str,
        field: str,
        positions: Positions,
        labels: Labels = _UNDECIDED,
    ) -> Positions:
        """Return the positions behind a field, from all reachable subgraphs."""
        table = self.tables.types[type_name].fields[field]
        resolving = self.reached(type_name, positions)
        resolving &= self.resolving(type_name, field, labels)
        plain = 0 if table.is_composite else resolving
        landed = gathered(self._positions_behind(table, resolving), plain)
        for each in positions.special:
            offered = self._offered(type_name, field, each, labels)
            landed = Positions(
                landed.plain | offered.plain, landed.special | offered.special
            )
        return landed

    def _positions_behind(
        self, table: FieldTable, resolving: int
    ) -> Iterator[Position]:
        """Yield the positions behind a composite field."""
        for number in bits(resolving) if table.is_composite else ():
            resolver = table.resolvers[number]
            yield position(number, resolver.narrower, resolver.provides)

    def _offered(
        self, type_name: str, field: str, of: Position, labels: Labels
    ) -> Positions:
        """Return the positions behind a field that only a special position resolves."""
        nodes = tuple(provided(of.selections, field))
        plain = 1 << of.subgraph if any(not each.selection_set for each in nodes) else 0
        special = (
            position(of.subgraph, "", each.selection_set)
            for each in nodes
            if each.selection_set is not None
        )
        offered = gathered(special, plain)
        narrower = self.tables.types.get(of.type)
        if narrower is None or of.type == type_name or field not in narrower.fields:
            return offered
        own = self.advance(of.type, field, Positions(1 << of.subgraph), labels)
        return Positions(offered.plain | own.plain, offered.special | own.special)

    def cast(self, type_name: str, target: str, positions: Positions) -> Positions:
        """Return the positions on an abstract type that can be ones on an object."""
        known = self._knowing(type_name, target)
        names = frozenset((target, *self._supertypes(target)))
        special = (
            position(each.subgraph, "", narrowed(each.selections, names))
            for each in positions.special
            if each.type == target
            or self._knowing(each.type or type_name, target) >> each.subgraph & 1
        )
        return gathered(special, positions.plain & known)

    def _knowing(self, type_name: str, target: str) -> int:
        table = self.tables.types[type_name]
        return table.casts.get(target, 0) | self._discovering(type_name, table)

    def _supertypes(self, name: str) -> tuple[str, ...]:
        return tuple(
            other for other, table in self.tables.types.items() if name in table.casts
        )

    def _discovering(self, type_name: str, table: TypeTable) -> int:
        """Return the interface object subgraphs that can find out the object's type."""
        identifying = 0
        for key in table.keys:
            identifying |= key.entries & ~table.stand_ins
        return sum(
            1 << number
            for number in bits(table.stand_ins)
            if self._reached.get((type_name, number), 0) & identifying
        )

    def satisfied(
        self, type_name: str, positions: Positions, selections: SelectionSetNode
    ) -> bool:
        """Return whether each leaf of a selection can be resolved from positions."""
        return all(
            self._selected(type_name, positions, node) for node in selections.selections
        )

    def _selected(
        self, type_name: str, positions: Positions, node: SelectionNode
    ) -> bool:
        table = self.tables.types.get(type_name)
        if table is None:
            return False
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            target = condition.name.value if condition else type_name
            return self._fragment(type_name, positions, target, node.selection_set)
        if not isinstance(node, FieldNode):
            return False
        if node.name.value == "__typename":
            return True
        if node.name.value in table.fields:
            landed = self.advance(type_name, node.name.value, positions)
            if landed:
                target = table.fields[node.name.value].target
                inner = node.selection_set
                return inner is None or self.satisfied(target, landed, inner)
        return table.is_abstract and self._exploded(type_name, table, positions, node)

    def _fragment(
        self,
        type_name: str,
        positions: Positions,
        target: str,
        selections: SelectionSetNode,
    ) -> bool:
        table = self.tables.types[type_name]
        wanted = self.tables.types.get(target)
        if target == type_name:
            return self.satisfied(type_name, positions, selections)
        if not table.is_abstract:
            # A type condition that the object does not satisfy selects no fields.
            meets = wanted is not None and type_name in wanted.casts
            return not meets or self.satisfied(type_name, positions, selections)
        if target in table.casts:
            landed = self.cast(type_name, target, positions)
            # A subgraph never returns an object of a type that it does not know.
            return not landed or self.satisfied(target, landed, selections)
        return wanted is not None and all(
            self._fragment(type_name, positions, name, selections)
            for name in table.casts
            if name in wanted.casts
        )

    def _exploded(
        self, type_name: str, table: TypeTable, positions: Positions, node: FieldNode
    ) -> bool:
        """Return whether an interface's field can be resolved for each object type."""
        landings = {name: self.cast(type_name, name, positions) for name in table.casts}
        known = {name: landed for name, landed in landings.items() if landed}
        return bool(known) and all(
            self._selected(name, landed, node) for name, landed in known.items()
        )

    def _reached_from(self, type_name: str, of: Position) -> int:
        """Return the subgraphs behind a position; provided fields may be key fields."""
        key = type_name, of
        if key in self._from_special:
            return self._from_special[key]
        mask = self._reached.get((type_name, of.subgraph), 1 << of.subgraph)
        # It is set before it is complete, because a key cannot satisfy itself.
        self._from_special[key] = mask
        if of.selections.selections:
            positions = Positions(mask, frozenset({of}))
            mask = self._entered(type_name, mask, positions)
            self._from_special[key] = mask
        return mask

    def _entered(self, type_name: str, mask: int, positions: Positions) -> int:
        """Add the subgraphs that one key leads to."""
        for key in self.tables.types[type_name].keys:
            if key.entries & ~mask and self.satisfied(
                type_name, positions, key.selections
            ):
                for number in bits(key.entries):
                    mask |= self._reached.get((type_name, number), 1 << number)
        return mask

    def _start(self) -> None:
        for name, table in self.tables.types.items():
            for number in bits(table.records):
                is_root = name in ROOT_TYPES
                self._reached[name, number] = table.records if is_root else 1 << number
            for field, field_table in table.fields.items():
                self._start_field(name, table, field, field_table)

    def _start_field(
        self, name: str, table: TypeTable, field: str, field_table: FieldTable
    ) -> None:
        mask = 0
        for number, resolver in field_table.resolvers.items():
            if not table.records >> number & 1:
                continue
            if resolver.label is not None:
                self._labelled.setdefault((name, field), {})[number] = resolver.label
            if resolver.reenters:
                self._waiting.append((name, field, resolver))
            else:
                mask |= 1 << number
        self._resolving[name, field] = mask

    def _grow(self) -> None:
        entities = [
            (name, number)
            for name, table in self.tables.types.items()
            if table.keys and name not in ROOT_TYPES
            for number in bits(table.records)
        ]
        growing = True
        while growing:
            self._from_special.clear()
            growing = self._grow_fields()
            for name, number in entities:
                growing |= self._grow_reached(name, number)
        self._from_special.clear()

    def _grow_reached(self, name: str, number: int) -> bool:
        before = self._reached[name, number]
        mask = before
        while True:
            grown = self._entered(name, mask, Positions(mask))
            if grown == mask:
                break
            mask = grown
        self._reached[name, number] = mask
        return mask != before

    def _grow_fields(self) -> bool:
        waiting, self._waiting = self._waiting, []
        for name, field, resolver in waiting:
            if self._requirement_met(name, resolver):
                self._resolving[name, field] |= 1 << resolver.subgraph
            else:
                self._waiting.append((name, field, resolver))
        return len(self._waiting) < len(waiting)

    def _requirement_met(self, name: str, resolver: Resolver) -> bool:
        if not self.has_way_back(name, resolver.subgraph):
            return False
        here = Positions(1 << resolver.subgraph)
        requires = resolver.requires
        return requires is None or self.satisfied(name, here, requires)

    def has_way_back(self, name: str, subgraph: int) -> bool:
        """Return whether a subgraph can be re-entered by fields it resolves itself."""
        return any(
            key.entries >> subgraph & 1
            and self._is_local(name, subgraph, key.selections)
            for key in self.tables.types[name].keys
        )

    def _is_local(self, name: str, subgraph: int, selections: SelectionSetNode) -> bool:
        table = self.tables.types.get(name)
        for node in selections.selections:
            if not isinstance(node, FieldNode) or table is None:
                return False
            field = table.fields.get(node.name.value)
            if field is None:
                return node.name.value == "__typename"
            if not self.resolving(name, node.name.value) >> subgraph & 1:
                return False
            inner = node.selection_set
            if inner is not None and not self._is_local(field.target, subgraph, inner):
                return False
        return True
