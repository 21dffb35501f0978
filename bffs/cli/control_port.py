"""Calls of a running gateway's control port."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import httpx
from pydantic import ValidationError

from weir.bffs.cli import FAILED, USAGE_ERROR
from weir.bffs.cli.output import print_error
from weir.gateway.control.views import View
from weir.gateway.errors import NotFound

P = ParamSpec("P")
V = TypeVar("V", bound=View)

_PROBLEM = "application/problem+json"
# Longer than a purge of millions of responses takes.
_TIMEOUT_S = 60.0


class ControlPortError(Exception):
    """There is no control port at the address, or the call has a wrong argument."""


class CallRejected(Exception):
    """The gateway has rejected the call, for the reason in the message."""


def prints_call_errors(command: Callable[P, int]) -> Callable[P, int]:
    """Print the ControlPortError or CallRejected of a command; return its exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            return command(*args, **kwargs)
        except ControlPortError as error:
            print_error(str(error))
            return USAGE_ERROR
        except CallRejected as error:
            print_error(str(error))
            return FAILED

    return run


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


def read_view(view: type[V], response: httpx.Response) -> V:
    """Return the body of a response; raises CallRejected if it is not a `view`."""
    try:
        return view.model_validate_json(response.content)
    except ValidationError as error:
        message = "not the control port of a gateway: the response has another form"
        raise CallRejected(message) from error


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
