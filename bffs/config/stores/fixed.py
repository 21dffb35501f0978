"""A configuration that cannot be changed."""

from dataclasses import dataclass

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ReadOnlyConfig
from weir.bffs.config.stores.changes import ConfigChange
from weir.bffs.config.stores.store import EditedConfig, Versions


@dataclass(frozen=True, slots=True)
class FixedStore:
    """Store of a configuration that was built from the command line."""

    loaded: LoadedConfig

    def load(self) -> LoadedConfig:
        return self.loaded

    def edit(
        self, change: ConfigChange, expected: Versions | None = None
    ) -> EditedConfig:
        del change, expected
        message = "the gateway was started without a configuration file"
        raise ReadOnlyConfig(message)

    def save(self, edited: EditedConfig) -> None:
        del edited
