"""The message of a name that does not exist."""

from collections.abc import Iterable
from difflib import get_close_matches


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Return the message of a name that does not exist."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    there_are = ", ".join(names) or "none"
    way_out = f'did you mean "{close[0]}"?' if close else f"there are: {there_are}"
    return f'unknown {kind} "{name}"; {way_out}'
