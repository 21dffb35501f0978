"""Where the configuration is kept: read at start and on reload, changed by the API."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from bffs.config.decode import LoadedConfig, decode_document, load_config
from bffs.config.document import read_document
from bffs.config.environment import environment
from bffs.config.yaml_text import YamlEdit

ConfigEdit: TypeAlias = Callable[[YamlEdit], None]
"""Changes the configuration's text in places."""


class ReadOnlyConfig(Exception):
    """The configuration cannot be changed from here; the message says why."""


@dataclass(frozen=True, slots=True)
class EditedConfig:
    """A change that is decoded, and not kept yet."""

    loaded: LoadedConfig
    text: str


class ConfigStore(Protocol):
    """Keeps one configuration."""

    def load(self) -> LoadedConfig:
        """Read what is kept; raises ConfigError."""
        ...

    def edit(self, edit: ConfigEdit) -> EditedConfig:
        """Return what a change would make of it; nothing is kept.

        Raises ConfigError where it would not be valid, ReadOnlyConfig where it could
        not be kept.
        """
        ...

    def keep(self, edited: EditedConfig) -> None:
        """Keep a change in place of what was kept."""
        ...


@dataclass(frozen=True, slots=True)
class FileStore:
    """Keeps the configuration in a YAML file; `port` wins over the file's."""

    file: Path
    port: int | None = None

    def load(self) -> LoadedConfig:
        return self._with_port(load_config(self.file, self._environment()))

    def edit(self, edit: ConfigEdit) -> EditedConfig:
        if not (os.access(self.file, os.W_OK) and os.access(self._folder, os.W_OK)):
            message = f"{self.file} is read-only; change it where it comes from"
            raise ReadOnlyConfig(message)
        change = YamlEdit(self.file.read_text(encoding="utf-8"))
        edit(change)
        text = change.text()
        document = read_document(text, str(self.file), self._environment())
        return EditedConfig(self._with_port(decode_document(document)), text)

    def keep(self, edited: EditedConfig) -> None:
        # Replaced, not written over: whoever reads it meanwhile reads a whole file.
        new = self.file.with_name(f".{self.file.name}.new")
        try:
            new.write_text(edited.text, encoding="utf-8")
            new.chmod(self.file.stat().st_mode)
            new.replace(self.file)
        except OSError as error:
            message = f"{new} cannot be written, or put in place: {error.strerror}"
            raise ReadOnlyConfig(message) from error

    @property
    def _folder(self) -> Path:
        return self.file.absolute().parent

    def _environment(self) -> Mapping[str, str]:
        return environment(self.file.parent)

    def _with_port(self, loaded: LoadedConfig) -> LoadedConfig:
        if self.port is None:
            return loaded
        server = loaded.config.server.model_copy(update={"port": self.port})
        config = loaded.config.model_copy(update={"server": server})
        return LoadedConfig(config, loaded.document)


@dataclass(frozen=True, slots=True)
class FixedStore:
    """A configuration that was made on the command line."""

    loaded: LoadedConfig

    def load(self) -> LoadedConfig:
        return self.loaded

    def edit(self, edit: ConfigEdit) -> EditedConfig:
        del edit
        message = "the gateway was started without a configuration file"
        raise ReadOnlyConfig(message)

    def keep(self, edited: EditedConfig) -> None:
        del edited
