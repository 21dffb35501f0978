"""`@interfaceObject`: where it may be, and the fields it adds to implementations."""

from collections.abc import Mapping
from dataclasses import replace

from weir.schema.diagnostics.codes import Code
from weir.schema.merging.context import Context, is_interface_object
from weir.schema.merging.join import join_field
from weir.schema.merging.overrides import NO_OVERRIDES
from weir.schema.merging.sharing import check_sharing
from weir.schema.merging.sources import quoted
from weir.schema.model.definitions import Field, Kind, TypeDefinition


def check_implementations(context: Context) -> None:
    """Report subgraphs that define an interface object and implementations of it."""
    for name in sorted(context.interface_objects):
        implementations = [
            each
            for each, interfaces in context.implements.items()
            if name in interfaces and context.kinds.get(each) is Kind.OBJECT
        ]
        for source in context.sources(name):
            known = [each for each in implementations if each in source.subgraph.types]
            if is_interface_object(source.element) and known:
                context.report.error(
                    Code.INTERFACE_OBJECT_USAGE_ERROR,
                    f'[{source.name}] Interface type "{name}" is defined as an'
                    f' @interfaceObject in subgraph "{source.name}" so that subgraph'
                    f' should not define any of the implementation types of "{name}",'
                    f" but it defines {quoted(known)}",
                    [source],
                    fix=f"Remove {quoted(known)} from this subgraph.",
                )


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
