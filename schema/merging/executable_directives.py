"""The merging of executable directives: the intersection over all subgraphs."""

from collections.abc import Iterator

from weir.schema.merging.arguments import merged_arguments_of
from weir.schema.merging.context import Context
from weir.schema.merging.elements import merged_description
from weir.schema.merging.sources import Source, in_subgraphs
from weir.schema.model.definitions import DirectiveDefinition

EXECUTABLE = frozenset(
    {
        "QUERY",
        "MUTATION",
        "SUBSCRIPTION",
        "FIELD",
        "FRAGMENT_DEFINITION",
        "FRAGMENT_SPREAD",
        "INLINE_FRAGMENT",
        "VARIABLE_DEFINITION",
    }
)


def merged_executable_directives(context: Context) -> Iterator[DirectiveDefinition]:
    """Yield the directives that all subgraphs define."""
    names = dict.fromkeys(
        name for each in context.subgraphs for name in each.directives
    )
    for name in names:
        sources = [
            Source(each, definition)
            for each in context.subgraphs
            if (definition := each.directives.get(name)) is not None
            and not definition.spec
            and EXECUTABLE.intersection(definition.locations)
        ]
        if not sources:
            continue
        if len(sources) == len(context.subgraphs):
            merged = _merged(context, name, sources)
            if merged is not None:
                yield merged
        else:
            where = in_subgraphs([each.name for each in sources])
            context.report.hint(
                "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE",
                f"@{name}",
                f'Executable directive "@{name}" will not be part of the supergraph as'
                f" it does not appear in all subgraphs: it is defined in {where} only",
            )


def _merged(
    context: Context, name: str, sources: list[Source[DirectiveDefinition]]
) -> DirectiveDefinition | None:
    coordinate = f"@{name}"
    shared = [
        location
        for location in sources[0].element.locations
        if location in EXECUTABLE
        and all(location in each.element.locations for each in sources)
    ]
    if not shared:
        context.report.hint(
            "NO_EXECUTABLE_DIRECTIVE_INTERSECTION",
            coordinate,
            f'Executable directive "@{name}" has no location that is common to all'
            " subgraphs: it will not be part of the supergraph",
        )
        return None
    executable = [EXECUTABLE.intersection(each.element.locations) for each in sources]
    if any(each != frozenset(shared) for each in executable):
        context.report.hint(
            "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS",
            coordinate,
            f'Executable directive "@{name}" has different locations in different'
            " subgraphs: the common ones are used",
        )
    repeatable = {each.element.repeatable for each in sources}
    if len(repeatable) > 1:
        context.report.hint(
            "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE",
            coordinate,
            f'Executable directive "@{name}" is repeatable in some subgraphs only: it'
            " will not be repeatable in the supergraph",
        )
    return DirectiveDefinition(
        name=name,
        description=merged_description(context, sources, coordinate),
        arguments=merged_arguments_of(context, sources, coordinate),
        locations=tuple(shared),
        repeatable=repeatable == {True},
    )
