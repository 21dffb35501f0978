"""HTTP dates (RFC 9110 section 5.6.7) as seconds since the epoch."""

from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime


def http_date_s(value: bytes | None) -> float | None:
    """Return the instant of a date field, or None where there is no valid one."""
    if value is None:
        return None
    try:
        moment = parsedate_to_datetime(value.decode("latin-1"))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def http_date(epoch_s: float) -> bytes:
    """Return the value of a date field for an instant."""
    return formatdate(epoch_s, usegmt=True).encode()
