"""Options that several commands have, and the end of a command."""

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer

ConfigFile = Annotated[
    Path, typer.Option("--config", envvar="WEIR_CONFIG", help="The configuration.")
]
ControlAddress = Annotated[
    str, typer.Option("--control", help="Control port of the gateway, as host:port.")
]
ControlToken = Annotated[
    str,
    typer.Option(
        help="Token of the control port, if it needs one.",
        envvar="WEIR_CONTROL_TOKEN",
        show_default=False,
    ),
]


def default_config() -> Path:
    """Return the configuration of a command that can also do without one."""
    return Path(os.environ.get("WEIR_CONFIG", "weir.yaml"))


def reject_given(context: typer.Context, reason: str, *options: str) -> None:
    """Raise BadParameter if one of `options` was given on the command line."""
    for option in options:
        # Typer has no public name for the enumeration of sources.
        source = context.get_parameter_source(option)
        if source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(reason, param_hint=f"--{option}")


def end(code: int) -> NoReturn:
    """End the command with an exit code."""
    raise typer.Exit(code)
