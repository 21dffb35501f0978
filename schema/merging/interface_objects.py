"""The fields that `@interfaceObject` adds to the implementations of interfaces."""

from collections.abc import Mapping
from dataclasses import replace

from weir.schema.merging.context import Context
from weir.schema.merging.join import join_field
from weir.schema.merging.overrides import NO_OVERRIDES
from weir.schema.merging.sharing import check_sharing
from weir.schema.model.definitions import Field, Kind, TypeDefinition


def with_abstracted_fields(
    context: Context, types: Mapping[str, TypeDefinition]
) -> dict[str, TypeDefinition]:
    """Add to each object the fields that it only has through an interface object."""
    return {
        name: _completed(context, each, types) if each.kind is Kind.OBJECT else each
        for name, each in types.items()
    }


def _completed(
    context: Context, definition: TypeDefinition, types: Mapping[str, TypeDefinition]
) -> TypeDefinition:
    added: dict[str, Field] = {}
    for name in definition.interfaces:
        if name not in context.interface_objects or name not in types:
            continue
        for field in types[name].fields.values():
            known = field.name in definition.fields or field.name in added
            if not known and _is_abstracted(context, name, field.name):
                check_sharing(context, definition.name, field.name, (), NO_OVERRIDES)
                added[field.name] = _copied(field)
    if not added:
        return definition
    return replace(definition, fields={**definition.fields, **added})


def _is_abstracted(context: Context, interface: str, field: str) -> bool:
    return any(
        definition.kind is Kind.OBJECT and field in definition.fields
        for each in context.subgraphs
        if (definition := each.types.get(interface)) is not None
    )


def _copied(field: Field) -> Field:
    """Copy an interface's field, without its subgraphs."""
    others = tuple(each for each in field.directives if each.spec != "join__field")
    return replace(field, directives=(join_field({}), *others))
