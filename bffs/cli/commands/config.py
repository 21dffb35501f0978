"""The commands on the configuration."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from weir.bffs.cli.commands.options import ConfigFile, end

app = typer.Typer(help="The configuration.", no_args_is_help=True)


@app.command("show")
def show_config(
    file: ConfigFile = Path("weir.yaml"),
    format_: Annotated[
        Literal["yaml", "json"], typer.Option("--format", help="Format of the output.")
    ] = "yaml",
) -> None:
    """Print all settings with their defaults, without secrets."""
    from weir.bffs.cli.config import show_config as show

    end(show(file, format_))


@app.command("schema")
def show_config_schema() -> None:
    """Print the JSON Schema of weir.yaml, for editors."""
    from weir.bffs.cli.config import show_schema

    end(show_schema())
