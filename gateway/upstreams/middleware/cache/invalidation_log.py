"""What was forgotten of late, for the sake of answers that are on their way.

An answer may have been made before a write, and come in after what the write made
invalid was forgotten. Stored then, it would be believed for its whole lifetime.
"""

from collections import deque
from itertools import islice
from typing import Final

from weir.gateway.upstreams.middleware.cache.invalidation import Forgetting
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse

_KEPT: Final = 256
"""Where more has been forgotten than that, an answer from before is not kept."""


class Forgotten:
    """Numbers what is forgotten; the number of the last one is a moment."""

    def __init__(self) -> None:
        self.moment = 0
        self._recent: deque[Forgetting] = deque(maxlen=_KEPT)

    def add(self, forgetting: Forgetting) -> None:
        self.moment += 1
        self._recent.append(forgetting)

    def concerns(self, key: CacheKey, stored: StoredResponse, since: int) -> bool:
        """Say whether `stored` was to be forgotten after the moment `since`."""
        newer = self.moment - since
        if newer > len(self._recent):
            return True
        return any(
            _matches(forgetting, key, stored)
            for forgetting in islice(reversed(self._recent), newer)
        )


def _matches(forgetting: Forgetting, key: CacheKey, stored: StoredResponse) -> bool:
    if isinstance(forgetting, Purge):
        return forgetting.matches(key, stored)
    target = (forgetting.upstream, forgetting.path)
    return key.method == "GET" and (key.upstream, key.path) == target
