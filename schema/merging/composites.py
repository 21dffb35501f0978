"""The merging of objects, interfaces and unions."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from weir.schema.diagnostics.codes import Code
from weir.schema.merging.context import Context, is_interface_object
from weir.schema.merging.elements import merged_description, merged_directives
from weir.schema.merging.fields import FieldSources, merged_field
from weir.schema.merging.join import join_implements, join_member, join_type
from weir.schema.merging.overrides import field_overrides
from weir.schema.merging.sharing import abstracted_fields, check_sharing
from weir.schema.merging.sources import Source, in_subgraphs
from weir.schema.model.definitions import Applied, Field, Kind, TypeDefinition


def merged_composite(context: Context, name: str) -> TypeDefinition:
    """Merge an object or an interface: the union of all fields."""
    sources = context.sources(name)
    fields: dict[str, Field] = {}
    for field_name in _field_names(sources):
        merged = _field(context, name, field_name, sources)
        if merged is not None:
            fields[field_name] = merged
    if context.kinds[name] is Kind.OBJECT:
        _hint_entities(context, name, sources)
    return replace(
        merged_shell(context, name),
        interfaces=tuple(context.implements.get(name, ())),
        fields=fields,
    )


def merged_shell(context: Context, name: str) -> TypeDefinition:
    """Return a merged type without members: description, directives, joins."""
    sources = context.sources(name)
    return TypeDefinition(
        name=name,
        kind=context.kinds[name],
        description=merged_description(context, sources, name),
        directives=(
            *_implements(context, sources),
            *(applied for each in sources for applied in _joined(context, each)),
            *merged_directives(context, sources, name),
        ),
    )


def _field_names(sources: Sequence[Source[TypeDefinition]]) -> tuple[str, ...]:
    names = (name for each in sources for name in each.element.fields)
    return tuple(dict.fromkeys(names))


def _field(
    context: Context,
    type_name: str,
    name: str,
    types: Sequence[Source[TypeDefinition]],
) -> Field | None:
    sources = tuple(
        Source(each.subgraph, each.element.fields[name])
        for each in types
        if name in each.element.fields
    )
    is_object = context.kinds[type_name] is Kind.OBJECT
    abstracted = abstracted_fields(context, type_name, name) if is_object else {}
    overrides = field_overrides(context, type_name, sources, abstracted)
    of = FieldSources(
        type_name=type_name,
        name=name,
        sources=sources,
        overrides=overrides,
        abstracted=abstracted,
    )
    merged = merged_field(context, of)
    if type_name == "Subscription":
        _check_subscription(context, of)
    elif is_object:
        check_sharing(context, type_name, name, sources, overrides)
    _hint_partial(context, of, types)
    return merged


def _check_subscription(context: Context, of: FieldSources) -> None:
    """Report a subscription field that several subgraphs resolve or share."""
    sources = [
        each
        for each in of.sources
        if not each.subgraph.facts.is_fully_external(of.coordinate)
    ]
    names = [each.name for each in sources if not of.overrides.is_overridden(each.name)]
    if len(names) > 1:
        context.report.error(
            Code.INVALID_FIELD_SHARING,
            f'Field "{of.coordinate}" of the Subscription root type is defined in'
            f" multiple subgraphs: {in_subgraphs(names)}",
            sources,
            fix="Keep the field in one subgraph, or take it over with @override.",
        )
        return
    for each in sources:
        if of.coordinate in each.subgraph.facts.shareable:
            context.report.error(
                Code.INVALID_FIELD_SHARING,
                f"[{each.name}] Fields on the Subscription root type cannot be marked"
                f' as shareable: "{of.coordinate}"',
                [each],
                fix="Remove @shareable.",
            )


def _hint_partial(
    context: Context, of: FieldSources, types: Sequence[Source[TypeDefinition]]
) -> None:
    """Add a hint for a field of a value type that some of its resolvers lack."""
    if len(of.sources) == len(types) or of.type_name in {
        "Query",
        "Mutation",
        "Subscription",
    }:
        return
    if any(each.element.has("key") for each in types):
        return
    is_object = context.kinds[of.type_name] is Kind.OBJECT
    kind = "OBJECT" if is_object else "INTERFACE"
    present = {each.name for each in of.sources}
    missing = [
        each.name
        for each in types
        if each.name not in present and not _is_external(each)
    ]
    if not missing:
        return
    context.report.hint(
        f"INCONSISTENT_{kind}_VALUE_TYPE_FIELD",
        of.coordinate,
        f'Field "{of.coordinate}" of non-entity type "{of.type_name}" is defined in'
        f" some but not all subgraphs that define it: it is missing in"
        f" {in_subgraphs(missing)}",
    )


def _is_external(source: Source[TypeDefinition]) -> bool:
    """Return whether a subgraph resolves none of a type's fields."""
    name, facts = source.element.name, source.subgraph.facts
    return all(facts.is_external(f"{name}.{each}") for each in source.element.fields)


def _hint_entities(
    context: Context, name: str, sources: Sequence[Source[TypeDefinition]]
) -> None:
    without = [each.name for each in sources if not each.element.has("key")]
    if without and len(without) < len(sources):
        context.report.hint(
            "INCONSISTENT_ENTITY",
            name,
            f'Type "{name}" is declared as an entity (has a @key applied) in some but'
            f" not all subgraphs: it has no @key in {in_subgraphs(without)}",
        )


def _implements(
    context: Context, sources: Sequence[Source[TypeDefinition]]
) -> Iterator[Applied]:
    for each in sources:
        for interface in each.element.interfaces:
            yield join_implements(context.graph(each), interface)


def _joined(context: Context, source: Source[TypeDefinition]) -> Iterator[Applied]:
    """Yield one `@join__type` per key, or one without a key."""
    graph, definition = context.graph(source), source.element
    stands_in = is_interface_object(definition)
    keys = tuple(definition.all("key"))
    if not keys:
        yield join_type(graph, is_interface_object=stands_in)
    for key in keys:
        resolvable = key.arguments.get("resolvable")
        yield join_type(
            graph,
            key=key.text("fields"),
            extension=definition.is_extension(key.part),
            resolvable=getattr(resolvable, "value", True) is not False,
            is_interface_object=stands_in,
        )


def merged_union(context: Context, name: str) -> TypeDefinition:
    """Merge a union: all members of all subgraphs."""
    sources = context.sources(name)
    shell = merged_shell(context, name)
    members = tuple(
        dict.fromkeys(member for each in sources for member in each.element.members)
    )
    for member in members:
        missing = [each.name for each in sources if member not in each.element.members]
        if missing:
            context.report.hint(
                "INCONSISTENT_UNION_MEMBER",
                name,
                f'Union type "{name}" includes member type "{member}" in some but not'
                f" all defining subgraphs: it is missing in {in_subgraphs(missing)}",
            )
    joined = tuple(
        join_member(context.graph(each), member)
        for each in sources
        for member in each.element.members
    )
    return replace(shell, members=members, directives=(*shell.directives, *joined))
