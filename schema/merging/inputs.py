"""The merging of input types: the intersection of their fields."""

from collections.abc import Sequence
from dataclasses import replace

from graphql import ValueNode

from weir.schema.diagnostics.codes import Code
from weir.schema.merging.composites import merged_shell
from weir.schema.merging.context import Context
from weir.schema.merging.elements import merged_description, merged_directives
from weir.schema.merging.join import join_field
from weir.schema.merging.references import merged_default, merged_input_type
from weir.schema.merging.sources import Source, in_subgraphs
from weir.schema.model.definitions import Applied, InputValue, TypeDefinition
from weir.schema.model.values import enum_node, string_node


def merged_input(context: Context, name: str) -> TypeDefinition:
    """Merge an input type: drop fields that a subgraph lacks, unless inaccessible."""
    types = context.sources(name)
    names = dict.fromkeys(
        field for each in types for field in each.element.input_fields
    )
    fields: dict[str, InputValue] = {}
    for field in names:
        sources = [
            Source(each.subgraph, each.element.input_fields[field])
            for each in types
            if field in each.element.input_fields
        ]
        hidden = any(each.element.has("inaccessible") for each in sources)
        if len(sources) == len(types) or hidden:
            fields[field] = _field(context, name, sources, types)
        else:
            _check_optional(context, f"{name}.{field}", sources, types)
    if not fields and names:
        context.report.error(
            Code.EMPTY_MERGED_INPUT_TYPE,
            f'None of the fields of input object type "{name}" are consistently defined'
            " in all the subgraphs defining that type. As only fields common to all"
            " subgraphs are merged, this would result in an empty type.",
            types,
            fix="Define at least one field in all of them.",
        )
    return replace(merged_shell(context, name), input_fields=fields)


def _field(
    context: Context,
    type_name: str,
    sources: Sequence[Source[InputValue]],
    types: Sequence[Source[TypeDefinition]],
) -> InputValue:
    name = sources[0].element.name
    coordinate = f"{type_name}.{name}"
    merged = merged_input_type(context, sources, coordinate, Code.FIELD_TYPE_MISMATCH)
    joined: tuple[Applied, ...] = ()
    if not merged.all_equal or len(sources) < len(types):
        joined = tuple(
            join_field(_arguments(context, each, all_equal=merged.all_equal))
            for each in sources
        )
    return InputValue(
        name=name,
        description=merged_description(context, sources, coordinate),
        directives=(*joined, *merged_directives(context, sources, coordinate)),
        type=merged.type,
        default=merged_default(
            context, sources, coordinate, Code.INPUT_FIELD_DEFAULT_MISMATCH
        ),
    )


def _arguments(
    context: Context, source: Source[InputValue], *, all_equal: bool
) -> dict[str, ValueNode]:
    arguments: dict[str, ValueNode] = {"graph": enum_node(context.graph(source))}
    if not all_equal:
        arguments["type"] = string_node(str(source.element.type))
    return arguments


def _check_optional(
    context: Context,
    coordinate: str,
    sources: Sequence[Source[InputValue]],
    types: Sequence[Source[TypeDefinition]],
) -> None:
    present = {each.name for each in sources}
    missing = [each for each in types if each.name not in present]
    without = in_subgraphs([each.name for each in missing])
    required = [each for each in sources if each.element.required]
    if not required:
        context.report.hint(
            "INCONSISTENT_INPUT_OBJECT_FIELD",
            coordinate,
            f'Input object field "{coordinate}" will not be added to the supergraph as'
            f" it does not appear in all subgraphs: it is missing in {without}",
        )
        return
    where = in_subgraphs([each.name for each in required])
    context.report.error(
        Code.REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH,
        f'Input object field "{coordinate}" is required in some subgraphs but does not'
        f" appear in all subgraphs: it is required in {where} but does not appear in"
        f" {without}",
        [*required, *missing],
        fix=f"Add the field in {without}, or make it optional in {where}.",
    )
