"""Checks the `fields` of @key, @provides and @requires.

A set that cannot be read against the subgraph's types (syntax, unknown field, alias,
missing or needless subselection) is one error. In one that can, each selected field is
judged by what its directive allows.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from graphql import (
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
)

from schema.definitions import (
    COMPOSITE,
    Applied,
    Field,
    InputValue,
    Kind,
    TypeDefinition,
)
from schema.errors import Code, CompositionError
from schema.field_set import parse_field_set
from schema.subgraph_schema import SubgraphSchema
from schema.type_refs import base_name

_EXECUTABLE_BUILT_IN = frozenset({"skip", "include"})


FieldRule: TypeAlias = Callable[[Field, str], tuple[Code, str] | None]
"""Judges a selected field, given with its coordinate."""


def _anything(field: Field, coordinate: str) -> None:
    del field, coordinate


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRules:
    """What a directive allows in its field set; `on_field` adds checks of its own.

    `allows_disjoint`: a fragment may be on a type that the subgraph does not know as
    one of its parent's; another subgraph may.
    """

    spec: str
    allows_arguments: bool = False
    allows_resolved: bool = False
    allows_disjoint: bool = False
    on_field: FieldRule = _anything

    def code(self, suffix: str) -> Code:
        return Code(f"{self.spec.upper()}_{suffix}")


class InvalidSet(Exception):
    """A field set that cannot be read; `code` if that has a code of its own."""

    def __init__(self, message: str, code: Code | None = None) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSetCheck:
    """One application of a field set directive, to be checked."""

    subgraph: SubgraphSchema
    applied: Applied
    rules: SetRules
    on: str

    def errors(self, parent: str) -> Iterator[CompositionError]:
        """All that is wrong with the set, selected from type `parent`."""
        value = self.applied.arguments.get("fields")
        if not isinstance(value, StringValueNode):
            message = "the value must be a string literal that holds a field set."
            yield self._error(self.rules.code("INVALID_FIELDS_TYPE"), message)
            return
        try:
            selections = parse_field_set(value.value)
            _Reader(self.subgraph, self.rules).selections(parent, selections)
        except (GraphQLError, InvalidSet) as error:
            own = error.code if isinstance(error, InvalidSet) else None
            message = error.message if isinstance(error, GraphQLError) else str(error)
            yield self._error(own or self.rules.code("INVALID_FIELDS"), message)
            return
        yield from self._judged(parent, selections, below_external=False)

    def _error(self, code: Code, message: str) -> CompositionError:
        fields = self.applied.text("fields")
        shown = f'fields: "{fields}"' if fields is not None else "fields: ..."
        return self.subgraph.error(
            code,
            f"On {self.on}, for @{self.rules.spec}({shown}): {message}",
            self.applied,
        )

    def _judged(
        self, parent: str, selections: SelectionSetNode, *, below_external: bool
    ) -> Iterator[CompositionError]:
        for node in selections.selections:
            if isinstance(node, FieldNode | InlineFragmentNode) and node.directives:
                names = ", ".join(f"@{each.name.value}" for each in node.directives)
                message = (
                    "cannot have directive applications in the @"
                    f"{self.rules.spec}(fields:) argument but found {names}."
                )
                yield self._error(self.rules.code("DIRECTIVE_IN_FIELDS_ARG"), message)
            if isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                narrowed = condition.name.value if condition else parent
                yield from self._judged(
                    narrowed, node.selection_set, below_external=below_external
                )
            elif isinstance(node, FieldNode) and node.name.value != "__typename":
                yield from self._field(parent, node, below_external=below_external)

    def _field(
        self, parent: str, node: FieldNode, *, below_external: bool
    ) -> Iterator[CompositionError]:
        field = self.subgraph.types[parent].fields[node.name.value]
        coordinate = f"{parent}.{field.name}"
        if field.arguments and not self.rules.allows_arguments:
            message = (
                f"field {coordinate} cannot be included because it has arguments"
                f" (fields with argument are not allowed in @{self.rules.spec})"
            )
            yield self._error(self.rules.code("FIELDS_HAS_ARGS"), message)
        is_external = self.subgraph.facts.is_external(coordinate)
        if node.selection_set is not None:
            external = below_external or is_external or self._is_implemented(field)
            yield from self._judged(
                base_name(field.type), node.selection_set, below_external=external
            )
        elif not (is_external or below_external or self.rules.allows_resolved):
            yield self._error(
                self.rules.code("FIELDS_MISSING_EXTERNAL"), self._needless(coordinate)
            )

    def _needless(self, coordinate: str) -> str:
        message = (
            f'field "{coordinate}" should not be part of a @{self.rules.spec} since it'
            " is already"
        )
        if coordinate in self.subgraph.facts.fake_external:
            return (
                f'{message} "effectively" provided by this subgraph (while it is marked'
                " @external, it is a @key field of an extension type, which are not"
                " internally considered external)"
            )
        return f"{message} provided by this subgraph (it is not marked @external)"

    def _is_implemented(self, field: Field) -> bool:
        """Whether some implementation of an interface's field is external."""
        return any(
            field is each.fields.get(field.name)
            and any(
                self.subgraph.facts.is_external(f"{other.name}.{field.name}")
                for other in self.subgraph.types.values()
                if each.name in other.interfaces
            )
            for each in self.subgraph.of_kind(Kind.INTERFACE)
        )


