"""Error output of the commands, on standard error."""

import sys


def print_error(text: str) -> None:
    for line in text.splitlines():
        print(f"weir: {line}", file=sys.stderr)  # noqa: T201 - to a person
