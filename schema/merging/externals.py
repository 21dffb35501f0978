"""External copies of a field: not merged, but checked against the merged field."""

from collections.abc import Sequence

from weir.schema.diagnostics.codes import Code
from weir.schema.merging.context import Context
from weir.schema.merging.elements import is_merged
from weir.schema.merging.sources import Source, in_subgraphs, quoted
from weir.schema.model.definitions import Element, Field, InputValue
from weir.schema.model.type_refs import is_subtype
from weir.schema.model.values import same_value


def resolving_sources(
    sources: Sequence[Source[Field]], coordinate: str
) -> list[Source[Field]]:
    """Return the sources that are not external."""
    return [each for each in sources if not each.subgraph.facts.is_external(coordinate)]


def check_external_directives(
    context: Context, sources: Sequence[Source[Field]], coordinate: str
) -> None:
    """Report directives on external sources that would be merged."""
    for each in sources:
        if not each.subgraph.facts.is_external(coordinate):
            continue
        applied = is_merged(context, each)
        if applied is not None:
            context.report.error(
                Code.MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL,
                f"[{each.name}] Cannot apply merged directive @{applied.name} to"
                f' external field "{coordinate}"',
                [each],
                fix=f"Apply @{applied.name} where the field is resolved.",
            )


def report_missing_on_base(
    context: Context, sources: Sequence[Source[Field]], coordinate: str
) -> None:
    names = [each.name for each in sources]
    context.report.error(
        Code.EXTERNAL_MISSING_ON_BASE,
        f'Field "{coordinate}" is marked @external on all the subgraphs in which it is'
        f" listed ({in_subgraphs(names)}).",
        sources,
        fix="Define the field without @external in the subgraph that resolves it.",
    )


def check_externals(
    context: Context,
    sources: Sequence[Source[Field]],
    merged: Field,
    coordinate: str,
    *,
    all_equal: bool,
) -> None:
    """Compare each external copy with the merged field."""
    externals = [
        each for each in sources if each.subgraph.facts.is_external(coordinate)
    ]
    wrong_type = [
        each
        for each in externals
        if each.element.type != merged.type
        and (
            all_equal
            or not is_subtype(merged.type, each.element.type, context.is_member)
        )
    ]
    if wrong_type:
        listed = quoted(f"{each.element.type}" for each in wrong_type)
        _report(
            context,
            Code.EXTERNAL_TYPE_MISMATCH,
            wrong_type,
            f'Type of field "{coordinate}" is incompatible across subgraphs (where'
            f' marked @external): it has type "{merged.type}" in the supergraph but'
            f" type {listed} in {{where}}",
        )
    for argument in merged.arguments.values():
        _check_argument(context, externals, argument, f"{coordinate}({argument.name}:)")


def _check_argument(
    context: Context,
    externals: Sequence[Source[Field]],
    merged: InputValue,
    coordinate: str,
) -> None:
    missing = [each for each in externals if merged.name not in each.element.arguments]
    given = [
        Source(each.subgraph, each.element.arguments[merged.name])
        for each in externals
        if merged.name in each.element.arguments
    ]
    wrong_type = [
        each
        for each in given
        if not is_subtype(merged.type, each.element.type, context.is_member)
    ]
    wrong_default = [
        each for each in given if not same_value(each.element.default, merged.default)
    ]
    for code, sources, problem in (
        (Code.EXTERNAL_ARGUMENT_MISSING, missing, "is missing"),
        (Code.EXTERNAL_ARGUMENT_TYPE_MISMATCH, wrong_type, "has another type"),
        (Code.EXTERNAL_ARGUMENT_DEFAULT_MISMATCH, wrong_default, "has another default"),
    ):
        if sources:
            _report(
                context,
                code,
                sources,
                f'Argument "{coordinate}" of type "{merged.type}" {problem} in'
                f" {{where}} (where its field is marked @external).",
            )


def _report(
    context: Context,
    code: Code,
    sources: Sequence[Source[Element]],
    message: str,
) -> None:
    where = in_subgraphs([each.name for each in sources])
    context.report.error(
        code,
        message.replace("{where}", where),
        sources,
        fix="Declare the external field as the subgraph that resolves it does.",
    )
