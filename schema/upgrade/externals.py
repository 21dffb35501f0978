"""The removal of each `@external` that federation 1 ignored, or that is unused."""

from collections.abc import Iterator
from dataclasses import replace

from graphql import FieldNode, GraphQLError

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError, CompositionFailed
from weir.schema.model.definitions import ROOT_TYPES, Kind, TypeDefinition
from weir.schema.model.field_set import parse_field_set
from weir.schema.model.type_refs import base_name
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.upgrade.passes import (
    Others,
    field_without,
    is_federation_extension,
    with_fields,
    with_types,
    without,
)


def without_misplaced_externals(
    subgraph: SubgraphSchema, others: Others
) -> SubgraphSchema:
    """Remove `@external` from types and from the fields of interfaces."""
    del others
    return with_types(subgraph, _without_misplaced)


def _without_misplaced(definition: TypeDefinition) -> TypeDefinition:
    if definition.kind is Kind.INTERFACE:
        return with_fields(definition, lambda field: field_without(field, "external"))
    return replace(definition, directives=without(definition.directives, "external"))


def without_external_keys(subgraph: SubgraphSchema, others: Others) -> SubgraphSchema:
    """Remove `@external` from an extension's key fields: it resolves them itself."""
    return with_types(subgraph, lambda each: _without_external_keys(each, others))


def _without_external_keys(
    definition: TypeDefinition, others: Others
) -> TypeDefinition:
    is_root = definition.name in ROOT_TYPES
    if not is_federation_extension(definition) and not is_root:
        return definition
    keys = set(_top_level_key_fields(definition))
    if not definition.has("key"):
        # An extension without a key is entered by its owner's first key. The owner is
        # not known, so the first key of each other subgraph counts.
        for _, other in others.types(definition.name):
            keys.update(_top_level_key_fields(other, first_only=True))
    return with_fields(
        definition,
        lambda field: field_without(field, "external") if field.name in keys else field,
    )


def _top_level_key_fields(
    definition: TypeDefinition, *, first_only: bool = False
) -> Iterator[str]:
    for key in list(definition.all("key"))[: 1 if first_only else None]:
        try:
            selections = parse_field_set(key.text("fields") or "").selections
        except GraphQLError:
            continue
        for node in selections:
            if isinstance(node, FieldNode):
                yield node.name.value


def without_unused_externals(
    subgraph: SubgraphSchema, others: Others
) -> SubgraphSchema:
    """Remove unused external fields, and types that have no other fields.

    Raises CompositionFailed with TYPE_WITH_ONLY_UNUSED_EXTERNAL if another type refers
    to such a type, or if it is an entity.
    """
    del others
    facts = subgraph.facts
    unused = facts.external - facts.used
    if not unused:
        return subgraph
    types: dict[str, TypeDefinition] = {}
    emptied: list[TypeDefinition] = []
    for name, definition in subgraph.types.items():
        fields = {
            key: field
            for key, field in definition.fields.items()
            if f"{name}.{key}" not in unused
        }
        if definition.fields and not fields:
            emptied.append(definition)
        else:
            types[name] = replace(definition, fields=fields)
    remaining = replace(subgraph, types=types)
    errors = tuple(_still_referenced(remaining, emptied))
    if errors:
        raise CompositionFailed(errors)
    return remaining


def _still_referenced(
    subgraph: SubgraphSchema, emptied: list[TypeDefinition]
) -> Iterator[CompositionError]:
    referenced = {
        name
        for each in subgraph.types.values()
        for name in (
            *each.members,
            *(base_name(field.type) for field in each.fields.values()),
        )
    }
    for definition in emptied:
        if definition.name in referenced or definition.has("key"):
            yield subgraph.error(
                Code.TYPE_WITH_ONLY_UNUSED_EXTERNAL,
                f"Type {definition.name} contains only external fields and all those"
                " fields are all unused (they do not appear in any @key, @provides or"
                " @requires).",
                definition,
                fix="Remove the type, or give it a key.",
            )
