"""The GraphQL text of a typed selection set.

A condition is a disjunction of conjunctions, but `@skip` and `@include` on one field
can only express one literal. So a field is printed once for each conjunction, with
inline fragments around it for further literals.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from weir.resolvers.operation.conditions import Conjunction, Literal, given
from weir.resolvers.plan.model.expected import ExpectedField, ExpectedFields


@dataclass(frozen=True, slots=True)
class SelectionPrinter:
    """A printer of selection sets that collects the variables of their conditions.

    `known` are the literals that hold whenever the fetch runs.
    """

    known: Conjunction
    variables: set[str] = field(default_factory=set[str])

    def selection_set(self, selection: ExpectedFields) -> str:
        """Print a selection set without its braces."""
        return " ".join(self._selections(selection, self.known))

    def _selections(
        self, selection: ExpectedFields, known: Conjunction
    ) -> Iterator[str]:
        for each in selection.fields:
            yield from self._conditioned(each, known)
        for fragment in selection.fragments:
            inner = " ".join(self._selections(fragment.selection, known))
            yield f"... on {fragment.type_name} {{ {inner} }}"

    def _conditioned(self, of: ExpectedField, known: Conjunction) -> Iterator[str]:
        condition = given(of.condition, known)
        if not condition:
            yield self._field(of, of.call, known)
        for conjunction in condition:
            yield self._under(of, conjunction, known)

    def _under(
        self, of: ExpectedField, conjunction: Conjunction, known: Conjunction
    ) -> str:
        """Print a field under literals: the first on the field, others around it."""
        first, *others = conjunction
        self.variables.update(name for name, _ in conjunction)
        call = f"{of.call} {_directive(first)}"
        printed = self._field(of, call, tuple(sorted({*known, *conjunction})))
        for literal in others:
            printed = f"... {_directive(literal)} {{ {printed} }}"
        return printed

    def _field(self, of: ExpectedField, call: str, known: Conjunction) -> str:
        if of.selection is None:
            return call
        return f"{call} {{ {' '.join(self._selections(of.selection, known))} }}"


def _directive(literal: Literal) -> str:
    name, wanted = literal
    return f"@{'include' if wanted else 'skip'}(if: ${name})"
