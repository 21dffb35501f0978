"""The propagation of access requirements between objects and interfaces.

An interface inherits the requirements of the object types that implement it, and its
fields inherit those of the objects' fields. An implementation inherits the requirements
of fields that come from an interface object, and passes them on to its other
interfaces. Otherwise a query on the interface would bypass the requirements.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from weir.schema.federation.composed_specs import AUTH
from weir.schema.merging.context import Context
from weir.schema.merging.strategies import merged_arguments
from weir.schema.model.definitions import Applied, Field, Kind, TypeDefinition
from weir.schema.model.values import canonical


def with_propagated_auth(
    context: Context, types: Mapping[str, TypeDefinition]
) -> dict[str, TypeDefinition]:
    """Add inherited requirements to interfaces, their fields and abstracted fields."""
    if not any(spec in context.composed.specs for spec in AUTH):
        return dict(types)
    types = {name: _inherited_down(each, types) for name, each in types.items()}
    propagated: dict[str, TypeDefinition] = {}
    for name, each in types.items():
        is_interface = each.kind is Kind.INTERFACE
        propagated[name] = _inherited_up(each, types) if is_interface else each
        if is_interface and _is_mixed(each, types):
            context.report.hint(
                "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
                name,
                f'Access requirements of the types that implement "{name}" differ: the'
                " interface demands all of them",
            )
    return propagated


def _inherited_down(
    definition: TypeDefinition, types: Mapping[str, TypeDefinition]
) -> TypeDefinition:
    """Add the requirements of a type's interface objects to its fields."""
    if definition.kind is not Kind.OBJECT:
        return definition
    interfaces = [
        types[name]
        for name in definition.interfaces
        if name in types and _has_interface_object(types[name])
    ]
    if not interfaces:
        return definition
    fields = {
        name: _with_auth(
            field,
            [
                each.fields[name].directives
                for each in interfaces
                if name in each.fields
            ],
        )
        for name, field in definition.fields.items()
    }
    return replace(definition, fields=fields)


def _has_interface_object(definition: TypeDefinition) -> bool:
    return any("isInterfaceObject" in each.arguments for each in definition.directives)


def _inherited_up(
    interface: TypeDefinition, types: Mapping[str, TypeDefinition]
) -> TypeDefinition:
    objects = list(_implementations(interface.name, types))
    own = _merged_auth([interface.directives, *(each.directives for each in objects)])
    fields = {
        name: _with_auth(
            field,
            (each.fields[name].directives for each in objects if name in each.fields),
        )
        for name, field in interface.fields.items()
    }
    return replace(
        interface,
        directives=(*_without_auth(interface.directives), *own),
        fields=fields,
    )


def _is_mixed(interface: TypeDefinition, types: Mapping[str, TypeDefinition]) -> bool:
    """Return whether implementations have different arguments of one directive."""
    objects = list(_implementations(interface.name, types))
    groups = [[each.directives for each in objects]]
    groups += [
        [each.fields[name].directives for each in objects if name in each.fields]
        for name in interface.fields
    ]
    return any(
        len({_arguments(each) for each in _of_spec(group, spec)}) > 1
        for group in groups
        for spec in AUTH
    )


def _of_spec(groups: list[tuple[Applied, ...]], spec: str) -> Iterator[Applied]:
    return (each for group in groups for each in group if each.spec == spec)


def _arguments(applied: Applied) -> str:
    return " ".join(canonical(each) for each in applied.arguments.values())


def _implementations(
    interface: str, types: Mapping[str, TypeDefinition]
) -> Iterator[TypeDefinition]:
    for each in types.values():
        if each.kind is Kind.OBJECT and interface in each.interfaces:
            yield each


def _with_auth(field: Field, inherited: Iterable[tuple[Applied, ...]]) -> Field:
    merged = _merged_auth([field.directives, *inherited])
    return replace(field, directives=(*_without_auth(field.directives), *merged))


def _without_auth(directives: tuple[Applied, ...]) -> tuple[Applied, ...]:
    return tuple(each for each in directives if each.spec not in AUTH)


def _merged_auth(groups: Iterable[tuple[Applied, ...]]) -> tuple[Applied, ...]:
    """Unite all requirements, with one application per directive."""
    applications = [each for group in groups for each in group if each.spec in AUTH]
    merged: list[Applied] = []
    for spec in AUTH:
        same = [each for each in applications if each.spec == spec]
        distinct = list({_arguments(each): each for each in same}.values())
        if len(distinct) > 1:
            arguments = merged_arguments(spec, distinct) or {}
            merged.append(replace(distinct[0], arguments=arguments))
        else:
            merged.extend(distinct)
    return tuple(merged)
