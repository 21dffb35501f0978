"""The rule that access requirements are not applied to interfaces.

An interface inherits them from its implementations. A requirement of only the interface
would not protect the implementations on other paths.
"""

from collections.abc import Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.federation.composed_specs import AUTH
from weir.schema.model.definitions import Element, Kind
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema


def auth_on_interface(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """Yield AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE errors."""
    for definition in subgraph.of_kind(Kind.OBJECT, Kind.INTERFACE):
        if definition.kind is Kind.INTERFACE:
            yield from _check(subgraph, definition, definition.name, "interfaces")
            for field in definition.fields.values():
                coordinate = f"{definition.name}.{field.name}"
                yield from _check(subgraph, field, coordinate, "interface fields")
        elif definition.has("interfaceObject"):
            kind = "interface objects"
            yield from _check(subgraph, definition, definition.name, kind)


def _check(
    subgraph: SubgraphSchema, element: Element, coordinate: str, kind: str
) -> Iterator[CompositionError]:
    for applied in element.directives:
        if applied.spec in AUTH:
            yield subgraph.error(
                Code.AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE,
                f'Invalid use of @{applied.name} on "{coordinate}": access requirements'
                f" cannot be applied on {kind}",
                applied,
                fix="Apply it to the implementations; the interface inherits it.",
            )
