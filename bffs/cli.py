"""The command `weir`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bffs.import_names import foreign_import_name

USAGE_ERROR = 2
"""The exit code of whatever a person has to mend first: configuration, ports, SDL."""

app = typer.Typer(
    name="weir",
    help="A GraphQL federation and BFF aggregation gateway.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ConfigFile = Annotated[
    Path, typer.Option("--config", envvar="WEIR_CONFIG", help="The configuration.")
]
SupergraphFile = Annotated[
    Path | None,
    typer.Option(
        "--supergraph",
        help="Serve this composed supergraph at /graphql, without a configuration.",
    ),
]
Port = Annotated[
    int | None,
    typer.Option("--port", min=1, max=65535, help="Data port, over the configured."),
]


@app.command()
def serve(
    config: ConfigFile = Path("weir.yaml"),
    supergraph: SupergraphFile = None,
    port: Port = None,
) -> None:
    """Serve the façades of a configuration, or a supergraph as it is."""
    from bffs.serving import serve_config, serve_supergraph  # noqa: PLC0415 - see main

    if supergraph is not None:
        _exit(serve_supergraph(supergraph, port))
    _exit(serve_config(config, port))


@app.command()
def demo() -> None:
    """Start the demo's services, and serve their three façades."""
    from bffs.demo import run_demo  # noqa: PLC0415 - see main

    _exit(run_demo())


def _exit(code: int) -> None:
    raise typer.Exit(code)


def main() -> None:
    """Run `weir`; ends the process with its exit code."""
    # The commands import what they need themselves: when the import names are not
    # ours, importing is what fails, and the riddle would come before its answer.
    if complaint := foreign_import_name():
        print(f"weir: {complaint}", file=sys.stderr)  # noqa: T201 - the command's voice
        raise SystemExit(USAGE_ERROR)
    app()
