"""JSON files that a configuration or a command names."""

from pathlib import Path

import orjson

from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.text_file import UnreadableFile, read_text
from weir.gateway.json_types import JSONValue


def read_json(file: Path) -> JSONValue:
    """Return the value of a JSON file; raises ConfigError."""
    try:
        value: JSONValue = orjson.loads(read_text(file))
    except UnreadableFile as error:
        message = f"cannot be read: {error}"
        raise ConfigError(Problem(file=str(file), message=message)) from error
    except orjson.JSONDecodeError as error:
        message = f"is not JSON: {error.msg}"
        raise ConfigError(
            Problem(
                file=str(file), line=error.lineno, column=error.colno, message=message
            )
        ) from error
    return value
