"""Composition errors, and the exception that carries them between stages."""

from collections.abc import Iterable
from dataclasses import dataclass

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.locations import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionError:
    """One reason why the subgraphs do not compose.

    `fix` is a sentence that says what to change, "" where there is no single one.
    """

    code: Code
    message: str
    locations: tuple[Location, ...] = ()
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class CompositionFailed(Exception):
    """Carries errors up to the stage that collects them; never leaves the package."""

    def __init__(self, errors: Iterable[CompositionError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(map(str, self.errors)))
