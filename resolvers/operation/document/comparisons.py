"""The number of comparisons that GraphQL's check for mergeable fields needs.

The check compares the fields of one response name pair by pair and level by level
(GraphQL §5.3.2), and fragments that are spread side by side with each other. So 4 kB of
nested `r{r{f}}` can cost a second. This module counts the pairs without comparing them.
It walks the response paths once, with the selection sets that merge at each of them,
and expands a fragment once per path.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)

_SelectionSets = list[SelectionSetNode]


@dataclass(slots=True, kw_only=True)
class Comparisons:
    """The pairs to compare, at the response paths counted so far.

    `same_name` is the largest number of fields of one response path.
    """

    same_name: int = 0
    fields: int = 0
    fragments: int = 0


@dataclass(slots=True)
class _Level:
    """The selection sets that merge at one response path, with fragments expanded."""

    fragments: Mapping[str, FragmentDefinitionNode]
    names: Counter[str] = field(default_factory=Counter[str])
    below: defaultdict[str, _SelectionSets] = field(
        default_factory=lambda: defaultdict[str, _SelectionSets](list)
    )
    spreads: int = 0

    def expand(self, merged: Sequence[SelectionSetNode]) -> None:
        expanded: set[str] = set()
        pending = list(merged)
        while pending:
            for selection in pending.pop().selections:
                match selection:
                    case FieldNode():
                        self._add(selection)
                    case InlineFragmentNode(selection_set=inner):
                        pending.append(inner)
                    case FragmentSpreadNode(name=name):
                        self.spreads += 1
                        fragment = self.fragments.get(name.value)
                        if fragment and name.value not in expanded:
                            expanded.add(name.value)
                            pending.append(fragment.selection_set)
                    case _:
                        continue

    def _add(self, node: FieldNode) -> None:
        name = node.alias.value if node.alias else node.name.value
        self.names[name] += 1
        if node.selection_set:
            self.below[name].append(node.selection_set)

    def count_into(self, total: Comparisons, merged: int) -> None:
        """Add the pairs of this level, at which `merged` selection sets merge.

        Each spread and each further selection set is compared with all fields and
        spreads of the level.
        """
        total.same_name = max(total.same_name, *self.names.values(), 0)
        total.fields += sum(n * (n - 1) // 2 for n in self.names.values())
        others = self.spreads + merged - 1
        total.fragments += (self.names.total() + self.spreads) * others


def check_comparisons(
    roots: Iterable[SelectionSetNode],
    fragments: Mapping[str, FragmentDefinitionNode],
    check: Callable[[Comparisons], None],
) -> Comparisons:
    """Count the pairs to compare in all of `roots`.

    No fragment may spread itself. `check` receives the count after each response path,
    and raises if it is too large.
    """
    total = Comparisons()
    pending = [[root] for root in roots]
    while pending:
        merged = pending.pop()
        level = _Level(fragments)
        level.expand(merged)
        level.count_into(total, len(merged))
        check(total)
        pending.extend(level.below.values())
    return total
