"""Representations of entities: the name of their type, a key, the required fields."""

from collections.abc import Iterable, Iterator

from weir.resolvers.operation.fields import Field
from weir.resolvers.plan.choose.entries import ContextSource, EntityEntry
from weir.resolvers.plan.model.nodes import (
    ContextValue,
    Representation,
    RequiredField,
    RequiredFragment,
    RequiredSelection,
)
from weir.resolvers.plan.walk.positions import Position
from weir.schema.graph.graph import Graph


def representation(
    graph: Graph, position: Position, entry: EntityEntry
) -> Representation:
    """Return the representation that an entry sends."""
    is_known = not position.is_abstract
    types = () if is_known else tuple(sorted(entry.types))
    own_name = position.type_name if is_known else None
    of_types = entry.types or position.types
    return Representation(
        types=types,
        typename=entry.typename or own_name,
        key=tuple(_required(graph, entry.key, of_types)),
        requires=tuple(_required(graph, _joined(entry), of_types)),
    )


def context_value(graph: Graph, variable: str, source: ContextSource) -> ContextValue:
    """Return a variable with a value from an ancestor's fields."""
    ancestor = source.ancestor
    return ContextValue(
        variable=variable,
        level=len(ancestor.path),
        selections=tuple(_required(graph, source.fields, ancestor.types)),
    )


def _joined(entry: EntityEntry) -> Iterable[Field]:
    for fields in entry.requires.values():
        yield from fields


def _required(
    graph: Graph, fields: Iterable[Field], types: frozenset[str]
) -> Iterator[RequiredSelection]:
    fragments: dict[frozenset[str], list[RequiredSelection]] = {}
    seen: set[RequiredSelection] = set()
    for each in fields:
        required = _field(graph, each)
        if not each.types >= types:
            fragments.setdefault(each.types & types, []).append(required)
        elif required not in seen:
            seen.add(required)
            yield required
    for of_types, selections in fragments.items():
        if of_types:
            yield RequiredFragment(
                types=tuple(sorted(of_types)), selections=tuple(selections)
            )


def _field(graph: Graph, field: Field) -> RequiredField:
    if field.is_leaf:
        return RequiredField(key=field.key, name=field.name)
    named = graph.composite_of(min(field.types), field.name) or ""
    selections = tuple(_required(graph, field.fields, graph.object_types(named)))
    if graph.types[named].is_abstract:
        typename = RequiredField(key="__typename", name="__typename")
        selections = (typename, *(each for each in selections if each != typename))
    return RequiredField(key=field.key, name=field.name, selections=selections)
