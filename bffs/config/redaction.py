"""The configuration as the control port shows it: without secrets.

A value that refers to an environment variable is shown as the reference. For other
values, `secret` on the type in the model names the part that is masked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.model.paths import note, type_below
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config
from weir.gateway.json_types import JSONValue, is_list, is_object
from weir.gateway.masking import (
    MASK,
    is_credential,
    without_query_values,
    without_userinfo,
)


def redacted(loaded: LoadedConfig) -> Mapping[str, object]:
    """Return the configuration as JSON values, without secrets."""
    data = loaded.config.model_dump(mode="json")
    shown: Mapping[str, object] = _Redaction(loaded.document).shown(data, Config, ())
    return shown


@dataclass(frozen=True, slots=True)
class _Redaction:
    document: ConfigDocument

    def shown(self, value: JSONValue, type_: Any, path: DataPath) -> JSONValue:
        if is_object(value):
            return {key: self._below(value[key], type_, path, key) for key in value}
        if is_list(value):
            return [self._below(each, type_, path, i) for i, each in enumerate(value)]
        return self._text(value, type_, path) if isinstance(value, str) else value

    def _below(
        self, value: JSONValue, type_: Any, path: DataPath, key: str | int
    ) -> JSONValue:
        return self.shown(value, type_below(type_, key), (*path, key))

    def _text(self, value: str, type_: Any, path: DataPath) -> str:
        reference = self.document.reference(path)
        text = reference.shown if reference is not None else value
        match note(type_, "secret"):
            case "whole":
                return text if reference is not None else MASK
            case "userinfo":
                return without_userinfo(text)
            case "query":
                return without_query_values(text)
            case "by name":
                return MASK if is_credential(str(path[-1])) else text
            case _:
                return text
