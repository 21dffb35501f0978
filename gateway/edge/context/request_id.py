"""The request id: the client's if it is well-formed, else a new one."""

import re

# Long enough for any common id, and short enough for every log line. No character
# needs escaping in a header, in JSON or on a command line.
_WELL_FORMED = re.compile(rb"[A-Za-z0-9._:+/=@~-]{1,128}")


def well_formed_request_id(value: bytes) -> str | None:
    """Return the client's X-Request-Id as text, or None if it is malformed."""
    return value.decode() if _WELL_FORMED.fullmatch(value) else None
