"""The rules of `@provides`: it selects external fields of a composite field's type.

It can be applied to the fields of objects, if they are not external.
https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#provides
"""

from collections.abc import Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.model.definitions import (
    COMPOSITE,
    Applied,
    Field,
    Kind,
    TypeDefinition,
)
from weir.schema.model.type_refs import base_name
from weir.schema.subgraphs.subgraph_facts import fields_of
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.validation.selections.field_sets import FieldSetCheck, SetRules

_RULES = SetRules(spec="provides", allows_disjoint=True)


def provides(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """Yield PROVIDES_* and EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE errors."""
    for definition, field in fields_of(subgraph.types):
        applied = field.first("provides")
        if applied is not None:
            yield from _check(subgraph, definition, field, applied)


def _check(
    subgraph: SubgraphSchema, definition: TypeDefinition, field: Field, applied: Applied
) -> Iterator[CompositionError]:
    coordinate = f"{definition.name}.{field.name}"
    if subgraph.facts.is_external(coordinate):
        yield subgraph.error(
            Code.EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE,
            f'Cannot have both @provides and @external on field "{coordinate}"',
            field,
        )
        return
    target = subgraph.types.get(base_name(field.type))
    if target is None or target.kind not in COMPOSITE:
        yield subgraph.error(
            Code.PROVIDES_ON_NON_OBJECT_FIELD,
            f'Invalid @provides directive on field "{coordinate}": field has type'
            f' "{field.type}" which is not a Composite Type',
            applied,
            fix="Remove @provides.",
        )
        return
    if definition.kind is Kind.INTERFACE:
        yield subgraph.error(
            Code.PROVIDES_UNSUPPORTED_ON_INTERFACE,
            f'Cannot use @provides on field "{coordinate}" of parent type'
            f' "{definition.name}": @provides is not yet supported within interfaces',
            applied,
        )
    check = FieldSetCheck(
        subgraph=subgraph, applied=applied, rules=_RULES, on=f'field "{coordinate}"'
    )
    yield from check.errors(target.name)
