"""`weir cache purge`: purges cached responses from a running gateway.

Gateways that share its Redis purge them too.
"""

import httpx
from rich.console import Console

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.control_port import (
    CallRejected,
    ControlPortError,
    call_control_port,
)
from weir.bffs.cli.output import print_error


def purge_cache(
    control: str, token: str, *, upstream: str, path_prefix: str, tag: str
) -> int:
    """Purge responses by the control port at `control`; return the exit code.

    `control` is host:port. `token` is empty for a port without tokens. An empty
    `path_prefix` or `tag` matches all responses.
    """
    body = {"upstream": upstream, "path_prefix": path_prefix, "tag": tag}
    try:
        response = call_control_port(control, token, "POST", "/cache/purge", body)
    except ControlPortError as error:
        print_error(str(error))
        return USAGE_ERROR
    except CallRejected as error:
        print_error(str(error))
        return FAILED
    _show(response)
    return OK


def _show(response: httpx.Response) -> None:
    purged: int = response.json()["purged"]
    Console(highlight=False).print(
        f"{purged} response{'' if purged == 1 else 's'} purged"
    )
