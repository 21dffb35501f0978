"""The rules of `@requires`: it selects fields of its type from other subgraphs.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#requires
"""

from collections.abc import Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.model.definitions import Kind
from weir.schema.subgraphs.subgraph_facts import fields_of
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.validation.selections.field_sets import FieldSetCheck, SetRules

_RULES = SetRules(spec="requires", allows_arguments=True, allows_disjoint=True)


def requires(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """Yield REQUIRES_* errors; see `validation.selections.field_sets`."""
    for definition, field in fields_of(subgraph.types):
        applied = field.first("requires")
        if applied is None:
            continue
        coordinate = f"{definition.name}.{field.name}"
        if definition.kind is Kind.INTERFACE:
            yield subgraph.error(
                Code.REQUIRES_UNSUPPORTED_ON_INTERFACE,
                f'Cannot use @requires on field "{coordinate}" of parent type'
                f' "{definition.name}": @requires is not yet supported within'
                " interfaces",
                applied,
            )
        check = FieldSetCheck(
            subgraph=subgraph,
            applied=applied,
            rules=_RULES,
            on=f'field "{coordinate}"',
        )
        yield from check.errors(definition.name)
