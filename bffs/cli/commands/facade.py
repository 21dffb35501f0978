"""The commands on façades: new."""

from pathlib import Path
from typing import Annotated

import typer

from weir.bffs.cli.commands.options import end

app = typer.Typer(help="Add façades.", no_args_is_help=True)


@app.callback()
def facade() -> None:
    """Add façades."""


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the façade, and of its path.")],
    config: Annotated[
        Path, typer.Option("--config", envvar="WEIR_CONFIG", help="The configuration.")
    ] = Path("weir.yaml"),
) -> None:
    """Add a façade with an operation, a REST endpoint and its test."""
    from weir.bffs.cli.facade.new import new_facade

    end(new_facade(name, config))
