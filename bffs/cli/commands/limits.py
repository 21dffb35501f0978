"""The commands on limits."""

from pathlib import Path
from typing import Annotated

import typer

from weir.bffs.cli.commands.options import ConfigFile, end

app = typer.Typer(help="Limits of clients.", no_args_is_help=True)


@app.command("rehearse")
def rehearse_limits(
    log: Annotated[
        Path, typer.Option(help="Log of requests, as JSON lines.", show_default=False)
    ],
    file: ConfigFile = Path("weir.yaml"),
) -> None:
    """Print the clients of a log that a configuration would have refused, and when."""
    from weir.bffs.cli.limits.rehearse import rehearse_limits as rehearse

    end(rehearse(file, log))
