"""The rules of `@shareable`: on object fields, once for each declaration."""

from collections import Counter
from collections.abc import Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.model.definitions import Applied, Kind
from weir.schema.subgraphs.subgraph_facts import fields_of
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema


def shareable(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """Yield INVALID_SHAREABLE_USAGE errors."""
    for definition, field in fields_of(subgraph.types):
        applied = list(field.all("shareable"))
        if applied and definition.kind is Kind.INTERFACE:
            yield subgraph.error(
                Code.INVALID_SHAREABLE_USAGE,
                "Invalid use of @shareable on field"
                f' "{definition.name}.{field.name}": only object type fields can be'
                " marked with @shareable",
                field,
                fix="Mark the fields of the implementations instead.",
            )
        elif len(applied) > 1 and applied[0].node is not None:
            yield _repeated(subgraph, f"{definition.name}.{field.name}", applied[1])
    for definition in subgraph.of_kind(Kind.OBJECT):
        parts = Counter(each.part for each in definition.all("shareable"))
        for each in definition.all("shareable"):
            if parts.pop(each.part, 0) > 1:
                yield _repeated(subgraph, definition.name, each)


def _repeated(
    subgraph: SubgraphSchema, coordinate: str, applied: Applied
) -> CompositionError:
    return subgraph.error(
        Code.INVALID_SHAREABLE_USAGE,
        "Invalid duplicate application of @shareable on the same declaration of"
        f' "{coordinate}": @shareable is only repeatable on types so it can be used'
        " simultaneously on a type definition and its extensions",
        applied,
        fix="Remove one of them.",
    )
