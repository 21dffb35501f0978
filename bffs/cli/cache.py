"""`weir cache purge`: purges cached responses from a running gateway.

Gateways that share its Redis purge them too.
"""

from rich.console import Console

from weir.bffs.cli import OK
from weir.bffs.cli.control_port import (
    call_control_port,
    prints_call_errors,
    read_view,
)
from weir.gateway.control.views import PurgedView


@prints_call_errors
def purge_cache(
    control: str, token: str, *, upstream: str, path_prefix: str, tag: str
) -> int:
    """Purge responses by the control port at `control`; return the exit code.

    `control` is host:port. `token` is empty for a port without tokens. An empty
    `path_prefix` or `tag` matches all responses.
    """
    body = {"upstream": upstream, "path_prefix": path_prefix, "tag": tag}
    response = call_control_port(control, token, "POST", "/cache/purge", body)
    purged = read_view(PurgedView, response).purged
    Console(highlight=False).print(
        f"{purged} response{'' if purged == 1 else 's'} purged"
    )
    return OK
