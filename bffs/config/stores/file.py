"""The configuration in a YAML file; changes preserve comments and layout."""

import os
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from errno import EBUSY
from pathlib import Path
from typing import Final

from weir.bffs.config.decode import LoadedConfig, decode_document
from weir.bffs.config.document import (
    ConfigDocument,
    read_config,
    read_document,
    version_of,
)
from weir.bffs.config.environment import environment
from weir.bffs.config.errors import (
    ConfigConflict,
    ConfigError,
    Problem,
    ReadOnlyConfig,
    UnexpectedVersion,
)
from weir.bffs.config.model.position import DataPath, Position
from weir.bffs.config.stores.changes import ConfigChange, apply
from weir.bffs.config.stores.listen import AS_CONFIGURED, Listen
from weir.bffs.config.stores.store import EditedConfig, Versions
from weir.bffs.config.stores.tree import ConfigTree
from weir.bffs.config.variables import escape
from weir.bffs.config.yaml_text import Indents, YamlEdit, flow_mapping, writable
from weir.gateway.file_replacement import FileChanged, replace_text
from weir.gateway.json_types import JSONValue, is_list, is_object

_MAX_DEPTH: Final = 32
_SINGLE_MOUNT: Final = "; if it is a mount of its own, mount its folder instead"
_NOT_WRITABLE: Final = (
    "the change would also change other values, such as those that share a YAML anchor;"
    " edit the file by hand"
)


@dataclass(frozen=True, slots=True)
class FileStore:
    """Store of the configuration in a YAML file; `listen` replaces its address."""

    file: Path
    listen: Listen = AS_CONFIGURED

    def load(self) -> LoadedConfig:
        return self._decode(self._document(read_config(self.file)))

    def edit(
        self, change: ConfigChange, expected: Versions | None = None
    ) -> EditedConfig:
        text = read_config(self.file)
        target = self.file.resolve()
        if not (os.access(target, os.W_OK) and os.access(target.parent, os.W_OK)):
            message = f"{self.file} is read-only; change it where it comes from"
            raise ReadOnlyConfig(message)
        document = self._document(text)
        if expected is not None and document.version not in expected:
            message = f"{self.file} has changed since that version"
            raise UnexpectedVersion(message)
        before = self._decode(document)
        yaml = YamlEdit(text, _indents(document.positions))
        apply(change, ConfigTree(yaml.root, _literal, flow_mapping), before.config)
        after = self._document(yaml.text())
        meant = ConfigTree(deepcopy(document.data))
        apply(change, meant, before.config)
        if after.data != meant.root:
            # YAML aliases share a value: a change would apply to all its uses.
            raise ConfigError(Problem(message=_NOT_WRITABLE))
        return EditedConfig(self._decode(after), yaml.text(), before.version)

    def save(self, edited: EditedConfig) -> None:
        def unchanged(content: bytes) -> bool:
            return version_of(content) == edited.before

        try:
            replace_text(self.file, edited.text, unchanged)
        except FileChanged as error:
            message = f"{self.file} has changed meanwhile; make the change again"
            raise ConfigConflict(message) from error
        except OSError as error:
            hint = _SINGLE_MOUNT if error.errno == EBUSY else ""
            message = f"{self.file} cannot be replaced: {error.strerror}{hint}"
            raise ReadOnlyConfig(message) from error

    def _document(self, text: str) -> ConfigDocument:
        return read_document(text, str(self.file), environment(self.file.parent))

    def _decode(self, document: ConfigDocument) -> LoadedConfig:
        return self.listen.apply_to(decode_document(document))


def _indents(positions: Mapping[DataPath, Position]) -> Indents:
    """Return the indents that the first nested mapping and list of the file have."""
    first_below: dict[DataPath, DataPath] = {}
    for path in positions:
        first_below.setdefault(path[:-1], path)
    found = {str: 2, int: 2}
    for parent, child in reversed(first_below.items()):
        below, above = positions[child], positions[parent]
        # Values on the line of their key and the content of items have no indent.
        if parent and isinstance(parent[-1], str) and below.line > above.line:
            found[type(child[-1])] = below.column - above.column
    return Indents(mapping=max(found[str], 1), sequence=max(found[int], 2))


def _literal(value: JSONValue, depth: int = 1) -> JSONValue:
    """Return `value` escaped, so that reading it returns it. Keys are never filled."""
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
