"""The configuration as the control port shows it: without what must stay secret."""

import re
from collections.abc import Mapping

import orjson

from bffs.config.decode import LoadedConfig

# The user part of a URL (RFC 3986 section 3.2.1); where credentials end up in practice.
# Up to the last @, for a password may hold one.
_USERINFO = re.compile(r'(?<=://)[^/\s"]+(?=@)')


def masked(loaded: LoadedConfig) -> Mapping[str, object]:
    """Return the configuration as JSON-able values, credentials in URLs masked."""
    text = loaded.config.model_dump_json()
    values: Mapping[str, object] = orjson.loads(_USERINFO.sub("***", text))
    return values
