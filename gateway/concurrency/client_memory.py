"""A limit of memory for all clients together, of which no client can take all.

Each client may hold as much as is still free. One client takes half of the memory at
most, two take a third each, and some of it is always free for others. (Choudhury and
Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches", 1998.)
"""


class ClientMemory:
    """The counts of held bytes: `used` by all, `held` by each client that has some."""

    __slots__ = ("held", "limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held: dict[str, int] = {}
        self.used = 0

    def take(self, client: str, size: int) -> bool:
        """Count `size` more bytes for a client, unless they do not fit."""
        fits = self.fits(client, size)
        if fits:
            self.add(client, size)
        return fits

    def fits(self, client: str, size: int) -> bool:
        """Return whether a client may hold `size` more bytes."""
        return self.held.get(client, 0) + size <= self.limit - self.used - size

    def add(self, client: str, size: int) -> None:
        """Count `size` bytes that a client holds already, even beyond the limit."""
        self._hold(client, self.held.get(client, 0) + size)
        self.used += size

    def release(self, client: str, size: int) -> None:
        """Give back what `take` or `add` has counted."""
        self.used -= size
        self._hold(client, self.held[client] - size)

    def _hold(self, client: str, size: int) -> None:
        """Set the count of a client; one without memory is forgotten."""
        if size:
            self.held[client] = size
        else:
            self.held.pop(client, None)
