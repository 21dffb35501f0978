"""The interface of a store of the configuration, which the control API changes."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.stores.changes import ConfigChange

Versions: TypeAlias = frozenset[str]


@dataclass(frozen=True, slots=True)
class EditedConfig:
    """A valid change of the version `before` that is not saved yet."""

    loaded: LoadedConfig
    text: str
    before: str


class ConfigStore(Protocol):
    """A store of one configuration. Its methods block."""

    def load(self) -> LoadedConfig:
        """Return the stored configuration; raises ConfigError."""
        ...

    def edit(
        self, change: ConfigChange, expected: Versions | None = None
    ) -> EditedConfig:
        """Return the changed configuration without saving it.

        Raises ConfigError if the result is invalid, UnknownUpstream if the changed
        upstream or instance does not exist, UnexpectedVersion if the stored version is
        not one of the `expected`, ReadOnlyConfig if the store cannot be changed.
        """
        ...

    def save(self, edited: EditedConfig) -> None:
        """Replace the version that the change was made of.

        Raises ConfigConflict if the stored version has changed meanwhile,
        ReadOnlyConfig if the store cannot be changed.
        """
        ...
