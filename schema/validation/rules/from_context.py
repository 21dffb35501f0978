"""@fromContext takes an argument from an ancestor that sets the context.

It stands on an argument, without default, of an object's field that implements no
interface's; the selection resolves, on each type that sets the context, to one leaf of
the argument's type; the field's own object must be an entity, so that the gateway can
enter there again with the value in hand.
https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#fromcontext
"""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import FieldNode, GraphQLError, InlineFragmentNode, SelectionSetNode

from schema.context_values import ContextValue, context_value, setters
from schema.definitions import Applied, Field, InputValue, Kind, TypeDefinition
from schema.errors import Code, CompositionError
from schema.field_set import parse_field_set
from schema.subgraph_facts import fields_of
from schema.subgraph_schema import SubgraphSchema
from schema.type_refs import ListOf, Named, NonNull, TypeRef, base_name, is_subtype
from schema.validation.keys import is_resolvable
from schema.validation.selections import InvalidSet, check_selections, runtime_types


def from_context(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """CONTEXT_NOT_SET, NO_CONTEXT_IN_SELECTION, CONTEXT_INVALID_SELECTION, and more."""
    for definition, field in fields_of(subgraph.types):
        for argument in field.arguments.values():
            applied = argument.first("fromContext")
            if applied is not None:
                yield from _Check(
                    subgraph, definition, field, argument, applied
                ).errors()
    for directive in subgraph.directives.values():
        for argument in directive.arguments.values():
            if argument.has("fromContext"):
                yield subgraph.error(
                    Code.CONTEXT_NOT_SET,
                    "@fromContext argument cannot be used on a directive definition"
                    f' "@{directive.name}({argument.name}:)".',
                    argument,
                )


@dataclass(frozen=True, slots=True)
class _Check:
    subgraph: SubgraphSchema
    definition: TypeDefinition
    field: Field
    argument: InputValue
    applied: Applied

    @property
    def coordinate(self) -> str:
        return f"{self.definition.name}.{self.field.name}({self.argument.name}:)"

    def errors(self) -> Iterator[CompositionError]:
        if self.definition.kind is not Kind.OBJECT:
            yield self._error(
                Code.CONTEXT_NOT_SET,
                "@fromContext argument cannot be used on a field that exists on an"
                f' abstract type "{self.coordinate}".',
            )
            return
        yield from self._position()
        yield from self._value()
        if not any(map(is_resolvable, self.definition.all("key"))):
            yield self._error(
                Code.CONTEXT_NO_RESOLVABLE_KEY,
                f'Object "{self.definition.name}" has no resolvable key but has a field'
                " with a contextual argument.",
            )

    def _error(self, code: Code, message: str) -> CompositionError:
        return self.subgraph.error(code, message, self.applied)

    def _position(self) -> Iterator[CompositionError]:
        for name in self.definition.interfaces:
            interface = self.subgraph.types.get(name)
            if interface is not None and self.field.name in interface.fields:
                yield self._error(
                    Code.CONTEXT_NOT_SET,
                    "@fromContext argument cannot be used on a field implementing an"
                    f' interface field "{name}.{self.field.name}".',
                )
        if self.argument.default is not None:
            yield self._error(
                Code.CONTEXT_NOT_SET,
                "@fromContext arguments may not have a default value:"
                f' "{self.coordinate}".',
            )

    def _value(self) -> Iterator[CompositionError]:
        value = context_value(self.applied)
        if value is None or not value.selection.strip():
            yield self._error(
                Code.NO_CONTEXT_IN_SELECTION,
                f"@fromContext argument does not reference a context and a selection:"
                f' "{self.applied.text("field") or ""}".',
            )
            return
        types = tuple(setters(self.subgraph.types, value.name))
        if not types:
            yield self._error(
                Code.CONTEXT_NOT_SET,
                f'Context "{value.name}" is used at location "{self.coordinate}" but is'
                " never set.",
            )
            return
        problem = self._selection_problem(value, types)
        if problem:
            yield self._error(
                Code.CONTEXT_INVALID_SELECTION,
                f'Context "{value.name}" is used in "{self.coordinate}" but the'
                f" selection is invalid: {problem}",
            )

    def _selection_problem(
        self, value: ContextValue, types: tuple[TypeDefinition, ...]
    ) -> str:
        try:
            selections = parse_field_set(value.selection)
        except GraphQLError as error:
            return error.message
        problem = _forbidden(selections)
        for each in types:
            problem = problem or self._type_problem(selections, each)
        return problem

    def _type_problem(self, selections: SelectionSetNode, of: TypeDefinition) -> str:
        """Why the selection does not give the argument's type on one setting type."""
        for name in sorted(runtime_types(self.subgraph, of)) or [of.name]:
            try:
                matching = _matching(self.subgraph, selections, name, of.name)
            except InvalidSet as error:
                return str(error)
            if len(matching) != 1:
                which = "no" if not matching else "more than one"
                return f'{which} selection can be made for the type "{name}".'
            try:
                check_selections(
                    self.subgraph,
                    of.name if _plain(selections) else name,
                    SelectionSetNode(selections=(matching[0],)),
                )
                found = _leaf_type(self.subgraph, name, matching[0])
            except InvalidSet as error:
                return str(error)
            if not is_subtype(found, self.argument.type, _never):
                return (
                    f'the type of the selection "{found}" does not match the expected'
                    f' type "{self.argument.type}"'
                )
        return ""


def _never(name: str, abstract: str) -> bool:
    """Contexts give leaves, which have no subtypes."""
    del name, abstract
    return False


def _plain(selections: SelectionSetNode) -> bool:
    return all(isinstance(each, FieldNode) for each in selections.selections)


def _forbidden(selections: SelectionSetNode) -> str:
    """Aliases and directives have no meaning here."""
    for node in selections.selections:
        if isinstance(node, FieldNode) and node.alias is not None:
            return "aliases are not allowed in the selection"
        if getattr(node, "directives", None):
            return "directives are not allowed in the selection"
        inner = getattr(node, "selection_set", None)
        if isinstance(inner, SelectionSetNode) and _forbidden(inner):
            return _forbidden(inner)
    return ""


def _matching(
    subgraph: SubgraphSchema, selections: SelectionSetNode, name: str, declared: str
) -> list[FieldNode]:
    """The fields selected for objects of type `name`, directly or by condition."""
    found: list[FieldNode] = []
    for node in selections.selections:
        if isinstance(node, FieldNode):
            found.append(node)
        elif isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            target = condition.name.value if condition else declared
            definition = subgraph.types.get(target)
            if definition is None:
                message = f'Type "{target}" does not exist'
                raise InvalidSet(message)
            if name in runtime_types(subgraph, definition) or name == target:
                found.extend(_matching(subgraph, node.selection_set, name, target))
    return found


def _leaf_type(subgraph: SubgraphSchema, parent: str, node: FieldNode) -> TypeRef:
    """The type at the end of a path, nullable and listed as the path makes it."""
    field = subgraph.types[parent].fields[node.name.value]
    if node.selection_set is None:
        return field.type
    inner_nodes = node.selection_set.selections
    if len(inner_nodes) != 1 or not isinstance(inner_nodes[0], FieldNode):
        message = "the selection must be a single field, all the way down"
        raise InvalidSet(message)
    inner = _leaf_type(subgraph, base_name(field.type), inner_nodes[0])
    return _wrapped(field.type, inner)


def _wrapped(outer: TypeRef, inner: TypeRef) -> TypeRef:
    """What a path gives: null if the outer value may be, a list if it is one."""
    match outer:
        case NonNull(of=of):
            wrapped = _wrapped(of, inner)
            if isinstance(wrapped, NonNull) or not isinstance(inner, NonNull):
                return wrapped
            return NonNull(wrapped)
        case ListOf(of=of):
            return ListOf(_wrapped(of, inner))
        case Named():
            return inner.of if isinstance(inner, NonNull) else inner
