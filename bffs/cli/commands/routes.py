"""The commands on plain routes."""

from pathlib import Path
from typing import Annotated

import typer

from weir.bffs.cli.commands.options import ConfigFile, end

app = typer.Typer(help="Plain routes.", no_args_is_help=True)


@app.command("explain")
def explain_route(
    request: Annotated[
        str,
        typer.Argument(
            help="A request such as 'GET https://host/path'.", show_default=False
        ),
    ],
    header: Annotated[
        list[str] | None,
        typer.Option("--header", "-H", help="A header field; repeatable."),
    ] = None,
    file: ConfigFile = Path("weir.yaml"),
) -> None:
    """Print the route of a request, and why each other one does not get it."""
    from weir.bffs.cli.routes import explain_route as explain

    end(explain(file, request, header or ()))
