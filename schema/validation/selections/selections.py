"""The validation of selections against a subgraph's types.

A selection is invalid if it has an unknown field or an alias, if it selects below a
leaf, or if it lacks a selection below a composite field. The rules of its directive
then decide which fields it may select.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from graphql import (
    FieldNode,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    print_ast,
)

from weir.schema.diagnostics.codes import Code
from weir.schema.model.definitions import (
    COMPOSITE,
    Field,
    InputValue,
    Kind,
    TypeDefinition,
)
from weir.schema.model.type_refs import base_name
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema

_BUILT_IN = frozenset({"skip", "include", "deprecated", "specifiedBy", "oneOf"})

FieldRule: TypeAlias = Callable[[Field, str], tuple[Code, str] | None]
"""A rule for a selected field and its coordinate; returns an error or None."""


def anything(field: Field, coordinate: str) -> None:
    """Allow any field."""
    del field, coordinate


class InvalidFieldSet(Exception):
    """An invalid field set; `code` is set if the error has its own code."""

    def __init__(self, message: str, code: Code | None = None) -> None:
        self.code = code
        super().__init__(message)


def check_selections(
    subgraph: SubgraphSchema, parent: str, selections: SelectionSetNode
) -> None:
    """Check a selection against a subgraph's types. Raises InvalidFieldSet."""
    SelectionReader(subgraph).selections(parent, selections)


@dataclass(frozen=True, slots=True)
class SelectionReader:
    """The check of a selection. Raises InvalidFieldSet.

    With `allows_disjoint`, a fragment below an interface or union may have a type that
    is not a possible type in this subgraph, since it may be one in another.
    """

    subgraph: SubgraphSchema
    on_field: FieldRule = anything
    allows_disjoint: bool = False

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
                    raise InvalidFieldSet(message)

    def _directives(self, node: SelectionNode) -> None:
        subgraph = self.subgraph
        known = _BUILT_IN | set(subgraph.directives) | set(subgraph.names.specs)
        for each in node.directives or ():
            if each.name.value not in known:
                message = f'Unknown directive "@{each.name.value}"'
                raise InvalidFieldSet(message)

    def _field(self, parent: str, node: FieldNode) -> None:
        name = node.name.value
        if node.alias is not None:
            message = (
                f'Cannot use alias "{node.alias.value}" in'
                f' "{node.alias.value}: {name}": aliases are not supported here.'
            )
            raise InvalidFieldSet(message)
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
            raise InvalidFieldSet(message)
        self._known_field(field, f"{parent}.{name}", node)

    def _known_field(self, field: Field, coordinate: str, node: FieldNode) -> None:
        refused = self.on_field(field, coordinate)
        if refused is not None:
            code, message = refused
            raise InvalidFieldSet(message, code)
        problem = self._arguments_problem(field, coordinate, node)
        if problem is not None:
            raise InvalidFieldSet(problem)
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
            raise InvalidFieldSet(message)
        elif is_composite:
            message = (
                f'Invalid empty selection set for field "{coordinate}" of non-leaf type'
                f' "{field.type}": select its subfields.'
            )
            raise InvalidFieldSet(message)

    def _arguments_problem(
        self, field: Field, coordinate: str, node: FieldNode
    ) -> str | None:
        given = {each.name.value: each.value for each in node.arguments or ()}
        problem = argument_problem(set(given), field.arguments, coordinate)
        if problem is not None:
            return problem
        for name, value in given.items():
            ref = field.arguments[name].type
            if not self.subgraph.input_types.fits(value, ref, as_written=True):
                return (
                    f"Invalid value {print_ast(value)} for argument"
                    f' "{coordinate}({name}:)" of type "{ref}"'
                )
        return None

    def _fragment(self, parent: str, node: InlineFragmentNode) -> None:
        condition = node.type_condition
        name = condition.name.value if condition else parent
        definition = self.subgraph.types.get(name)
        if definition is None or definition.kind not in COMPOSITE:
            message = f'Cannot select on "{name}": it is not a composite type.'
            raise InvalidFieldSet(message)
        owner = self.subgraph.types.get(parent)
        overlap = name == parent or (
            owner is not None and _overlap(self.subgraph, owner, definition)
        )
        is_open = (
            self.allows_disjoint and owner is not None and owner.kind is not Kind.OBJECT
        )
        if not overlap and not is_open:
            message = (
                f'Fragment cannot be spread here as objects of type "{parent}" can'
                f' never be of type "{name}".'
            )
            raise InvalidFieldSet(message)
        self.selections(name, node.selection_set)


def argument_problem(
    given: set[str], known: Mapping[str, InputValue], coordinate: str
) -> str | None:
    """Return the error of an unknown argument or a missing mandatory one, or None."""
    for name in sorted(given - set(known)):
        return f'Unknown argument "{name}" found in value: "{coordinate}" has none'
    for name, argument in known.items():
        if argument.has("fromContext"):
            continue
        if argument.required and name not in given:
            return f'Missing mandatory value for argument "{name}" of "{coordinate}"'
    return None


def _overlap(
    subgraph: SubgraphSchema, one: TypeDefinition, other: TypeDefinition
) -> bool:
    return not runtime_types(subgraph, one).isdisjoint(runtime_types(subgraph, other))


def runtime_types(subgraph: SubgraphSchema, of: TypeDefinition) -> frozenset[str]:
    """Return the possible object types of a composite type in a subgraph."""
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
