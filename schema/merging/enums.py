"""The merging of enums, which depends on their use in the supergraph.

All subgraphs that receive an enum must know each value that a client can send. Clients
must know each value that a subgraph can return.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from weir.schema.diagnostics.codes import Code
from weir.schema.merging.composites import merged_shell
from weir.schema.merging.context import Context
from weir.schema.merging.elements import merged_description, merged_directives
from weir.schema.merging.join import join_enum_value
from weir.schema.merging.sources import Source, in_subgraphs
from weir.schema.model.definitions import DirectiveDefinition, EnumValue, TypeDefinition
from weir.schema.model.type_refs import base_name


@dataclass(frozen=True, slots=True)
class EnumUse:
    """The names of the types in the supergraph's outputs, and in its inputs."""

    outputs: frozenset[str]
    inputs: frozenset[str]


def enum_use(
    types: Iterable[TypeDefinition], directives: Iterable[DirectiveDefinition]
) -> EnumUse:
    """Collect the uses of merged types in fields, arguments and directives."""
    outputs: set[str] = set()
    inputs: set[str] = set()
    for definition in types:
        for field in definition.fields.values():
            outputs.add(base_name(field.type))
            inputs.update(base_name(each.type) for each in field.arguments.values())
        inputs.update(base_name(each.type) for each in definition.input_fields.values())
    for directive in directives:
        inputs.update(base_name(each.type) for each in directive.arguments.values())
    return EnumUse(frozenset(outputs), frozenset(inputs))


def merged_enum(context: Context, name: str, use: EnumUse) -> TypeDefinition:
    types = context.sources(name)
    names = dict.fromkeys(value for each in types for value in each.element.values)
    is_output, is_input = name in use.outputs, name in use.inputs
    if not is_output and not is_input:
        context.report.hint(
            "UNUSED_ENUM_TYPE",
            name,
            f'Enum type "{name}" is defined but unused. It will be included in the'
            " supergraph with all the values appearing in any subgraph (as if it was"
            " only used as an output type).",
        )
    values: dict[str, EnumValue] = {}
    for value in names:
        sources = [
            Source(each.subgraph, each.element.values[value])
            for each in types
            if value in each.element.values
        ]
        partial = len(sources) < len(types)
        hidden = any(each.element.has("inaccessible") for each in sources)
        if (
            partial
            and not hidden
            and not _is_merged(context, f"{name}.{value}", sources, types, use)
        ):
            continue
        values[value] = _value(context, name, sources)
    if names and not values:
        context.report.error(
            Code.EMPTY_MERGED_ENUM_TYPE,
            f'None of the values of enum type "{name}" are defined consistently in all'
            " the subgraphs defining that type. As only values common to all subgraphs"
            " are merged, this would result in an empty type.",
            types,
            fix="Define at least one value in all of them.",
        )
    return replace(merged_shell(context, name), values=values)


def _is_merged(
    context: Context,
    coordinate: str,
    sources: Sequence[Source[EnumValue]],
    types: Sequence[Source[TypeDefinition]],
    use: EnumUse,
) -> bool:
    """Return whether a value that some subgraphs lack is merged, and report it."""
    name = types[0].element.name
    present = {each.name for each in sources}
    missing = [each for each in types if each.name not in present]
    where = in_subgraphs([each.name for each in sources])
    without = in_subgraphs([each.name for each in missing])
    if name not in use.inputs:
        context.report.hint(
            "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM",
            coordinate,
            f'Value "{coordinate}" of enum type "{name}" has been added to the'
            f" supergraph but is only defined in {where}, not in {without}",
        )
        return True
    if name not in use.outputs:
        context.report.hint(
            "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM",
            coordinate,
            f'Value "{coordinate}" of enum type "{name}" will not be part of the'
            f" supergraph as it is not defined in {without}",
        )
        return False
    context.report.error(
        Code.ENUM_VALUE_MISMATCH,
        f'Enum type "{name}" is used as both input type and output type, but value'
        f' "{sources[0].element.name}" is not defined in all the subgraphs defining'
        f' "{name}": it is defined in {where} but not in {without}',
        [*sources, *missing],
        fix=f"Add the value in {without}, or mark it @inaccessible in {where}.",
    )
    return True


def _value(
    context: Context, type_name: str, sources: Sequence[Source[EnumValue]]
) -> EnumValue:
    name = sources[0].element.name
    coordinate = f"{type_name}.{name}"
    return EnumValue(
        name=name,
        description=merged_description(context, sources, coordinate),
        directives=(
            *(join_enum_value(context.graph(each)) for each in sources),
            *merged_directives(context, sources, coordinate),
        ),
    )
