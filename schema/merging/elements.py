"""The merging of descriptions and applied directives, which all elements have."""

from collections import Counter
from collections.abc import Mapping, Sequence

from graphql import ValueNode

from weir.schema.merging.composed import ComposedDirective
from weir.schema.merging.context import Context
from weir.schema.merging.join import join_directive
from weir.schema.merging.sources import Source
from weir.schema.merging.strategies import merged_arguments
from weir.schema.model.definitions import Applied, Element
from weir.schema.model.values import (
    canonical,
    enum_node,
    list_node,
    object_node,
    string_node,
)

_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "deprecated": {"reason": '"No longer supported"'},
    "listSize": {"requireOneSlicingArgument": "true"},
}


def merged_description(
    context: Context, sources: Sequence[Source[Element]], coordinate: str
) -> str:
    """Return the most frequent description, or the first of several."""
    counts = Counter(
        each.element.description for each in sources if each.element.description
    )
    if not counts:
        return ""
    if len(counts) > 1:
        context.report.hint(
            "INCONSISTENT_DESCRIPTION",
            coordinate,
            f"{coordinate} has different descriptions in different subgraphs; the most"
            " frequent one is used",
        )
    return counts.most_common(1)[0][0]


def merged_directives(
    context: Context, sources: Sequence[Source[Element]], coordinate: str
) -> tuple[Applied, ...]:
    """Return the directives of a merged element, grouped by directive."""
    groups: dict[str, tuple[ComposedDirective, list[Applied]]] = {}
    for each in sources:
        for applied in each.element.directives:
            directive = context.composed.directive(each.subgraph, applied)
            if directive is not None:
                named = _in_supergraph(each, applied, directive)
                groups.setdefault(directive.name, (directive, []))[1].append(named)
    merged = [
        applied
        for directive, applications in groups.values()
        for applied in _merged_group(context, directive, applications, coordinate)
    ]
    return (*merged, *_cache_tags(context, sources))


def is_merged(context: Context, source: Source[Element]) -> Applied | None:
    """Return the first application on an element that would be merged, if any."""
    for applied in source.element.directives:
        if context.composed.directive(source.subgraph, applied) is not None:
            return applied
    return None


def _in_supergraph(
    source: Source[Element], applied: Applied, directive: ComposedDirective
) -> Applied:
    arguments = applied.arguments
    if applied.spec == "context":
        # Contexts of different subgraphs are unrelated, so their names are made unique.
        name = f"{source.name}__{applied.text('name')}"
        arguments = {"name": string_node(name)}
    return Applied(name=directive.name, arguments=arguments, spec=applied.spec)


def _merged_group(
    context: Context,
    directive: ComposedDirective,
    applications: list[Applied],
    coordinate: str,
) -> list[Applied]:
    distinct = {_signature(each): each for each in reversed(applications)}
    first_seen = dict.fromkeys(_signature(each) for each in applications)
    unique = [distinct[signature] for signature in first_seen]
    if directive.repeatable or len(unique) == 1:
        return unique
    arguments = merged_arguments(directive.spec, unique)
    if arguments is not None:
        context.report.hint(
            "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
            coordinate,
            f'Directive "@{directive.name}" is applied to "{coordinate}" in multiple'
            " subgraphs with different arguments; they are merged",
        )
        name = directive.name
        return [Applied(name=name, arguments=arguments, spec=directive.spec)]
    context.report.hint(
        "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
        coordinate,
        f'Directive "@{directive.name}" is applied to "{coordinate}" in multiple'
        " subgraphs with different arguments; the most frequent application is used",
    )
    counts = Counter(_signature(each) for each in applications)
    return [distinct[counts.most_common(1)[0][0]]]


def _signature(applied: Applied) -> str:
    defaults = _DEFAULTS.get(applied.spec or applied.name, {})
    arguments = {**defaults} | {
        name: canonical(value) for name, value in applied.arguments.items()
    }
    return ", ".join(f"{name}: {arguments[name]}" for name in sorted(arguments))


def _cache_tags(context: Context, sources: Sequence[Source[Element]]) -> list[Applied]:
    """Return `@cacheTag` as a `@join__directive`, with its subgraphs."""
    graphs: dict[str, list[str]] = {}
    values: dict[str, ValueNode] = {}
    for each in sources:
        for applied in each.element.all("cacheTag"):
            text = canonical(applied.arguments["format"])
            graphs.setdefault(text, []).append(context.graph(each))
            values[text] = applied.arguments["format"]
    return [
        join_directive(
            {
                "graphs": list_node(enum_node(name) for name in names),
                "name": string_node("federation__cacheTag"),
                "args": object_node({"format": values[text]}),
            }
        )
        for text, names in graphs.items()
    ]
