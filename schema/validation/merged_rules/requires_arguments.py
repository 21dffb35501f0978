"""The rule that the arguments in a `@requires` exist in the supergraph.

A subgraph may have an argument that merging dropped, or may lack one that is mandatory
in the supergraph.
"""

from collections.abc import Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.model.field_set import Selected, selected_fields
from weir.schema.subgraphs.subgraph_facts import fields_of
from weir.schema.validation.selections.selections import argument_problem


def requires_arguments(supergraph: SupergraphSchema) -> Iterator[CompositionError]:
    """Yield REQUIRES_INVALID_FIELDS errors."""
    for subgraph in supergraph.context.subgraphs:
        for definition, field in fields_of(subgraph.types):
            applied = field.first("requires")
            text = applied.text("fields") if applied else None
            for selected in selected_fields(subgraph.types, definition.name, text):
                problem = _problem(supergraph, selected)
                if problem is not None:
                    yield subgraph.error(
                        Code.REQUIRES_INVALID_FIELDS,
                        f'On field "{definition.name}.{field.name}", for'
                        f' @requires(fields: "{text}"): {problem}',
                        applied,
                    )


def _problem(supergraph: SupergraphSchema, selected: Selected) -> str | None:
    owner = supergraph.types.get(selected.parent.name)
    field = owner.fields.get(selected.field.name) if owner else None
    if field is None:
        return None
    given = {each.name.value for each in selected.node.arguments or ()}
    for argument in field.arguments.values():
        if argument.required and argument.name not in given:
            return (
                f'no value provided for argument "{argument.name}" of field'
                f' "{selected.coordinate}" but a value is mandatory as it is required'
                " in the supergraph"
            )
    problem = argument_problem(given, field.arguments, selected.coordinate)
    if problem is None:
        return None
    return (
        f'cannot provide a value for an argument of field "{selected.coordinate}" that'
        f" is not in the supergraph: {problem}"
    )
