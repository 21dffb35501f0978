"""The output of the commands: its formats, and errors on standard error."""

import sys
from typing import Literal, TypeAlias

Format: TypeAlias = Literal["text", "json"]


def print_error(text: str) -> None:
    for line in text.splitlines():
        print(f"weir: {line}", file=sys.stderr)  # noqa: T201 - to a person
