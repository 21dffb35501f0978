"""How a command says what a person has to mend: on standard error, line by line."""

import sys


def print_error(text: str) -> None:
    for line in text.splitlines():
        print(f"weir: {line}", file=sys.stderr)  # noqa: T201 - to a person
