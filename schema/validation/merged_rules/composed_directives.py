"""The rule that the applications of a composed directive match its definition.

The definition of the feature's newest version counts, also for applications in
subgraphs with an older version.
"""

from collections.abc import Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.model.definitions import (
    Applied,
    DirectiveDefinition,
    Element,
    Kind,
    TypeDefinition,
)
from weir.schema.validation.merged_rules.inaccessible import locations

_LOCATIONS = {
    Kind.SCALAR: "SCALAR",
    Kind.OBJECT: "OBJECT",
    Kind.INTERFACE: "INTERFACE",
    Kind.UNION: "UNION",
    Kind.ENUM: "ENUM",
    Kind.INPUT: "INPUT_OBJECT",
}


def composed_directives(supergraph: SupergraphSchema) -> Iterator[CompositionError]:
    """Yield INVALID_GRAPHQL errors."""
    custom = supergraph.composed.custom.values()
    definitions = {
        each.name: each.definition for each in custom if each.definition is not None
    }
    for coordinate, location, element in _elements(supergraph) if definitions else ():
        for applied in element.directives:
            definition = definitions.get(applied.name) if not applied.spec else None
            problem = _problem(applied, definition, location) if definition else ""
            if problem:
                yield CompositionError(
                    code=Code.INVALID_GRAPHQL,
                    message=f'{problem} (on "{coordinate}")',
                    locations=tuple(locations(supergraph, coordinate)),
                )


def _elements(supergraph: SupergraphSchema) -> Iterator[tuple[str, str, Element]]:
    """Yield each element with its coordinate and its location."""
    for definition in supergraph.types.values():
        yield definition.name, _LOCATIONS[definition.kind], definition
        for coordinate, location, element in _children(definition):
            yield f"{definition.name}.{coordinate}", location, element


def _children(definition: TypeDefinition) -> Iterator[tuple[str, str, Element]]:
    for field in definition.fields.values():
        yield field.name, "FIELD_DEFINITION", field
        for each in field.arguments.values():
            yield f"{field.name}({each.name}:)", "ARGUMENT_DEFINITION", each
    for each in definition.input_fields.values():
        yield each.name, "INPUT_FIELD_DEFINITION", each
    for value in definition.values.values():
        yield value.name, "ENUM_VALUE", value


def _problem(applied: Applied, definition: DirectiveDefinition, location: str) -> str:
    if location not in definition.locations:
        return f'Directive "@{applied.name}" may not be used on {location}'
    for name in applied.arguments:
        if name not in definition.arguments:
            return f'Unknown argument "{name}" on directive "@{applied.name}"'
    for argument in definition.arguments.values():
        if argument.required and argument.name not in applied.arguments:
            return (
                f'Argument "{argument.name}" of directive "@{applied.name}" is'
                " required, but it was not provided"
            )
    return ""
