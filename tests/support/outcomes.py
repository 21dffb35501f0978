"""What composition makes of a few subgraphs, in short."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.composition_examples import linked
from weir.schema import Code, Composed, Rejected, Subgraph, compose


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Subgraphs by name, and the codes of their errors; none if they compose.

    SDL without a `@link` is linked to federation 2.9 with all its directives, unless it
    begins with `# federation 1`.
    """

    subgraphs: Mapping[str, str]
    codes: frozenset[Code] = field(default_factory=frozenset[Code])


def composition_of(subgraphs: Mapping[str, str]) -> Composed | Rejected:
    return compose(
        [
            Subgraph(name=name, sdl=linked(sdl), file=f"{name}.graphql")
            for name, sdl in subgraphs.items()
        ]
    )


def codes_of(subgraphs: Mapping[str, str]) -> list[Code]:
    """The codes of all errors, each as often as it is reported."""
    composition = composition_of(subgraphs)
    if isinstance(composition, Composed):
        return []
    return [error.code for error in composition.errors]
