"""The choice that a contract makes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Tags to include (none: all) and to exclude (exclusion wins).

    `hide_unreachable` also hides the types that nothing visible leads to.
    """

    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    hide_unreachable: bool = False

    def hides(self, tags: frozenset[str]) -> bool:
        """Whether an element with these tags is hidden."""
        if tags & self.exclude:
            return True
        return bool(self.include) and not tags & self.include
