"""Options that several commands have, and the end of a command."""

from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

ConfigFile = Annotated[
    Path, typer.Option("--config", envvar="WEIR_CONFIG", help="The configuration.")
]
Format = Literal["text", "json"]


def end(code: int) -> NoReturn:
    """End the command with an exit code."""
    raise typer.Exit(code)
