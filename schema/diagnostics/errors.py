"""Composition errors, and the exception that stops a stage with them."""

from collections.abc import Iterable
from dataclasses import dataclass

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.locations import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionError:
    """One reason why the subgraphs do not compose.

    `fix` is a sentence that describes the fix, or "" if there is no single fix.
    """

    code: Code
    message: str
    locations: tuple[Location, ...] = ()
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class CompositionFailed(Exception):
    """The errors of a stage; `compose` catches it, so it never leaves the package."""

    def __init__(self, errors: Iterable[CompositionError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(map(str, self.errors)))
