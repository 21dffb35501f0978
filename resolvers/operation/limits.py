"""What a document may hold, measured before it is validated.

Validation is where hostile documents hurt: whether the fields of one response name can
be merged is compared pair by pair, level under level (4 kB of nested `r{r{f}}` cost
over half a second), and fragments that spread fragments multiply. So sizes are
measured as if fragments were written out where they are spread: first the counts, once
per fragment; then, of what is known to be small, how many fields share a response path.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from resolvers.operation.errors import LimitExceeded, Measured, ValidationFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationLimits:
    """Upper bounds; a fragment's fields and aliases count wherever it is spread.

    `same_response_name` bounds the fields that one response path is merged from,
    `comparisons` the pairs of such fields over the whole operation.
    """

    size_bytes: int = 100_000
    tokens: int = 15_000
    depth: int = 50
    fields: int = 5_000
    aliases: int = 500
    same_response_name: int = 100
    comparisons: int = 20_000


DEFAULT_LIMITS = OperationLimits()


def check_limits(document: DocumentNode, limits: OperationLimits) -> None:
    """Raise `LimitExceeded` where an operation of the document is too large."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    sizes = _Sizes(fragments, limits)
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode):
            sizes.of_selection_set(node.selection_set)
    paths = _Paths(fragments, limits)
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            paths.check([node.selection_set])


@dataclass(frozen=True, slots=True)
class _Size:
    fields: int = 0
    aliases: int = 0
    depth: int = 0


_BEING_MEASURED = _Size(-1, -1, -1)


@dataclass(slots=True)
class _Sizes:
    fragments: Mapping[str, FragmentDefinitionNode]
    limits: OperationLimits
    known: dict[str, _Size] = field(default_factory=dict[str, _Size])

    def of_selection_set(self, selection_set: SelectionSetNode) -> _Size:
        parts = [self._of_selection(each) for each in selection_set.selections]
        size = _Size(
            sum(part.fields for part in parts),
            sum(part.aliases for part in parts),
            max((part.depth for part in parts), default=0),
        )
        _refuse_beyond("levels", size.depth, self.limits.depth)
        _refuse_beyond("fields", size.fields, self.limits.fields)
        _refuse_beyond("aliases", size.aliases, self.limits.aliases)
        return size

    def _of_selection(self, selection: SelectionNode) -> _Size:
        match selection:
            case FieldNode(selection_set=inner, alias=alias):
                size = self.of_selection_set(inner) if inner else _Size()
                aliases = size.aliases + (alias is not None)
                return _Size(size.fields + 1, aliases, size.depth + 1)
            case InlineFragmentNode(selection_set=inner):
                return self.of_selection_set(inner)
            case FragmentSpreadNode(name=name):
                return self._of_fragment(name.value)
            case _:
                return _Size()

    def _of_fragment(self, name: str) -> _Size:
        if name not in self.known:
            self.known[name] = _BEING_MEASURED
            fragment = self.fragments.get(name)
            self.known[name] = (
                self.of_selection_set(fragment.selection_set) if fragment else _Size()
            )
        if self.known[name] is _BEING_MEASURED:
            # Said here, because what follows would walk the cycle for ever.
            message = f'Cannot spread fragment "{name}" within itself.'
            raise ValidationFailed([GraphQLError(message, self.fragments[name])])
        return self.known[name]


@dataclass(slots=True)
class _Paths:
    fragments: Mapping[str, FragmentDefinitionNode]
    limits: OperationLimits
    comparisons: int = 0

    def check(self, merged: list[SelectionSetNode]) -> None:
        """Check the selection sets that are merged at one response path."""
        below: dict[str, list[SelectionSetNode]] = {}
        names: Counter[str] = Counter()
        for selection_set in merged:
            for node in self._fields(selection_set, frozenset()):
                name = node.alias.value if node.alias else node.name.value
                names[name] += 1
                if node.selection_set:
                    below.setdefault(name, []).append(node.selection_set)
        self._count(names)
        for selection_sets in below.values():
            self.check(selection_sets)

    def _count(self, names: Counter[str]) -> None:
        limits = self.limits
        self.comparisons += sum(n * (n - 1) // 2 for n in names.values())
        largest = max(names.values(), default=0)
        _refuse_beyond("fields of one name", largest, limits.same_response_name)
        _refuse_beyond("fields to compare", self.comparisons, limits.comparisons)

    def _fields(
        self, selection_set: SelectionSetNode, spread: frozenset[str]
    ) -> Iterator[FieldNode]:
        for selection in selection_set.selections:
            match selection:
                case FieldNode():
                    yield selection
                case InlineFragmentNode(selection_set=inner):
                    yield from self._fields(inner, spread)
                case FragmentSpreadNode(name=name) if name.value not in spread:
                    if fragment := self.fragments.get(name.value):
                        inside = spread | {name.value}
                        yield from self._fields(fragment.selection_set, inside)
                case _:
                    continue


def _refuse_beyond(what: Measured, found: int, limit: int) -> None:
    if found > limit:
        raise LimitExceeded(what, found, limit)
