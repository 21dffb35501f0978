"""The check that all subgraphs that resolve a field mark it as shareable."""

from collections.abc import Mapping, Sequence

from weir.schema.diagnostics.codes import Code
from weir.schema.merging.context import Context, is_interface_object
from weir.schema.merging.overrides import Overrides
from weir.schema.merging.sources import Source, in_subgraphs, listed
from weir.schema.model.definitions import Field, TypeDefinition


def abstracted_fields(
    context: Context, type_name: str, field_name: str
) -> dict[str, list[Field]]:
    """Return the interface object fields for an object's field, by subgraph.

    A subgraph only resolves fields like that for objects that it does not know.
    """
    found: dict[str, list[Field]] = {}
    if not context.interface_objects:
        return found
    interfaces = [
        name
        for name in context.implements.get(type_name, ())
        if name in context.interface_objects
    ]
    for subgraph in context.subgraphs:
        if type_name in subgraph.types:
            continue
        for name in interfaces:
            definition = subgraph.types.get(name)
            if definition is not None and is_interface_object(definition):
                field = definition.fields.get(field_name)
                if field is not None:
                    found.setdefault(subgraph.name, []).append(field)
    return found


def check_sharing(
    context: Context,
    type_name: str,
    field_name: str,
    sources: Sequence[Source[Field]],
    overrides: Overrides,
) -> None:
    """Report INVALID_FIELD_SHARING if several resolve a field and some do not share."""
    shareable: dict[str, Source[Field]] = {}
    exclusive: dict[str, Source[Field]] = {}
    for label, source, owner in _resolvers(
        context, type_name, field_name, sources, overrides
    ):
        facts = source.subgraph.facts
        coordinate = f"{owner}.{field_name}"
        if not facts.is_fully_external(coordinate):
            group = shareable if coordinate in facts.shareable else exclusive
            group[label] = source
    is_shared = len(shareable) + len(exclusive) > 1
    if not exclusive or not is_shared:
        return
    coordinate = f"{type_name}.{field_name}"
    resolved = _subgraphs([*shareable, *exclusive])
    some = f"some of them (in {_subgraphs([*exclusive])})"
    scope = some if shareable else "all of them"
    context.report.error(
        Code.INVALID_FIELD_SHARING,
        f'Non-shareable field "{coordinate}" is resolved from multiple subgraphs: it is'
        f" resolved from {resolved} and defined as non-shareable in {scope}",
        [*exclusive.values(), *shareable.values()],
        fix=_fix(context, list(exclusive.values()), coordinate),
    )


def _subgraphs(labels: Sequence[str]) -> str:
    return f"subgraph{'s' if len(labels) > 1 else ''} {listed(labels)}"


def _resolvers(
    context: Context,
    type_name: str,
    field_name: str,
    sources: Sequence[Source[Field]],
    overrides: Overrides,
) -> list[tuple[str, Source[Field], str]]:
    """Return (label, source, name of the declaring type) for each resolver."""
    found = [
        (f'"{each.name}"', each, type_name)
        for each in sources
        if not overrides.is_overridden(each.name)
    ]
    interface_objects = abstracted_fields(context, type_name, field_name)
    subgraphs = {each.name: each for each in context.subgraphs}
    for name, fields in interface_objects.items():
        for field in fields:
            owner = _owner(context, subgraphs[name].types, type_name, field)
            label = f'"{name}" (through @interfaceObject field "{owner}.{field_name}")'
            found.append((label, Source(subgraphs[name], field), owner))
    return found


def _owner(
    context: Context,
    types: Mapping[str, TypeDefinition],
    type_name: str,
    field: Field,
) -> str:
    return next(
        name
        for name in context.implements[type_name]
        if name in types and types[name].fields.get(field.name) is field
    )


def _fix(context: Context, exclusive: list[Source[Field]], coordinate: str) -> str:
    names = [each.name for each in context.subgraphs]
    for each in exclusive:
        override = each.element.first("override")
        origin = override.text("from") if override else None
        if origin is not None and origin not in names:
            return (
                f'"{each.name}" overrides "{coordinate}" from "{origin}", which is not'
                " a subgraph: is that a typo?"
            )
    where = in_subgraphs([each.name for each in exclusive])
    return f'Mark "{coordinate}" @shareable in {where}.'
