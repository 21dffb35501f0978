"""The sources of a merged element: the same element in each subgraph with it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.diagnostics.hints import Hint
from weir.schema.model.definitions import Element
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema

E_co = TypeVar("E_co", bound=Element, covariant=True)
S = TypeVar("S", bound=Element)


@dataclass(frozen=True, slots=True)
class Source(Generic[E_co]):
    """An element in one subgraph."""

    subgraph: SubgraphSchema
    element: E_co

    @property
    def name(self) -> str:
        return self.subgraph.name


@dataclass(frozen=True, slots=True)
class Report:
    """The errors and hints of one composition."""

    errors: list[CompositionError] = field(default_factory=list[CompositionError])
    hints: list[Hint] = field(default_factory=list[Hint])

    def error(
        self,
        code: Code,
        message: str,
        sources: Iterable[Source[Element]] = (),
        fix: str = "",
    ) -> None:
        locations = tuple(each.subgraph.location(each.element) for each in sources)
        self.errors.append(
            CompositionError(code=code, message=message, locations=locations, fix=fix)
        )

    def hint(self, code: str, coordinate: str, message: str) -> None:
        self.hints.append(Hint(code, message, coordinate))

    def hint_once(self, hint: Hint) -> None:
        """Add a hint that may be found several times."""
        if hint not in self.hints:
            self.hints.append(hint)


def quoted(names: Iterable[str]) -> str:
    """Quote and join names: `"a", "b" and "c"`."""
    return listed([f'"{name}"' for name in names])


def listed(texts: Sequence[str]) -> str:
    """Join texts: `a, b and c`."""
    *others, last = texts or [""]
    return f"{', '.join(others)} and {last}" if others else last


def in_subgraphs(names: Sequence[str]) -> str:
    """Join the names of subgraphs: `subgraph "a"`, or `subgraphs "a" and "b"`."""
    return f"subgraph{'s' if len(names) > 1 else ''} {quoted(names)}"


def distribution(
    sources: Iterable[Source[S]],
    describe: Callable[[Source[S]], str],
    verb: str = "has",
) -> str:
    """Describe the sources: `it has type "A" in subgraph "x" but type "B" in ...`."""
    groups: dict[str, list[str]] = {}
    for each in sources:
        groups.setdefault(describe(each), []).append(each.name)
    parts = [f"{what} in {in_subgraphs(names)}" for what, names in groups.items()]
    first, *others = parts
    but = f" but {' and '.join(others)}" if others else ""
    return f"it {verb} {first}{but}"
