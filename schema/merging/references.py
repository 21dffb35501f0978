"""The merging of the types and defaults of fields, arguments and input fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from graphql import ValueNode, print_ast

from weir.schema.diagnostics.codes import Code
from weir.schema.merging.context import Context
from weir.schema.merging.sources import Source, distribution
from weir.schema.model.definitions import Field, InputValue
from weir.schema.model.type_refs import TypeRef, is_subtype
from weir.schema.model.values import same_value

Typed: TypeAlias = "Source[Field | InputValue]"


@dataclass(frozen=True, slots=True)
class MergedType:
    type: TypeRef
    all_equal: bool


def merged_output_type(
    context: Context, sources: Sequence[Typed], coordinate: str
) -> MergedType:
    """Return the widest of the types, or report FIELD_TYPE_MISMATCH."""
    result = sources[0].element.type
    for each in sources[1:]:
        other = each.element.type
        if is_subtype(other, result, context.is_member):
            continue
        if not is_subtype(result, other, context.is_member):
            code = Code.FIELD_TYPE_MISMATCH
            return _mismatch(context, code, "field", sources, coordinate)
        result = other
    hint = "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE"
    return _compatible(context, hint, sources, result, coordinate)


def merged_input_type(
    context: Context, sources: Sequence[Typed], coordinate: str, code: Code
) -> MergedType:
    """Return the narrowest of the types, or report an error with `code`."""
    result = sources[0].element.type
    for each in sources[1:]:
        other = each.element.type
        if is_subtype(result, other, context.is_member):
            continue
        if not is_subtype(other, result, context.is_member):
            kind = "field" if code is Code.FIELD_TYPE_MISMATCH else "argument"
            return _mismatch(context, code, kind, sources, coordinate)
        result = other
    hint = (
        "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE"
        if code is Code.FIELD_TYPE_MISMATCH
        else "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE"
    )
    return _compatible(context, hint, sources, result, coordinate)


def _compatible(
    context: Context,
    hint: str,
    sources: Sequence[Typed],
    result: TypeRef,
    coordinate: str,
) -> MergedType:
    all_equal = all(each.element.type == result for each in sources)
    if not all_equal:
        message = (
            f'Type of "{coordinate}" is inconsistent but compatible across subgraphs:'
            f' will use type "{result}" in supergraph but {_types(sources)}'
        )
        context.report.hint(hint, coordinate, message)
    return MergedType(result, all_equal)


def _mismatch(
    context: Context,
    code: Code,
    kind: str,
    sources: Sequence[Typed],
    coordinate: str,
) -> MergedType:
    context.report.error(
        code,
        f'Type of {kind} "{coordinate}" is incompatible across subgraphs:'
        f" {_types(sources)}",
        sources,
        fix=f'Give "{coordinate}" the same type in all subgraphs.',
    )
    return MergedType(sources[0].element.type, all_equal=False)


def _types(sources: Sequence[Typed]) -> str:
    return distribution(sources, lambda each: f'type "{each.element.type}"')


def merged_default(
    context: Context,
    sources: Sequence[Source[InputValue]],
    coordinate: str,
    code: Code,
) -> ValueNode | None:
    """Return the default of all sources; report different ones with `code`."""
    defaults = [each.element.default for each in sources]
    given = [each for each in defaults if each is not None]
    if not given:
        return None
    if any(not same_value(each, given[0]) for each in given):
        listed = distribution(sources, _default_words)
        kind = "argument" if code is Code.FIELD_ARGUMENT_DEFAULT_MISMATCH else "field"
        context.report.error(
            code,
            f'{kind.capitalize()} "{coordinate}" has incompatible default values across'
            f" subgraphs: {listed}",
            sources,
            fix=f'Give "{coordinate}" the same default in all subgraphs.',
        )
        return None
    if len(given) < len(defaults):
        context.report.hint(
            "INCONSISTENT_DEFAULT_VALUE_PRESENCE",
            coordinate,
            f'"{coordinate}" has a default value in only some subgraphs: it will have'
            " none in the supergraph",
        )
        return None
    return given[0]


def _default_words(source: Source[InputValue]) -> str:
    default = source.element.default
    return f"default value {print_ast(default)}" if default else "no default value"
