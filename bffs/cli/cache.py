"""`weir cache purge`: purges cached responses from a running gateway.

Gateways that share its Redis purge them too.
"""

import httpx
from rich.console import Console

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.output import print_error

_PROBLEM = "application/problem+json"
# Longer than a purge of millions of responses takes.
_TIMEOUT_S = 60.0


def purge_cache(
    control: str, token: str, *, upstream: str, path_prefix: str, tag: str
) -> int:
    """Purge responses by the control port at `control`; return the exit code.

    `control` is host:port. `token` is empty for a port without tokens. An empty
    `path_prefix` or `tag` matches all responses.
    """
    if not token.isascii() or not token.isprintable():
        print_error("--token: expected printable ASCII characters")
        return USAGE_ERROR
    headers = {"authorization": f"Bearer {token}"} if token else {}
    body = {"upstream": upstream, "path_prefix": path_prefix, "tag": tag}
    try:
        # The control port is called directly, even if the environment has a proxy.
        response = httpx.post(
            f"http://{control}/cache/purge",
            json=body,
            headers=headers,
            timeout=_TIMEOUT_S,
            trust_env=False,
        )
    except httpx.InvalidURL:
        print_error(f"--control: expected host:port, got {control!r}")
        return USAGE_ERROR
    except httpx.TransportError as error:
        print_error(f"cannot reach a gateway's control port at {control}: {error}")
        return USAGE_ERROR
    if not response.is_success:
        print_error(_detail(response))
        return FAILED
    _show(response)
    return OK


def _detail(response: httpx.Response) -> str:
    if response.headers.get("content-type") == _PROBLEM:
        return str(response.json()["detail"])
    return (
        "not the control port of a gateway: it responded with status"
        f" {response.status_code}"
    )


def _show(response: httpx.Response) -> None:
    purged: int = response.json()["purged"]
    Console(highlight=False).print(
        f"{purged} response{'' if purged == 1 else 's'} purged"
    )
