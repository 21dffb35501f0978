"""The commands on what a gateway observes: trace, capsule, metrics."""

from pathlib import Path
from typing import Annotated

import typer

from weir.bffs.cli.commands.options import (
    ConfigFile,
    ControlAddress,
    ControlToken,
    end,
)


def trace(
    request_id: Annotated[
        str,
        typer.Argument(
            help="Id of a request, as in X-Request-Id; without it, the last ones.",
            show_default=False,
        ),
    ] = "",
    control: ControlAddress = "127.0.0.1:4001",
    token: ControlToken = "",
) -> None:
    """Explain a request of a running gateway: its parts, their times and outcomes."""
    from weir.bffs.cli.observed.trace import print_trace

    end(print_trace(control, token, request_id))


capsules = typer.Typer(
    help="Files with the state of the gateway when an incident began.",
    no_args_is_help=True,
)


@capsules.command("show")
def show(
    file: Annotated[Path, typer.Argument(help="The capsule.", show_default=False)],
) -> None:
    """Print a capsule: its incidents, services, objectives and requests."""
    from weir.bffs.cli.observed.capsule import show_capsule

    end(show_capsule(file))


metrics = typer.Typer(help="Metrics of the gateway.", no_args_is_help=True)


@metrics.command("estimate")
def estimate(file: ConfigFile = Path("weir.yaml")) -> None:
    """Print how many series each metric can have with a configuration."""
    from weir.bffs.cli.gateway.estimate import estimate_series

    end(estimate_series(file))
