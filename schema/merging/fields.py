"""The merging of fields of objects and interfaces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql import ValueNode

from weir.schema.merging.arguments import merged_arguments_of
from weir.schema.merging.context import Context
from weir.schema.merging.elements import merged_description, merged_directives
from weir.schema.merging.externals import (
    check_external_directives,
    check_externals,
    report_missing_on_base,
    resolving_sources,
)
from weir.schema.merging.join import join_field
from weir.schema.merging.overrides import Overrides
from weir.schema.merging.references import merged_output_type
from weir.schema.merging.sources import Source
from weir.schema.model.context_values import context_value
from weir.schema.model.definitions import Applied, Field
from weir.schema.model.values import (
    bool_node,
    enum_node,
    list_node,
    object_node,
    string_node,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSources:
    """A field to merge: its sources, its overrides and its interface objects."""

    type_name: str
    name: str
    sources: tuple[Source[Field], ...]
    overrides: Overrides
    abstracted: Mapping[str, Sequence[Field]]

    @property
    def coordinate(self) -> str:
        return f"{self.type_name}.{self.name}"


def merged_field(context: Context, of: FieldSources) -> Field | None:
    """Merge the sources that resolve the field; return None without sources."""
    coordinate = of.coordinate
    resolving = resolving_sources(of.sources, coordinate)
    if not resolving:
        resolving = _interface_object_fields(context, of)
    if not resolving:
        report_missing_on_base(context, of.sources, coordinate)
        return None
    check_external_directives(context, of.sources, coordinate)
    merged_type = merged_output_type(context, resolving, coordinate)
    directives = merged_directives(context, resolving, coordinate)
    merged = Field(
        name=of.name,
        description=merged_description(context, resolving, coordinate),
        type=merged_type.type,
        arguments=merged_arguments_of(context, resolving, coordinate),
        directives=directives,
    )
    check_externals(
        context, of.sources, merged, coordinate, all_equal=merged_type.all_equal
    )
    joined = join_fields(context, of, all_equal=merged_type.all_equal)
    return Field(
        name=merged.name,
        description=merged.description,
        type=merged.type,
        arguments=merged.arguments,
        directives=(*joined, *directives),
    )


def _interface_object_fields(context: Context, of: FieldSources) -> list[Source[Field]]:
    """Return the interface object fields that resolve a field without own sources."""
    return [
        Source(subgraph, field)
        for subgraph in context.subgraphs
        for field in of.abstracted.get(subgraph.name, ())
    ]


def join_fields(
    context: Context, of: FieldSources, *, all_equal: bool
) -> tuple[Applied, ...]:
    """Return one `@join__field` per subgraph, or () if all resolve the field alike.

    An overridden copy that is neither used nor shared by a label is left out.
    """
    if not _needs_join(context, of, all_equal=all_equal):
        return ()
    return tuple(
        join_field(_arguments(context, of, each, all_equal=all_equal))
        for each in of.sources
        if each.name not in of.overrides.dropped or each.name in of.overrides.labels
    )


def _needs_join(context: Context, of: FieldSources, *, all_equal: bool) -> bool:
    holders = sum(of.type_name in each.types for each in context.subgraphs)
    return (
        not all_equal
        or len(of.sources) < holders
        or of.overrides.any
        or any(_is_special(each, of.coordinate) for each in of.sources)
    )


def _is_special(source: Source[Field], coordinate: str) -> bool:
    element = source.element
    return (
        element.has("requires")
        or element.has("provides")
        or source.subgraph.facts.is_external(coordinate)
        or any(each.has("fromContext") for each in element.arguments.values())
    )


def _arguments(
    context: Context, of: FieldSources, source: Source[Field], *, all_equal: bool
) -> Mapping[str, ValueNode]:
    element, true = source.element, bool_node(True)  # noqa: FBT003 - an SDL value
    arguments: dict[str, ValueNode | None] = {
        "graph": enum_node(context.graph(source)),
        "requires": _argument(element, "requires", "fields"),
        "provides": _argument(element, "provides", "fields"),
        "type": None if all_equal else string_node(str(element.type)),
        "external": (
            true if source.subgraph.facts.is_external(of.coordinate) else None
        ),
        "override": _argument(element, "override", "from"),
        "usedOverridden": true if source.name in of.overrides.used else None,
        "overrideLabel": (
            string_node(label)
            if (label := of.overrides.labels.get(source.name))
            else None
        ),
        "contextArguments": _context_arguments(source),
    }
    return {name: value for name, value in arguments.items() if value is not None}


def _argument(element: Field, spec: str, name: str) -> ValueNode | None:
    applied = element.first(spec)
    return applied.arguments.get(name) if applied else None


def _context_arguments(source: Source[Field]) -> ValueNode | None:
    values: list[ValueNode] = []
    for argument in source.element.arguments.values():
        applied = argument.first("fromContext")
        value = context_value(applied) if applied else None
        if value is not None:
            fields = {
                "context": f"{source.name}__{value.name}",
                "name": argument.name,
                "type": str(argument.type),
                "selection": value.selection,
            }
            values.append(object_node({k: string_node(v) for k, v in fields.items()}))
    return list_node(values) if values else None
