"""The merging of subgraph schemas: first the outline, then fields, and enums last.

The order matters. Subtyping needs the merged relations between types, so they are
merged first. The values of an enum depend on its use in merged fields, so enums are
merged last.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionFailed
from weir.schema.merging.auth import with_propagated_auth
from weir.schema.merging.composed import ComposedDirectives, composed_specs
from weir.schema.merging.composites import merged_composite, merged_shell, merged_union
from weir.schema.merging.context import Context
from weir.schema.merging.custom_directives import (
    check_names,
    composed_customs,
    hint_major_versions,
)
from weir.schema.merging.elements import merged_description, merged_directives
from weir.schema.merging.enums import enum_use, merged_enum
from weir.schema.merging.executable_directives import merged_executable_directives
from weir.schema.merging.inputs import merged_input
from weir.schema.merging.interface_objects import (
    check_implementations,
    with_abstracted_fields,
)
from weir.schema.merging.join import graph_names
from weir.schema.merging.namespaces import with_namespaces
from weir.schema.merging.shapes import (
    interface_object_names,
    merged_implements,
    merged_kinds,
    merged_members,
)
from weir.schema.merging.sources import Report, Source
from weir.schema.merging.supergraph_schema import SupergraphSchema, implied_version
from weir.schema.model.definitions import (
    DirectiveDefinition,
    Element,
    Kind,
    TypeDefinition,
)
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema


def merge(subgraphs: Sequence[SubgraphSchema], report: Report) -> SupergraphSchema:
    """Merge valid federation 2 subgraphs. Raises CompositionFailed with all errors."""
    context = _context(tuple(map(_with_query, subgraphs)), report)
    directives = tuple(_directives(context))
    check_implementations(context)
    types = _merged_types(context, directives)
    types = with_abstracted_fields(context, types)
    types = with_propagated_auth(context, types)
    if "Query" not in types or not types["Query"].fields:
        message = "No queries found in any subgraph: a supergraph must have a query"
        report.error(Code.NO_QUERIES, f"{message} root type.")
    if report.errors:
        raise CompositionFailed(report.errors)
    return SupergraphSchema(
        context=context,
        types={name: types[name] for name in sorted(types)},
        directives=directives,
        schema=_merged_schema(context),
    )


def _with_query(subgraph: SubgraphSchema) -> SubgraphSchema:
    """Add a Query type if a subgraph has none: `_entities` is its field."""
    if "Query" in subgraph.types:
        return subgraph
    query = TypeDefinition(name="Query", kind=Kind.OBJECT, extensions=(True,))
    return replace(subgraph, types={**subgraph.types, "Query": query})


def _context(subgraphs: tuple[SubgraphSchema, ...], report: Report) -> Context:
    specs, spec_links = composed_specs(subgraphs, report)
    customs, custom_links = composed_customs(subgraphs, report)
    check_names(subgraphs, customs, specs, report)
    if report.errors:
        raise CompositionFailed(report.errors)
    hint_major_versions(subgraphs, customs, report)
    _hint_versions(subgraphs, report)
    return Context(
        subgraphs=subgraphs,
        graphs=graph_names(each.name for each in subgraphs),
        kinds=merged_kinds(subgraphs, report),
        implements=merged_implements(subgraphs),
        members=merged_members(subgraphs),
        interface_objects=frozenset(interface_object_names(subgraphs)),
        composed=ComposedDirectives(
            specs=specs,
            custom=customs,
            links=with_namespaces((*spec_links, *custom_links), subgraphs),
        ),
        report=report,
    )


def _hint_versions(subgraphs: tuple[SubgraphSchema, ...], report: Report) -> None:
    for each in subgraphs:
        implied = implied_version(each)
        if implied > each.version:
            report.hint(
                "IMPLICITLY_UPGRADED_FEDERATION_VERSION",
                each.name,
                f'Subgraph "{each.name}" has been implicitly upgraded from federation'
                f" {each.version} to {implied}, which what it links needs",
            )


def _merged_types(
    context: Context, directives: Iterable[DirectiveDefinition]
) -> dict[str, TypeDefinition]:
    types = {
        name: _merged(context, name, kind)
        for name, kind in context.kinds.items()
        if kind is not Kind.ENUM
    }
    use = enum_use(types.values(), directives)
    for name, kind in context.kinds.items():
        if kind is Kind.ENUM:
            types[name] = merged_enum(context, name, use)
    return {name: each for name, each in types.items() if not _is_empty_root(each)}


def _merged(context: Context, name: str, kind: Kind) -> TypeDefinition:
    match kind:
        case Kind.OBJECT | Kind.INTERFACE:
            return merged_composite(context, name)
        case Kind.UNION:
            return merged_union(context, name)
        case Kind.INPUT:
            return merged_input(context, name)
        case _:
            return merged_shell(context, name)


def _is_empty_root(definition: TypeDefinition) -> bool:
    return definition.name == "Query" and not definition.fields


def _directives(context: Context) -> Iterator[DirectiveDefinition]:
    yield from merged_executable_directives(context)
    seen: set[str] = set()
    for each in context.composed.custom.values():
        if each.definition is not None and each.name not in seen:
            seen.add(each.name)
            yield each.definition


def _merged_schema(context: Context) -> Element:
    sources = [Source(each, each.schema) for each in context.subgraphs]
    return Element(
        name="schema",
        description=merged_description(context, sources, "schema"),
        directives=merged_directives(context, sources, "schema"),
    )
