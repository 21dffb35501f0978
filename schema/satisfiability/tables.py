"""Tables of the merged types: their sets of subgraphs, with one bit per subgraph.

An object that a subgraph only knows through an interface object is also a *record* of
that subgraph: it is entered by the interface's keys, and has the interface's fields.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphql import BooleanValueNode, EnumValueNode, ListValueNode, SelectionSetNode

from weir.schema.merging.context import is_interface_object
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.model.definitions import (
    COMPOSITE,
    Applied,
    Field,
    Kind,
    TypeDefinition,
)
from weir.schema.model.field_set import parse_field_set
from weir.schema.model.type_refs import base_name
from weir.schema.model.values import constant


@dataclass(frozen=True, slots=True)
class ContextNeed:
    """The value that a contextual argument takes from the ancestor that sets a context.

    `text` identifies the selections: needs with equal texts are equal.
    """

    context: str
    text: str
    selections: SelectionSetNode = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """A subgraph's resolution of a field.

    `label` is an override label and the state it must have. `contexts` are the needs of
    its contextual arguments. `narrower` is the field's named type in the subgraph if it
    differs from the supergraph's.
    """

    subgraph: int
    requires: SelectionSetNode | None = None
    provides: SelectionSetNode | None = None
    label: tuple[str, bool] | None = None
    contexts: tuple[ContextNeed, ...] = ()
    narrower: str = ""

    @property
    def reenters(self) -> bool:
        """Return whether an entity fetch of its own subgraph resolves the field."""
        return self.requires is not None or bool(self.contexts)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTable:
    """A field: its target, its resolvers by subgraph, and its visibility to clients."""

    target: str
    is_hidden: bool
    is_composite: bool
    resolvers: Mapping[int, Resolver]

    @property
    def labels(self) -> frozenset[str]:
        """Return the override labels that decide which subgraph resolves the field."""
        return frozenset(
            each.label[0] for each in self.resolvers.values() if each.label is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key, and the set of subgraphs that it can enter."""

    text: str
    selections: SelectionSetNode
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeTable:
    """A composite type. All sets of subgraphs are bit masks.

    `records` have the type, or an interface object for it. `casts` has, for each object
    type of an abstract type, the subgraphs that know the relation. `stand_ins` have the
    type as an interface object. `contexts` are the contexts that the type sets, or one
    of its interfaces or unions.
    """

    kind: Kind
    records: int
    fields: Mapping[str, FieldTable]
    keys: tuple[Key, ...]
    casts: Mapping[str, int] = field(default_factory=dict[str, int])
    stand_ins: int = 0
    contexts: frozenset[str] = frozenset()
    is_hidden: bool = False

    @property
    def is_abstract(self) -> bool:
        return self.kind is not Kind.OBJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """All composite types of a supergraph, and the names behind the bits."""

    names: tuple[str, ...]
    types: Mapping[str, TypeTable]
    needs: frozenset[ContextNeed] = frozenset()


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def tables_of(supergraph: SupergraphSchema) -> Tables:
    """Tabulate a merged schema."""
    builder = _Builder(supergraph)
    types = {
        definition.name: builder.type(definition.name)
        for definition in supergraph.types.values()
        if definition.kind in COMPOSITE
    }
    resolvers = [
        resolver
        for table in types.values()
        for each in table.fields.values()
        for resolver in each.resolvers.values()
    ]
    return Tables(
        names=tuple(each.name for each in supergraph.context.subgraphs),
        types=types,
        needs=frozenset(need for each in resolvers for need in each.contexts),
    )


