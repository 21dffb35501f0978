"""The size of a document with its fragments written out wherever they are spread.

A first pass measures each definition as written. A second pass adds to each definition
the sizes of the fragments that it spreads, deepest first. So it visits each definition
once, even if it is spread often. Both passes take linear time and do not recurse.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    ListTypeNode,
    Location,
    NonNullTypeNode,
    OperationDefinitionNode,
    TokenKind,
    TypeNode,
)

from weir.resolvers.operation.errors import ValidationFailed

Definition: TypeAlias = OperationDefinitionNode | FragmentDefinitionNode

_OPENING = frozenset({TokenKind.BRACE_L, TokenKind.BRACKET_L})
_CLOSING = frozenset({TokenKind.BRACE_R, TokenKind.BRACKET_R})


@dataclass(slots=True, kw_only=True)
class Size:
    """The size of one definition, or of several.

    `fragments` are spreads and inline fragments. `levels` is the depth of fields,
    `nesting` the depth of selection sets.
    """

    fields: int = 0
    aliases: int = 0
    fragments: int = 0
    tokens: int = 0
    characters: int = 0
    levels: int = 0
    nesting: int = 0

    def add(self, other: "Size", levels: int = 0, nesting: int = 0) -> None:
        """Add the size of a part below this many levels and selection sets."""
        self.fields += other.fields
        self.aliases += other.aliases
        self.fragments += other.fragments
        self.tokens += other.tokens
        self.characters += other.characters
        self.levels = max(self.levels, levels + other.levels)
        self.nesting = max(self.nesting, nesting + other.nesting)


@dataclass(frozen=True, slots=True)
class _Spread:
    """A fragment's name, and the depth of its spread in the definition."""

    name: str
    levels: int
    nesting: int


@dataclass(frozen=True, slots=True)
class MeasuredDefinition:
    """An operation or a fragment, and its size as written."""

    node: Definition
    size: Size
    spreads: Sequence[_Spread]
    levels_in_values: int
    levels_in_types: int


def _measured(node: Definition) -> MeasuredDefinition:
    """Measure a definition as written."""
    size = Size()
    spreads = _measure_selections(node, size)
    levels_in_values = _measure_text(node.loc, size) if node.loc else 0
    types = (_levels_in_type(each.type) for each in node.variable_definitions or ())
    return MeasuredDefinition(
        node, size, spreads, levels_in_values, max(types, default=0)
    )


def _measure_selections(node: Definition, size: Size) -> list[_Spread]:
    """Count fields and fragments. Return the spreads."""
    spreads: list[_Spread] = []
    pending = [(node.selection_set, 0, 1)]
    while pending:
        selection_set, levels, nesting = pending.pop()
        size.nesting = max(size.nesting, nesting)
        for selection in selection_set.selections:
            match selection:
                case FieldNode(alias=alias, selection_set=inner):
                    size.fields += 1
                    size.aliases += alias is not None
                    size.levels = max(size.levels, levels + 1)
                    if inner:
                        pending.append((inner, levels + 1, nesting + 1))
                case InlineFragmentNode(selection_set=inner):
                    size.fragments += 1
                    pending.append((inner, levels, nesting + 1))
                case FragmentSpreadNode(name=name):
                    size.fragments += 1
                    spreads.append(_Spread(name.value, levels, nesting))
                case _:
                    continue
    return spreads


def _measure_text(loc: Location, size: Size) -> int:
    """Count tokens and characters. Return the levels of lists and objects in values.

    Values and types are the parts in parentheses.
    """
    size.characters = loc.end - loc.start
    size.tokens = 1
    parentheses = level = deepest = 0
    token, end = loc.start_token, loc.end_token
    while token is not end and token.next:
        size.tokens += 1
        kind = token.kind
        parentheses += (kind is TokenKind.PAREN_L) - (kind is TokenKind.PAREN_R)
        if parentheses:
            level += (kind in _OPENING) - (kind in _CLOSING)
            deepest = max(deepest, level)
        token = token.next
    return deepest


def _levels_in_type(node: TypeNode) -> int:
    """Count the lists around a named type."""
    levels = 0
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        levels += isinstance(node, ListTypeNode)
        node = node.type
    return levels


@dataclass(frozen=True, slots=True)
class Definitions:
    """The operations and fragments of a document, measured.

    `fragments` are the fragments that spreads refer to. `roots` are the operations and
    the fragments without a spread. All definitions are reachable from the roots.
    """

    all: Sequence[MeasuredDefinition]
    fragments: Mapping[str, MeasuredDefinition]
    roots: Sequence[MeasuredDefinition]

    @property
    def fragment_nodes(self) -> dict[str, FragmentDefinitionNode]:
        return {
            name: each.node
            for name, each in self.fragments.items()
            if isinstance(each.node, FragmentDefinitionNode)
        }


def measured_definitions(document: DocumentNode) -> Definitions:
    """Measure the operations and fragments of a document."""
    measured = [
        _measured(node)
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    fragments = {
        each.node.name.value: each
        for each in measured
        if isinstance(each.node, FragmentDefinitionNode)
    }
    spread = {spread.name for each in measured for spread in each.spreads}
    meant = {id(fragments[name]) for name in spread & fragments.keys()}
    return Definitions(
        measured, fragments, [each for each in measured if id(each) not in meant]
    )


def check_written_out(definitions: Definitions, check: Callable[[Size], None]) -> Size:
    """Add up the roots, with each fragment wherever it is spread.

    `check` receives each sum and raises if it is too large, so that no sum is much
    larger than allowed. Raises `ValidationFailed` for a fragment that spreads itself.
    """
    sizes: dict[str, Size] = {}
    for name in _deepest_first(definitions.fragments):
        sizes[name] = _with_spreads(definitions.fragments[name], sizes)
        check(sizes[name])
    total = Size()
    for root in definitions.roots:
        total.add(_with_spreads(root, sizes))
        check(total)
    return total


def _with_spreads(definition: MeasuredDefinition, sizes: Mapping[str, Size]) -> Size:
    size = replace(definition.size)
    for spread in definition.spreads:
        if spread.name in sizes:
            size.add(sizes[spread.name], spread.levels, spread.nesting)
    return size


def _deepest_first(fragments: Mapping[str, MeasuredDefinition]) -> Iterable[str]:
    """Yield the names of fragments, each after those that it spreads."""
    spreads = {
        name: [each.name for each in fragment.spreads if each.name in fragments]
        for name, fragment in fragments.items()
    }
    try:
        return tuple(TopologicalSorter(spreads).static_order())
    except CycleError as error:
        # Reported here, because the next loop would follow the cycle forever.
        name = error.args[1][0]
        message = f'Cannot spread fragment "{name}" within itself.'
        raise ValidationFailed([GraphQLError(message, fragments[name].node)]) from error
