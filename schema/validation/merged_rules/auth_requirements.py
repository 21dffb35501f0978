"""The rule that a field has the access requirements of the fields it depends on.

A field with `@requires`, or with an argument from a context, can reveal the values of
other fields. So its own access requirements must imply theirs.
"""

from collections.abc import Iterator, Mapping

from graphql import FieldNode, GraphQLError, InlineFragmentNode, SelectionSetNode

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.federation.composed_specs import AUTH
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.model.access import AccessRequirement, alternatives
from weir.schema.model.context_values import context_selections
from weir.schema.model.definitions import Applied, Element, Field, TypeDefinition
from weir.schema.model.field_set import parse_field_set
from weir.schema.model.type_refs import base_name
from weir.schema.subgraphs.subgraph_facts import fields_of
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema


def auth_requirements(supergraph: SupergraphSchema) -> Iterator[CompositionError]:
    """Yield MISSING_TRANSITIVE_AUTH_REQUIREMENTS errors."""
    if not any(spec in supergraph.composed.specs for spec in AUTH):
        return
    for subgraph in supergraph.context.subgraphs:
        for definition, field in fields_of(subgraph.types):
            for directive, applied, parent, text in _sets(subgraph, definition, field):
                coordinate = f"{definition.name}.{field.name}"
                own = _own_requirements(supergraph.types, definition.name, field.name)
                unmet = _unmet(supergraph.types, own, parent, text)
                if unmet is None and directive == "fromContext":
                    unmet = _unmet_setter(supergraph.types, own, parent)
                if unmet is not None:
                    yield subgraph.error(
                        Code.MISSING_TRANSITIVE_AUTH_REQUIREMENTS,
                        f'Field "{coordinate}" does not specify necessary'
                        " @authenticated, @requiresScopes and/or @policy auth"
                        f' requirements to access the transitive data "{unmet}" from'
                        f" @{directive} selection set.",
                        applied,
                        fix=f'Give "{coordinate}" the requirements of "{unmet}".',
                    )


def _sets(
    subgraph: SubgraphSchema, definition: TypeDefinition, field: Field
) -> Iterator[tuple[str, Applied, str, str]]:
    """Yield the field sets of a field: directive, application, parent type, text."""
    applied = field.first("requires")
    text = applied.text("fields") if applied else None
    if applied is not None and text is not None:
        yield "requires", applied, definition.name, text
    for argument in field.arguments.values():
        source = argument.first("fromContext")
        if source is not None:
            for parent, selection in context_selections(subgraph.types, argument):
                yield "fromContext", source, parent, selection


def _own_requirements(
    types: Mapping[str, TypeDefinition], owner: str, field: str
) -> AccessRequirement:
    """Return the supergraph's requirements for the selection of a field."""
    own = _requirements(types[owner])
    merged = types[owner].fields.get(field)
    return own if merged is None else own.and_also(_requirements(merged))


def _unmet_setter(
    types: Mapping[str, TypeDefinition], own: AccessRequirement, setter: str
) -> str | None:
    """Return a type that sets a context unless a field's requirements imply its."""
    return None if own.implies(_requirements(types[setter])) else setter


def _unmet(
    types: Mapping[str, TypeDefinition], own: AccessRequirement, parent: str, text: str
) -> str | None:
    """Return the first selected coordinate whose requirements are not implied."""
    try:
        selections = parse_field_set(text)
    except GraphQLError:
        return None
    return next(
        (
            coordinate
            for coordinate, element in _selected(types, parent, selections)
            if not own.implies(_requirements(element))
        ),
        None,
    )


def _selected(
    types: Mapping[str, TypeDefinition], parent: str, selections: SelectionSetNode
) -> Iterator[tuple[str, Element]]:
    for node in selections.selections:
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            name = condition.name.value if condition else parent
            if name in types:
                yield name, types[name]
            yield from _selected(types, name, node.selection_set)
        elif isinstance(node, FieldNode) and parent in types:
            field = types[parent].fields.get(node.name.value)
            if field is None:
                continue
            yield f"{parent}.{field.name}", field
            target = base_name(field.type)
            if target in types:
                yield target, types[target]
            if node.selection_set is not None:
                yield from _selected(types, target, node.selection_set)


def _requirements(element: Element) -> AccessRequirement:
    scopes = element.first("requiresScopes")
    policies = element.first("policy")
    return AccessRequirement(
        element.has("authenticated"),
        alternatives(scopes.arguments.get("scopes") if scopes else None),
        alternatives(policies.arguments.get("policies") if policies else None),
    )
