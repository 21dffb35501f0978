"""Where the configuration is kept: read at start and on reload, changed by the API."""

import os
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from bffs.config.changes import ConfigChange, apply
from bffs.config.config_tree import ConfigTree
from bffs.config.decode import LoadedConfig, decode_document
from bffs.config.document import ConfigDocument, read_document, read_file
from bffs.config.environment import environment
from bffs.config.errors import ConfigError, Problem, ReadOnlyConfig
from bffs.config.variables import escape
from bffs.config.yaml_text import YamlEdit, writable
from resolvers.json_types import JSONValue, is_list, is_object

_MAX_DEPTH: Final = 32
_NOT_WRITABLE: Final = (
    "the change cannot be written without changing something else, such as what shares"
    " a YAML anchor with it; edit the file by hand"
)


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

    def edit(self, change: ConfigChange) -> EditedConfig:
        """Return what a change would make of it; nothing is kept.

        Raises ConfigError if it would not be valid, UnknownUpstream if it is of
        something that does not exist, ReadOnlyConfig if it could not be kept.
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
        return self._decode(self._document(read_file(self.file)))

    def edit(self, change: ConfigChange) -> EditedConfig:
        if not (os.access(self.file, os.W_OK) and os.access(self._folder, os.W_OK)):
            message = f"{self.file} is read-only; change it where it comes from"
            raise ReadOnlyConfig(message)
        text = read_file(self.file)
        before = self._decode(self._document(text))
        yaml = YamlEdit(text)
        apply(change, ConfigTree(yaml.root, _literal), before.config)
        after = self._document(yaml.text())
        meant = ConfigTree(deepcopy(before.document.data))
        apply(change, meant, before.config)
        if after.data != meant.root:
            # YAML aliases share a value between places: a change would be in all.
            raise ConfigError(Problem(message=_NOT_WRITABLE))
        return EditedConfig(self._decode(after), yaml.text())

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

    def _document(self, text: str) -> ConfigDocument:
        return read_document(text, str(self.file), environment(self.file.parent))

    def _decode(self, document: ConfigDocument) -> LoadedConfig:
        loaded = decode_document(document)
        if self.port is None:
            return loaded
        server = loaded.config.server.model_copy(update={"port": self.port})
        config = loaded.config.model_copy(update={"server": server})
        return LoadedConfig(config, document)


@dataclass(frozen=True, slots=True)
class FixedStore:
    """A configuration that was made on the command line."""

    loaded: LoadedConfig

    def load(self) -> LoadedConfig:
        return self.loaded

    def edit(self, change: ConfigChange) -> EditedConfig:
        del change
        message = "the gateway was started without a configuration file"
        raise ReadOnlyConfig(message)

    def keep(self, edited: EditedConfig) -> None:
        del edited


def _literal(value: JSONValue, depth: int = 1) -> JSONValue:
    """Return what has to be written for `value` to be read. Keys are never filled."""
    if depth > _MAX_DEPTH:
        message = f"the change is nested deeper than {_MAX_DEPTH} levels"
        raise ConfigError(Problem(message=message))
    if isinstance(value, str):
        return writable(escape(value))
    if is_object(value):
        return {writable(key): _literal(value[key], depth + 1) for key in value}
    if is_list(value):
        return [_literal(each, depth + 1) for each in value]
    return value
