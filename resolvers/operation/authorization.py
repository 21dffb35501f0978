"""The rights that an operation needs, and what it is without those that a caller lacks.

    needed_rights   operation -> the requirement of each restricted selection, once
    decide          rights, caller -> the requirements that the caller does not fulfil
    permitted       operation, refused selections -> the operation to be planned

The requirement of a selection depends on the type that it is written on, on the field,
and on the type that the field returns. So it is the same wherever its fragment is
spread, and aliases change nothing.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

from graphql import (
    REMOVE,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    NameNode,
    SelectionSetNode,
    Visitor,
    is_abstract_type,
    visit,
)

from weir.gateway.context import Identity
from weir.resolvers.lru_cache import LruCache
from weir.resolvers.operation.normalise import SchemaTypes
from weir.resolvers.operation.operation import Operation, normalise
from weir.resolvers.operation.work import WorkBudget
from weir.schema.graph.access import FieldAccess
from weir.schema.model.access import AccessRequirement


class RestrictedSelection(NamedTuple):
    """A selection that not every caller may make, by its coordinate."""

    coordinate: str
    requirement: AccessRequirement


class Decision(NamedTuple):
    """The requirements of one operation that a caller does not fulfil.

    `authenticated` is true if something is refused to a known caller.
    """

    refused: frozenset[AccessRequirement] = frozenset()
    authenticated: bool = False


PERMITTED = Decision()
"""The decision that nothing is refused."""

_Rights: TypeAlias = tuple[bool, frozenset[str], frozenset[str]]
"""The part of a caller that decides: authenticated, scopes, satisfied policies."""

_CACHED_DECISIONS = 64
"""Callers of one operation mostly have a few different sets of scopes."""


@dataclass(frozen=True, slots=True)
class NeededRights:
    """The rights that one operation needs.

    `selections` are the restricted ones, by the identity of their nodes. `policies` are
    the names that have to be decided.
    """

    selections: Mapping[int, RestrictedSelection] = field(
        default_factory=dict[int, RestrictedSelection]
    )
    requirements: frozenset[AccessRequirement] = frozenset()
    policies: frozenset[str] = frozenset()
    _decisions: LruCache[_Rights, Decision] = field(
        default_factory=lambda: LruCache[_Rights, Decision](_CACHED_DECISIONS),
        compare=False,
        repr=False,
    )
    _coordinates: LruCache[Decision, tuple[str, ...]] = field(
        default_factory=lambda: LruCache[Decision, tuple[str, ...]](_CACHED_DECISIONS),
        compare=False,
        repr=False,
    )

    def decide(self, caller: Identity, policies: frozenset[str]) -> Decision:
        """Compare the rights of a caller, who satisfies `policies`."""
        rights = (caller.authenticated, caller.scopes, policies)
        decision = self._decisions.get(rights)
        if decision is None:
            decision = self._compare(caller, policies)
            self._decisions.put(rights, decision)
        return decision

    def _compare(self, caller: Identity, policies: frozenset[str]) -> Decision:
        refused = frozenset(
            each for each in self.requirements if not fulfils(caller, policies, each)
        )
        return Decision(refused, caller.authenticated) if refused else PERMITTED

    def restricted(self, decision: Decision) -> Decision:
        """Return what a decision about another version of the operation means here."""
        refused = decision.refused & self.requirements
        return decision._replace(refused=refused) if refused else PERMITTED

    def coordinates(self, decision: Decision) -> tuple[str, ...]:
        """Return the fields that a decision refuses, or else all that it allows."""
        found = self._coordinates.get(decision)
        if found is None:
            selections = self.refused(decision) if decision.refused else self.selections
            found = tuple(sorted({each.coordinate for each in selections.values()}))
            self._coordinates.put(decision, found)
        return found

    def refused(self, decision: Decision) -> Mapping[int, RestrictedSelection]:
        """Return the selections that a decision refuses."""
        return {
            node: each
            for node, each in self.selections.items()
            if each.requirement in decision.refused
        }


NO_RIGHTS = NeededRights()


def needed_rights(
    operation: Operation, schema: GraphQLSchema, access: FieldAccess
) -> NeededRights:
    """Return what a caller needs for an operation that is valid for `schema`.

    Introspection needs no rights. Selections count that `@skip` or `@include` may
    leave out, as the values of variables are not known yet.
    """
    if not access:
        return NO_RIGHTS
    found = {
        id(node): RestrictedSelection(f"{parent}.{node.name.value}", requirement)
        for parent, node in _selections(operation, SchemaTypes(schema))
        if (requirement := access.get((parent, node.name.value))) is not None
    }
    if not found:
        return NO_RIGHTS
    requirements = frozenset(each.requirement for each in found.values())
    names = (name for each in requirements for names in each.policies for name in names)
    return NeededRights(found, requirements, frozenset(names))


def permitted(
    operation: Operation,
    refused: Container[int],
    schema: GraphQLSchema,
    work: WorkBudget | None = None,
) -> Operation:
    """Return the operation without the refused selections, to be planned.

    Each field of an abstract type also selects `__typename`, because the type of an
    object decides which of its fields were refused. Raises the errors of `work`.
    """
    types = SchemaTypes(schema)
    abstract = {
        id(node)
        for parent, node in _selections(operation, types)
        if is_abstract_type(_composite(types, parent, node))
    }
    document: DocumentNode = visit(operation.document, _Removing(refused, abstract))
    return normalise(document, operation.name, schema, work)


class _Removing(Visitor):
    """A visitor that removes refused selections."""

    def __init__(self, refused: Container[int], abstract: Container[int]) -> None:
        super().__init__()
        self._refused = refused
        self._abstract = abstract

    def enter_field(self, node: FieldNode, *_: Any) -> Any:
        if id(node) in self._refused:
            return REMOVE
        below = node.selection_set
        if below is None or id(node) not in self._abstract:
            return None
        selections = (*below.selections, _TYPENAME)
        return replace(node, selection_set=SelectionSetNode(selections=selections))


_TYPENAME = FieldNode(name=NameNode(value="__typename"))


def _selections(
    operation: Operation, types: SchemaTypes
) -> Iterator[tuple[str, FieldNode]]:
    """Yield each field outside of introspection, with the type that it is written on.

    It does not recurse, because fragments may be nested deeper than Python's stack.
    """
    pending = [(operation.definition.selection_set, operation.root_type)]
    spread: set[str] = set()
    while pending:
        selection_set, parent = pending.pop()
        for selection in selection_set.selections:
            match selection:
                case FieldNode(selection_set=below):
                    yield parent, selection
                    composite = types.composite_of(parent, selection.name.value)
                    if below is not None and composite is not None:
                        pending.append((below, composite))
                case InlineFragmentNode(type_condition=on, selection_set=below):
                    pending.append((below, on.name.value if on else parent))
                case FragmentSpreadNode(name=name) if name.value not in spread:
                    spread.add(name.value)
                    fragment = operation.fragments[name.value]
                    on_type = fragment.type_condition.name.value
                    pending.append((fragment.selection_set, on_type))
                case _:
                    pass


def _composite(
    types: SchemaTypes, parent: str, node: FieldNode
) -> GraphQLNamedType | None:
    composite = types.composite_of(parent, node.name.value)
    return types.schema.get_type(composite) if composite else None


def fulfils(
    caller: Identity, policies: frozenset[str], requirement: AccessRequirement
) -> bool:
    """Return whether a caller, who satisfies `policies`, fulfils a requirement."""
    return (
        (caller.authenticated or not requirement.authenticated)
        and any(each <= caller.scopes for each in requirement.scopes)
        and any(each <= policies for each in requirement.policies)
    )
