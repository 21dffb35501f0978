"""The configuration as the control port shows it: without secrets.

A value that refers to an environment variable is shown as the reference. Of others, the
type in the model notes which part may be `secret`.
"""

from collections.abc import Mapping

from bffs.config.credentials import (
    MASK,
    is_credential,
    without_query_values,
    without_userinfo,
)
from bffs.config.decode import LoadedConfig
from bffs.config.document import ConfigDocument
from bffs.config.model.paths import note
from bffs.config.model.root import Config
from bffs.config.place import DataPath
from resolvers.json_types import JSONValue, is_list, is_object


def redacted(loaded: LoadedConfig) -> Mapping[str, object]:
    """Return the configuration as JSON-able values, without secrets."""
    shown: Mapping[str, object] = _shown(
        loaded.config.model_dump(mode="json"), (), loaded.document
    )
    return shown


def _shown(value: JSONValue, path: DataPath, document: ConfigDocument) -> JSONValue:
    if is_object(value):
        return {key: _shown(value[key], (*path, key), document) for key in value}
    if is_list(value):
        return [_shown(each, (*path, i), document) for i, each in enumerate(value)]
    return _text(value, path, document) if isinstance(value, str) else value


def _text(value: str, path: DataPath, document: ConfigDocument) -> str:
    reference = document.reference(path)
    text = reference.shown if reference is not None else value
    match note(Config, path, "secret"):
        case "userinfo":
            return without_userinfo(text)
        case "query":
            return without_query_values(text)
        case "by name":
            return MASK if is_credential(str(path[-1])) else text
        case _:
            return text
