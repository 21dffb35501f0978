"""The address of the data port, from the command line."""

from dataclasses import dataclass, replace
from typing import Final

from weir.bffs.config.decode import LoadedConfig


@dataclass(frozen=True, slots=True)
class Listen:
    """Host and port in place of the configured ones; None leaves the configured one."""

    host: str | None = None
    port: int | None = None

    def apply_to(self, loaded: LoadedConfig) -> LoadedConfig:
        """Return `loaded` with this address."""
        given = {"host": self.host, "port": self.port}
        update = {key: value for key, value in given.items() if value is not None}
        server = loaded.config.server.model_copy(update=update)
        config = loaded.config.model_copy(update={"server": server})
        return replace(loaded, config=config)


AS_CONFIGURED: Final = Listen()
