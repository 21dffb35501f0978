"""The rules of `@key`: it selects fields without arguments, unions or interfaces.

Interfaces may have keys since federation 2.3.
https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#key
"""

from collections.abc import Iterator
from functools import partial

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.link.url import Version
from weir.schema.model.definitions import Field, Kind
from weir.schema.model.type_refs import base_name
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.validation.selections.field_sets import FieldSetCheck, SetRules
from weir.schema.validation.selections.keys import is_valid

_KEYS_ON_INTERFACES = Version(2, 3)


def keys(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """Yield the errors with KEY_* codes; see `validation.selections.field_sets`."""
    rules = SetRules(
        spec="key", allows_resolved=True, on_field=partial(_selectable, subgraph)
    )
    for definition in subgraph.of_kind(Kind.OBJECT, Kind.INTERFACE):
        for key in definition.all("key"):
            too_early = subgraph.version < _KEYS_ON_INTERFACES
            is_interface = definition.kind is Kind.INTERFACE
            if is_interface and too_early and is_valid(key, subgraph, definition.name):
                yield subgraph.error(
                    Code.KEY_UNSUPPORTED_ON_INTERFACE,
                    f'Cannot use @key on interface "{definition.name}": @key is not yet'
                    f" supported on interfaces in federation {subgraph.version}.",
                    key,
                    fix="Link federation v2.3 or newer.",
                )
            check = FieldSetCheck(
                subgraph=subgraph,
                applied=key,
                rules=rules,
                on=f'type "{definition.name}"',
            )
            yield from check.errors(definition.name)


def _selectable(
    subgraph: SubgraphSchema, field: Field, coordinate: str
) -> tuple[Code, str] | None:
    target = subgraph.types.get(base_name(field.type))
    if target is None or target.kind not in {Kind.UNION, Kind.INTERFACE}:
        return None
    kind = "a Union" if target.kind is Kind.UNION else "an Interface"
    message = f'field "{coordinate}" is {kind} type which is not allowed in @key'
    return Code.KEY_FIELDS_SELECT_INVALID_TYPE, message
