"""The gradual removal of instances that their source lists no more.

A source may be wrong: its servers restart, a label is changed, a health check of its
own fails everywhere. So the number of instances shrinks by a share at once at most. The
others remain for a while, and the source has to confirm that they are gone. An instance
that fails here as well is removed at once.
"""

from collections.abc import Callable
from math import ceil
from typing import Final, TypeAlias

from weir.gateway.discovery.policy import InstanceSpec

INTERVAL_S: Final = 30.0
"""The time in which the number of instances shrinks by the share."""

Specs: TypeAlias = tuple[InstanceSpec, ...]


class GradualRemoval:
    """A limit of the instances that are removed within an interval."""

    __slots__ = ("_least", "_max_removed", "_until_s")

    def __init__(self, max_removed: float) -> None:
        self._max_removed = max_removed
        self._least = 0
        self._until_s = 0.0

    def allowed(
        self,
        known: Specs,
        found: Specs,
        healthy_urls: Callable[[], frozenset[str]],
        now_s: float,
    ) -> Specs:
        """Return the instances to use: those found, and known ones that remain."""
        listed = {spec.url for spec in found}
        removed = [spec for spec in known if spec.url not in listed]
        if not removed:
            return found
        least = ceil(len(known) * (1 - self._max_removed))
        if now_s >= self._until_s:
            self._least, self._until_s = 0, now_s + INTERVAL_S
        self._least = max(self._least, least)
        urls = healthy_urls()
        healthy = [spec for spec in removed if spec.url in urls]
        return (*found, *healthy[: max(0, self._least - len(found))])
