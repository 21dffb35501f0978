"""The merging of arguments: the intersection of the subgraphs' arguments."""

from collections.abc import Mapping, Sequence

from weir.schema.diagnostics.codes import Code
from weir.schema.merging.context import Context
from weir.schema.merging.elements import merged_description, merged_directives
from weir.schema.merging.references import merged_default, merged_input_type
from weir.schema.merging.sources import Source, in_subgraphs
from weir.schema.model.definitions import DirectiveDefinition, Field, InputValue


def merged_arguments_of(
    context: Context,
    sources: Sequence[Source[Field | DirectiveDefinition]],
    coordinate: str,
) -> Mapping[str, InputValue]:
    """Return the arguments that all sources have, except `@fromContext` ones.

    An argument that some sources lack is dropped, or reported as
    REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH if it is required in another.
    """
    names = dict.fromkeys(name for each in sources for name in each.element.arguments)
    merged: dict[str, InputValue] = {}
    for name in names:
        present = [
            Source(each.subgraph, each.element.arguments[name])
            for each in sources
            if name in each.element.arguments
        ]
        missing = [each for each in sources if name not in each.element.arguments]
        argument = f"{coordinate}({name}:)"
        if any(each.element.has("fromContext") for each in present):
            _check_contextual(context, present, argument)
        elif missing:
            _check_optional(context, present, missing, argument)
        else:
            merged[name] = merged_argument(context, present, argument)
    return merged


def merged_argument(
    context: Context, sources: Sequence[Source[InputValue]], coordinate: str
) -> InputValue:
    merged = merged_input_type(
        context, sources, coordinate, Code.FIELD_ARGUMENT_TYPE_MISMATCH
    )
    return InputValue(
        name=sources[0].element.name,
        description=merged_description(context, sources, coordinate),
        directives=merged_directives(context, sources, coordinate),
        type=merged.type,
        default=merged_default(
            context, sources, coordinate, Code.FIELD_ARGUMENT_DEFAULT_MISMATCH
        ),
    )


def _check_optional(
    context: Context,
    present: Sequence[Source[InputValue]],
    missing: Sequence[Source[Field | DirectiveDefinition]],
    coordinate: str,
) -> None:
    required = [each for each in present if each.element.required]
    without = in_subgraphs([each.name for each in missing])
    if not required:
        context.report.hint(
            "INCONSISTENT_ARGUMENT_PRESENCE",
            coordinate,
            f'Optional argument "{coordinate}" will not be included in the supergraph'
            f" as it does not appear in all subgraphs: it is missing in {without}",
        )
        return
    where = in_subgraphs([each.name for each in required])
    context.report.error(
        Code.REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH,
        f'Argument "{coordinate}" is required in some subgraphs but does not appear in'
        f" all subgraphs: it is required in {where} but does not appear in {without}",
        [*required, *missing],
        fix=f"Add the argument in {without}, or make it optional in {where}.",
    )


def _check_contextual(
    context: Context, present: Sequence[Source[InputValue]], coordinate: str
) -> None:
    """Report sources where a contextual argument is ordinary and required."""
    for each in present:
        if each.element.has("fromContext"):
            continue
        if each.element.required:
            context.report.error(
                Code.CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS,
                f'Argument "{coordinate}" is contextual in at least one subgraph but in'
                f' "{each.name}" it does not have @fromContext, is not nullable and has'
                " no default value.",
                [each],
                fix=(
                    f'Make the argument nullable in "{each.name}", or set it there with'
                    " @fromContext too."
                ),
            )
        else:
            context.report.hint(
                "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS",
                coordinate,
                f'Argument "{coordinate}" is contextual in at least one subgraph but in'
                f' "{each.name}" it is not; there it is never given.',
            )
