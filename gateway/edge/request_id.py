"""The request id: the client's where it is well-formed, else ours."""

import re

# Long enough for any id in use, short enough for every log line; no character that
# would need escaping in a header, in JSON or on a shell's command line.
_WELL_FORMED = re.compile(rb"[A-Za-z0-9._:+/=@~-]{1,128}")


def well_formed_request_id(value: bytes) -> str | None:
    """Return the client's X-Request-Id as text, or None where it is not usable."""
    return value.decode() if _WELL_FORMED.fullmatch(value) else None
