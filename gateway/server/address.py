"""Where the server listens."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """A host name or address, and a port (0: any free one)."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"
