"""A limit of memory that clients share, of which none can take all.

Each client may hold as much as is still free. One client takes half of the memory at
most, two take a third each, and some of it is always free for others. (Choudhury and
Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches", 1998.)
"""


class ClientMemory:
    """The count of bytes that are held, in all and by each client."""

    __slots__ = ("_held", "limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held: dict[str, int] = {}
        self.used = 0

    def take(self, client: str, size: int) -> bool:
        """Count `size` more bytes for a client, unless they do not fit."""
        held = self._held.get(client, 0) + size
        if held > self.limit - self.used - size:
            return False
        self._held[client] = held
        self.used += size
        return True

    def release(self, client: str, size: int) -> None:
        """Give back what `take` has counted."""
        self.used -= size
        held = self._held[client] - size
        if held:
            self._held[client] = held
        else:
            del self._held[client]