def check_selections(
    subgraph: SubgraphSchema, parent: str, selections: SelectionSetNode
) -> None:
    """Read a selection against a subgraph's types. Raises InvalidSet."""
    _Reader(subgraph, SetRules(spec="key")).selections(parent, selections)


@dataclass(frozen=True, slots=True)
class _Reader:
    subgraph: SubgraphSchema
    rules: SetRules

    def selections(self, parent: str, selections: SelectionSetNode) -> None:
        for node in selections.selections:
            self._directives(node)
            match node:
                case FieldNode():
                    self._field(parent, node)
                case InlineFragmentNode():
                    self._fragment(parent, node)
                case _:
                    message = "named fragments cannot be used here."
                    raise InvalidSet(message)

    def _directives(self, node: SelectionNode) -> None:
        subgraph = self.subgraph
        known = (
            _EXECUTABLE_BUILT_IN | set(subgraph.directives) | set(subgraph.names.specs)
        )
        for each in node.directives or ():
            if each.name.value not in known:
                message = f'Unknown directive "@{each.name.value}"'
                raise InvalidSet(message)

    def _field(self, parent: str, node: FieldNode) -> None:
        name = node.name.value
        if node.alias is not None:
            message = (
                f'Cannot use alias "{node.alias.value}" in'
                f' "{node.alias.value}: {name}": aliases are not supported here.'
            )
            raise InvalidSet(message)
        if name == "__typename":
            return
        owner = self.subgraph.types.get(parent)
        field = owner.fields.get(name) if owner else None
        if field is None:
            message = (
                f'Cannot query field "{name}" on type "{parent}" (if the field is'
                " defined in another subgraph, you need to add it to this subgraph with"
                " @external)."
            )
            raise InvalidSet(message)
        self._known_field(field, f"{parent}.{name}", node)

    def _known_field(self, field: Field, coordinate: str, node: FieldNode) -> None:
        refused = self.rules.on_field(field, coordinate)
        if refused is not None:
            code, message = refused
            raise InvalidSet(message, code)
        given = {each.name.value for each in node.arguments or ()}
        problem = argument_problem(given, field.arguments, coordinate)
        if problem is not None:
            raise InvalidSet(problem)
        target = base_name(field.type)
        definition = self.subgraph.types.get(target)
        is_composite = definition is not None and definition.kind in COMPOSITE
        if is_composite and node.selection_set is not None:
            self.selections(target, node.selection_set)
        elif node.selection_set is not None:
            message = (
                f'Field "{coordinate}" of type "{field.type}" must not have a'
                " selection, since it has no subfields."
            )
            raise InvalidSet(message)
        elif is_composite:
            message = (
                f'Invalid empty selection set for field "{coordinate}" of non-leaf type'
                f' "{field.type}": select its subfields.'
            )
            raise InvalidSet(message)

    def _fragment(self, parent: str, node: InlineFragmentNode) -> None:
        condition = node.type_condition
        name = condition.name.value if condition else parent
        definition = self.subgraph.types.get(name)
        if definition is None or definition.kind not in COMPOSITE:
            message = f'Cannot select on "{name}": it is no composite type here.'
            raise InvalidSet(message)
        overlap = _overlap(self.subgraph, self.subgraph.types[parent], definition)
        if not overlap and not self.rules.allows_disjoint:
            message = (
                f'Fragment cannot be spread here as objects of type "{parent}" can'
                f' never be of type "{name}".'
            )
            raise InvalidSet(message)
        self.selections(name, node.selection_set)


def argument_problem(
    given: set[str], known: Mapping[str, InputValue], coordinate: str
) -> str | None:
    """An argument that does not exist, or a mandatory one that is not given."""
    for name in sorted(given - set(known)):
        return f'Unknown argument "{name}" found in value: "{coordinate}" has none'
    for name, argument in known.items():
        if argument.required and name not in given and given:
            return f'Missing mandatory value for argument "{name}" of "{coordinate}"'
    return None


def _overlap(
    subgraph: SubgraphSchema, one: TypeDefinition, other: TypeDefinition
) -> bool:
    return not runtime_types(subgraph, one).isdisjoint(runtime_types(subgraph, other))


def runtime_types(subgraph: SubgraphSchema, of: TypeDefinition) -> frozenset[str]:
    """The object types that a value of a composite type can have in a subgraph."""
    match of.kind:
        case Kind.UNION:
            return frozenset(of.members)
        case Kind.INTERFACE:
            return frozenset(
                each.name
                for each in subgraph.of_kind(Kind.OBJECT)
                if of.name in each.interfaces
            )
        case _:
            return frozenset({of.name})
