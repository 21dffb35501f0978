"""`weir trace`: the explanation of a request of a running gateway, as a waterfall.

Without an id, the last requests are listed.
"""

from typing import Final
from urllib.parse import quote

from weir.bffs.cli import OK
from weir.bffs.cli.control_port import (
    call_control_port,
    prints_call_errors,
    read_view,
)
from weir.bffs.cli.observed.rendering import explained, listed, print_lines
from weir.gateway.control.observation.requests import ExplanationView, RequestsView

_RECENT: Final = "/requests/recent?limit=50"


@prints_call_errors
def print_trace(control: str, token: str, request_id: str) -> int:
    """Print a request, or the list of them without an id; return the exit code.

    `control` is host:port. `token` is empty for a port without tokens.
    """
    path = f"/requests/{quote(request_id, safe='')}" if request_id else _RECENT
    response = call_control_port(control, token, "GET", path)
    view = ExplanationView if request_id else RequestsView
    body = read_view(view, response).model_dump(mode="json")
    print_lines(explained(body) if request_id else listed(body["requests"]))
    return OK
