"""The query parameters that have no meaning for an operation, such as trackers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class IgnoredParameters:
    """A set of names, and of all names with certain prefixes."""

    names: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Self:
        """Read names; those with a `*` at the end are prefixes."""
        patterns = tuple(patterns)
        return cls(
            frozenset(each for each in patterns if not each.endswith("*")),
            tuple(each[:-1] for each in patterns if each.endswith("*")),
        )

    def __contains__(self, name: str) -> bool:
        return name in self.names or name.startswith(self.prefixes)


NOTHING_IGNORED: Final = IgnoredParameters()
