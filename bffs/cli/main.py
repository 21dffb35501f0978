"""The command `weir`."""

from typing import Annotated

import typer

import weir
from weir.bffs.cli.commands import auth, cache, config, facade, keys, limits, routes
from weir.bffs.cli.commands.budget import budget
from weir.bffs.cli.commands.gateway import alerts, demo, init, serve
from weir.bffs.cli.commands.graph import (
    can_i_drop,
    check,
    compile_,
    compose,
    explain,
    openapi,
    plan,
    schema,
)
from weir.bffs.cli.commands.observe import capsules, metrics, trace

app = typer.Typer(
    name="weir",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    serve,
    init,
    alerts,
    demo,
    plan,
    explain,
    compose,
    check,
    schema,
    openapi,
    budget,
    trace,
    can_i_drop,
):
    app.command()(command)
app.command("compile")(compile_)
app.add_typer(auth.app, name="auth")
app.add_typer(facade.app, name="facade")
app.add_typer(cache.app, name="cache")
app.add_typer(capsules, name="capsule")
app.add_typer(config.app, name="config")
app.add_typer(limits.app, name="limits")
app.add_typer(metrics, name="metrics")
app.add_typer(routes.app, name="routes")
app.add_typer(keys.app, name="keys")


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it
    if wanted:
        typer.echo(f"weir {weir.__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=_show_version,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """A GraphQL federation and BFF aggregation gateway."""


def main() -> None:
    """Run `weir`, and end the process with the exit code."""
    app()