class _Builder:
    def __init__(self, supergraph: SupergraphSchema) -> None:
        self._supergraph = supergraph
        self._context = supergraph.context
        graphs = supergraph.context.graphs
        self._numbers = {
            graphs[each.name]: number
            for number, each in enumerate(supergraph.context.subgraphs)
        }
        self._own_fields: dict[tuple[str, str], Mapping[int, Resolver]] = {}
        for definition in supergraph.types.values():
            for each in definition.fields.values():
                key = definition.name, each.name
                self._own_fields[key] = self._resolvers(definition.name, each)

    def type(self, name: str) -> TypeTable:
        definition = self._supergraph.types[name]
        own = self._mask(name)
        abstracting = self._abstracting(name, own)
        fields = {
            each.name: self._field(name, each, abstracting)
            for each in definition.fields.values()
        }
        stand_ins = 0
        for number, subgraph in enumerate(self._context.subgraphs):
            known = subgraph.types.get(name)
            if known is not None and is_interface_object(known):
                stand_ins |= 1 << number
        records = own
        for mask in abstracting.values():
            records |= mask
        return TypeTable(
            kind=definition.kind,
            records=records,
            fields=fields,
            keys=self._keys(name, abstracting),
            casts=self._casts(name, definition.kind),
            stand_ins=stand_ins,
            contexts=frozenset(self._set_contexts(definition)),
            is_hidden=definition.has("inaccessible"),
        )

    def _set_contexts(self, definition: TypeDefinition) -> Iterator[str]:
        """Yield the contexts of a type, of its interfaces, and of its unions."""
        for each in self._supergraph.types.values():
            is_set_there = each.has("context")
            if is_set_there and self._is_one_of(definition, each):
                yield from (
                    applied.text("name") or "" for applied in each.all("context")
                )

    def _is_one_of(self, definition: TypeDefinition, other: TypeDefinition) -> bool:
        return (
            definition is other
            or other.name in definition.interfaces
            or definition.name in other.members
        )

    def _mask(self, name: str) -> int:
        return sum(
            1 << number
            for number, subgraph in enumerate(self._context.subgraphs)
            if name in subgraph.types
        )

    def _abstracting(self, name: str, own: int) -> dict[str, int]:
        """Return the subgraphs that only have an interface object for a type.

        They are grouped by interface.
        """
        if self._supergraph.types[name].kind is not Kind.OBJECT:
            return {}
        found: dict[str, int] = {}
        for interface in self._context.implements.get(name, ()):
            if interface not in self._context.interface_objects:
                continue
            for number, subgraph in enumerate(self._context.subgraphs):
                known = subgraph.types.get(interface)
                stands_in = known is not None and is_interface_object(known)
                if stands_in and not own >> number & 1:
                    found[interface] = found.get(interface, 0) | 1 << number
        return found

    def _field(
        self, name: str, each: Field, abstracting: Mapping[str, int]
    ) -> FieldTable:
        resolvers = dict(self._own_fields[name, each.name])
        for interface, mask in abstracting.items():
            inherited = self._own_fields.get((interface, each.name), {})
            resolvers |= {n: each for n, each in inherited.items() if mask >> n & 1}
        target = base_name(each.type)
        definition = self._supergraph.types.get(target)
        return FieldTable(
            target=target,
            is_hidden=each.has("inaccessible"),
            is_composite=definition is not None and definition.kind in COMPOSITE,
            resolvers=resolvers,
        )

    def _resolvers(self, name: str, each: Field) -> Mapping[int, Resolver]:
        joined = list(each.all("join__field"))
        if not joined:
            return {
                number: Resolver(subgraph=number) for number in bits(self._mask(name))
            }
        found: dict[int, Resolver] = {}
        for applied in joined:
            graph = applied.arguments.get("graph")
            resolvable = (
                not _flag(applied, "external") or "requires" in applied.arguments
            )
            taken = _flag(applied, "usedOverridden") and not applied.text(
                "overrideLabel"
            )
            if isinstance(graph, EnumValueNode) and resolvable and not taken:
                number = self._numbers[graph.value]
                found[number] = _resolver(number, applied, base_name(each.type))
        return found

    def _keys(self, name: str, abstracting: Mapping[str, int]) -> tuple[Key, ...]:
        entries: dict[str, int] = {}
        allowed = {name: -1, **abstracting}
        for owner, mask in allowed.items():
            for applied in self._supergraph.types[owner].all("join__type"):
                text = applied.text("key")
                resolvable = applied.arguments.get("resolvable")
                graph = applied.arguments["graph"]
                if text is None or _is_false(resolvable):
                    continue
                assert isinstance(graph, EnumValueNode)
                bit = 1 << self._numbers[graph.value]
                if bit & mask:
                    text = " ".join(text.split())
                    entries[text] = entries.get(text, 0) | bit
        return tuple(
            Key(text=text, selections=parse_field_set(text), entries=mask)
            for text, mask in entries.items()
        )

    def _casts(self, name: str, kind: Kind) -> Mapping[str, int]:
        casts: dict[str, int] = {}
        for number, subgraph in enumerate(self._context.subgraphs):
            known = subgraph.types.get(name)
            if known is None or known.kind is not kind:
                continue
            if kind is Kind.UNION:
                members = known.members
            else:
                members = tuple(
                    each.name for each in subgraph.implementations.get(name, ())
                )
            for member in members:
                casts[member] = casts.get(member, 0) | 1 << number
        for each in self._supergraph.types.values() if kind is Kind.INTERFACE else ():
            if each.kind is Kind.OBJECT and name in each.interfaces:
                casts.setdefault(each.name, 0)
        return casts


def _resolver(number: int, applied: Applied, target: str) -> Resolver:
    local = re.sub(r"[\[\]!]", "", applied.text("type") or target)
    label = applied.text("overrideLabel")
    return Resolver(
        subgraph=number,
        requires=_selections(applied, "requires"),
        provides=_selections(applied, "provides"),
        label=(label, "override" in applied.arguments) if label else None,
        contexts=tuple(_contexts(applied)),
        narrower=local if local != target else "",
    )


def _selections(applied: Applied, argument: str) -> SelectionSetNode | None:
    text = applied.text(argument)
    return parse_field_set(text) if text is not None else None


def _contexts(applied: Applied) -> Iterator[ContextNeed]:
    value = applied.arguments.get("contextArguments")
    if isinstance(value, ListValueNode):
        for item in value.values:
            fields = constant(item)
            if isinstance(fields, dict):
                context, text = str(fields["context"]), str(fields["selection"])
                yield ContextNeed(context, text, parse_field_set(text))


def _flag(applied: Applied, argument: str) -> bool:
    value = applied.arguments.get(argument)
    return isinstance(value, BooleanValueNode) and value.value


def _is_false(value: object) -> bool:
    return isinstance(value, BooleanValueNode) and not value.value
