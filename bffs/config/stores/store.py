"""What a store of the configuration does: it is read, and changed by the API."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.stores.changes import ConfigChange

Versions: TypeAlias = frozenset[str]


@dataclass(frozen=True, slots=True)
class EditedConfig:
    """A change of the version `before` that is decoded, and not kept yet."""

    loaded: LoadedConfig
    text: str
    before: str


class ConfigStore(Protocol):
    """Keeps one configuration. Its methods block."""

    def load(self) -> LoadedConfig:
        """Read what is kept; raises ConfigError."""
        ...

    def edit(
        self, change: ConfigChange, expected: Versions | None = None
    ) -> EditedConfig:
        """Return what a change would make of it; nothing is kept.

        Raises ConfigError if it would not be valid, UnknownUpstream if it is of
        something that does not exist, UnexpectedVersion if what is kept is none of the
        `expected`, ReadOnlyConfig if it could not be kept.
        """
        ...

    def save(self, edited: EditedConfig) -> None:
        """Keep a change in place of the version that it was made of.

        Raises ConfigConflict if another version is kept meanwhile, ReadOnlyConfig if it
        cannot be kept.
        """
        ...
