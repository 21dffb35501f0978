"""The users of the shared store, such as the cache and the rate limits."""

from typing import Protocol

from weir.gateway.shared_store.connection import RedisConnection


class StoreUser(Protocol):
    """A part of the gateway that uses the store, and continues without it."""

    @property
    def channel(self) -> str:
        """The channel of its messages, or ""."""
        ...

    def receive(self, message: bytes) -> None:
        """Handle a message of its channel, before any later reply is used."""
        ...

    async def prepare(self, connection: RedisConnection) -> bool:
        """Prepare a connection before its use, and again at each heartbeat.

        Return False if the connection cannot be used.
        """
        ...

    def lose(self) -> None:
        """Handle the end of a connection."""
        ...
