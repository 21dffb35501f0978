"""`weir trace`: the explanation of a request of a running gateway, as a waterfall.

Without an id, the last requests are listed.
"""

from typing import Final
from urllib.parse import quote

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.control_port import (
    CallRejected,
    ControlPortError,
    call_control_port,
)
from weir.bffs.cli.observed.rendering import explained, listed, print_lines
from weir.bffs.cli.output import print_error

_RECENT: Final = "/requests/recent?limit=50"


def print_trace(control: str, token: str, request_id: str) -> int:
    """Print a request, or the list of them without an id; return the exit code.

    `control` is host:port. `token` is empty for a port without tokens.
    """
    path = f"/requests/{quote(request_id, safe='')}" if request_id else _RECENT
    try:
        body = call_control_port(control, token, "GET", path).json()
    except ControlPortError as error:
        print_error(str(error))
        return USAGE_ERROR
    except CallRejected as error:
        print_error(str(error))
        return FAILED
    print_lines(explained(body) if request_id else listed(body["requests"]))
    return OK
