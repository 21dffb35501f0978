"""The commands on what a running gateway has observed: trace."""

from typing import Annotated

import typer

from weir.bffs.cli.commands.options import ControlAddress, ControlToken, end


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
    from weir.bffs.cli.trace import print_trace

    end(print_trace(control, token, request_id))
