"""The contract: the tags that choose a part of a graph."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The tags to include (by default all) and to exclude (exclusion takes precedence).

    `hide_unreachable` also hides types that no visible field leads to.
    """

    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    hide_unreachable: bool = False

    def hides(self, tags: frozenset[str]) -> bool:
        """Return whether an element with these tags is hidden."""
        if tags & self.exclude:
            return True
        return bool(self.include) and not tags & self.include
