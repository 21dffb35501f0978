"""`weir config`: the configuration as the gateway reads it, and its schema."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

from weir.bffs.cli import OK
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.config.decode import load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.json_schema import config_schema
from weir.bffs.config.model.paths import note, type_below
from weir.bffs.config.model.root import Config
from weir.bffs.config.redaction import redacted
from weir.bffs.config.written import WRITTEN
from weir.bffs.config.yaml_text import block_text
from weir.gateway.json_types import JSONValue, is_list, is_object

ConfigFormat: TypeAlias = Literal["yaml", "json"]


@prints_config_errors
def show_config(file: Path, format_: ConfigFormat) -> int:
    """Print all settings with their defaults, without secrets; return the exit code."""
    loaded = load_config(file, environment(file.parent))
    shown = written(redacted(loaded))
    sys.stdout.write(
        block_text(shown) if format_ == "yaml" else json.dumps(shown, indent=2) + "\n"
    )
    return OK


def show_schema() -> int:
    """Print the JSON Schema of weir.yaml; return the exit code."""
    sys.stdout.write(json.dumps(config_schema(), indent=2, ensure_ascii=False) + "\n")
    return OK


def written(config: Mapping[str, object]) -> JSONValue:
    """Return the values of a configuration as weir.yaml writes them."""
    return _written(dict(config), Config)


def _written(value: JSONValue, type_: Any) -> JSONValue:
    if is_object(value):
        return {key: _written(value[key], type_below(type_, key)) for key in value}
    if is_list(value):
        return [_written(each, type_below(type_, i)) for i, each in enumerate(value)]
    kind = note(type_, "kind")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return WRITTEN[kind](value) if is_number and kind in WRITTEN else value
