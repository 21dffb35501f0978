"""Calls of a running gateway's control port."""

from typing import Any

import httpx

from weir.gateway.errors import NotFound

_PROBLEM = "application/problem+json"
# Longer than a purge of millions of responses takes.
_TIMEOUT_S = 60.0


class ControlPortError(Exception):
    """There is no control port at the address, or the call has a wrong argument."""


class CallRejected(Exception):
    """The gateway has rejected the call, for the reason in the message."""


def call_control_port(
    control: str, token: str, method: str, path: str, body: object = None
) -> httpx.Response:
    """Call the control port at `control`, which is host:port.

    `token` is empty for a port without tokens. Raises ControlPortError, CallRejected.
    """
    if not token.isascii() or not token.isprintable():
        message = "--token: expected printable ASCII characters"
        raise ControlPortError(message)
    options: dict[str, Any] = {} if body is None else {"json": body}
    try:
        # The port is called directly, even if the environment has a proxy.
        response = httpx.request(
            method,
            f"http://{control}{path}",
            headers={"authorization": f"Bearer {token}"} if token else {},
            timeout=_TIMEOUT_S,
            trust_env=False,
            **options,
        )
    except httpx.InvalidURL as error:
        message = f"--control: expected host:port, got {control!r}"
        raise ControlPortError(message) from error
    except httpx.TransportError as error:
        message = f"cannot reach a gateway's control port at {control}: {error}"
        raise ControlPortError(message) from error
    if not response.is_success:
        raise CallRejected(_detail(response))
    return response


def _detail(response: httpx.Response) -> str:
    if response.headers.get("content-type") == _PROBLEM:
        problem = response.json()
        if problem["code"] == NotFound.row.code:
            return f"not the control port of a gateway: {problem['detail']}"
        return str(problem["detail"])
    return (
        "not the control port of a gateway: it responded with status"
        f" {response.status_code}"
    )
