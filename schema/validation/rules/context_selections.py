"""The rules of a `@fromContext` selection.

It is one field, or a fragment for each type. It is resolved from each type that sets
the context, and selects one leaf, through object types and interfaces of the subgraph.
The value may be null, because an ancestor may have a type without a fragment. So the
argument must be nullable.
"""

from collections.abc import Iterator, Sequence

from graphql import (
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
)

from weir.schema.model.definitions import Kind, TypeDefinition
from weir.schema.model.field_set import parse_field_set
from weir.schema.model.type_refs import ListOf, Named, NonNull, TypeRef, base_name
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.validation.selections.selections import (
    InvalidFieldSet,
    check_selections,
    runtime_types,
)

_TYPENAME = Named("String")


def selection_problem(
    subgraph: SubgraphSchema,
    text: str,
    setters: Sequence[TypeDefinition],
    argument: TypeRef,
) -> str:
    """Return the error in a selection for an argument, or "" for a valid one."""
    try:
        selections = parse_field_set(text)
        _check_form(selections)
        for each in setters:
            for parent, node in _read_from(subgraph, selections, each):
                _check_type(subgraph, parent, node, argument)
        _check_all_used(subgraph, selections, setters)
    except GraphQLError as error:
        return error.message
    except InvalidFieldSet as error:
        return str(error)
    return ""


def _check_form(selections: SelectionSetNode) -> None:
    """Check that a selection is one field, or fragments on different types."""
    problem = _forbidden(selections)
    if problem:
        raise InvalidFieldSet(problem)
    nodes = selections.selections
    if any(isinstance(each, FieldNode) for each in nodes) and len(nodes) > 1:
        message = "several fields are selected, and only one value can be given"
        raise InvalidFieldSet(message)
    conditions = [_condition(each) for each in nodes if not _is_field(each)]
    if None in conditions:
        message = "a fragment must be an inline fragment with a type condition"
        raise InvalidFieldSet(message)
    if len(set(conditions)) < len(conditions):
        message = "two fragments have the same type condition"
        raise InvalidFieldSet(message)


def _is_field(node: SelectionNode) -> bool:
    return isinstance(node, FieldNode)


def _condition(node: SelectionNode) -> str | None:
    condition = getattr(node, "type_condition", None)
    return condition.name.value if condition is not None else None


def _forbidden(selections: SelectionSetNode) -> str:
    """Return an error for an alias or a directive, else ""."""
    for node in selections.selections:
        if isinstance(node, FieldNode) and node.alias is not None:
            return "aliases are not allowed in the selection"
        if getattr(node, "directives", None):
            return "directives are not allowed in the selection"
        inner = getattr(node, "selection_set", None)
        if isinstance(inner, SelectionSetNode) and _forbidden(inner):
            return _forbidden(inner)
    return ""


def _read_from(
    subgraph: SubgraphSchema, selections: SelectionSetNode, setter: TypeDefinition
) -> Iterator[tuple[TypeDefinition, FieldNode]]:
    """Yield the fields selected on one type that sets the context, with parents."""
    check_selections(subgraph, setter.name, _of_setter(subgraph, selections, setter))
    matched = False
    for node in selections.selections:
        match node:
            case FieldNode():
                matched = True
                yield setter, node
            case InlineFragmentNode():
                name = _object_condition(subgraph, node)
                if name in runtime_types(subgraph, setter):
                    matched = True
                    for inner in node.selection_set.selections:
                        yield subgraph.types[name], _single(node.selection_set, inner)
            case _:
                continue
    if not matched:
        message = f'no type condition matches "{setter.name}", which sets the context'
        raise InvalidFieldSet(message)


def _of_setter(
    subgraph: SubgraphSchema, selections: SelectionSetNode, setter: TypeDefinition
) -> SelectionSetNode:
    """Return the part of a selection for one type that sets the context."""
    possible = runtime_types(subgraph, setter)
    return SelectionSetNode(
        selections=tuple(
            node
            for node in selections.selections
            if isinstance(node, FieldNode) or _condition(node) in possible
        )
    )


def _object_condition(subgraph: SubgraphSchema, node: InlineFragmentNode) -> str:
    name = _condition(node) or ""
    definition = subgraph.types.get(name)
    if definition is None or definition.kind is not Kind.OBJECT:
        message = f'the type condition "{name}" must be an object type'
        raise InvalidFieldSet(message)
    return name


def _single(selections: SelectionSetNode, node: SelectionNode) -> FieldNode:
    if len(selections.selections) > 1 or not isinstance(node, FieldNode):
        message = "the selection must be a single field, all the way down"
        raise InvalidFieldSet(message)
    return node


def _check_all_used(
    subgraph: SubgraphSchema,
    selections: SelectionSetNode,
    setters: Sequence[TypeDefinition],
) -> None:
    possible = {name for each in setters for name in runtime_types(subgraph, each)}
    for node in selections.selections:
        name = _condition(node)
        if name is not None and name not in possible:
            message = f'type condition "{name}" is never used'
            raise InvalidFieldSet(message)


def _check_type(
    subgraph: SubgraphSchema, parent: TypeDefinition, node: FieldNode, argument: TypeRef
) -> None:
    found = _leaf_type(subgraph, parent, node)
    if not _fits(found, argument):
        message = (
            f'the type of the selection "{found}" does not match the expected type'
            f' "{argument}"'
        )
        raise InvalidFieldSet(message)


def _leaf_type(
    subgraph: SubgraphSchema, parent: TypeDefinition, node: FieldNode
) -> TypeRef:
    """Return the type at the end of a path, inside the lists of the path."""
    if parent.has("interfaceObject"):
        message = f'"{parent.name}" in the selection is an @interfaceObject'
        raise InvalidFieldSet(message)
    field = parent.fields.get(node.name.value)
    if field is None:
        return _TYPENAME
    if node.selection_set is None:
        return _listed(field.type, Named(base_name(field.type)))
    first = node.selection_set.selections[0]
    target = subgraph.types[base_name(field.type)]
    inner = _leaf_type(subgraph, target, _single(node.selection_set, first))
    return _listed(field.type, inner)


def _listed(outer: TypeRef, inner: TypeRef) -> TypeRef:
    """Return a type inside the lists of another type, all nullable."""
    match outer:
        case NonNull(of=of):
            return _listed(of, inner)
        case ListOf(of=of):
            return ListOf(_listed(of, inner))
        case Named():
            return inner


def _fits(given: TypeRef, wanted: TypeRef) -> bool:
    match given, wanted:
        case ListOf(of=inner), ListOf(of=outer):
            return _fits(inner, outer)
        case _:
            return given == wanted
