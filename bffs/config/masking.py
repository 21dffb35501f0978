"""The configuration as the control port shows it: without what must stay secret."""

import re
from collections.abc import Mapping

from bffs.config.decode import LoadedConfig

# The user part of a URL (RFC 3986 section 3.2.1); where credentials end up in practice.
_USERINFO = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def masked(loaded: LoadedConfig) -> Mapping[str, object]:
    """Return the configuration as JSON-able values, credentials in URLs masked."""
    values = loaded.config.model_dump(mode="json")
    return {key: _masked(value) for key, value in values.items()}


def _masked(value: object) -> object:
    match value:
        case str():
            return _USERINFO.sub("***", value)
        case dict():
            return {key: _masked(each) for key, each in value.items()}
        case list():
            return [_masked(each) for each in value]
        case _:
            return value
