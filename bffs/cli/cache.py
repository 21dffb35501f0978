"""`weir cache purge`: has a running gateway, and those beside it, forget answers."""

from dataclasses import dataclass

import httpx
from rich.console import Console

from weir.bffs.cli import NO, OK, USAGE_ERROR
from weir.bffs.cli.output import complain

_PROBLEM = "application/problem+json"
# Above what a purge of millions takes.
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeArguments:
    """What to forget: of one upstream, below a path, with a tag (empty: any)."""

    upstream: str
    path_prefix: str
    tag: str


def purge_cache(arguments: PurgeArguments, control: str) -> int:
    """Ask the control port at `control` (host:port); return the exit code."""
    body = {
        "upstream": arguments.upstream,
        "path_prefix": arguments.path_prefix,
        "tag": arguments.tag,
    }
    try:
        # The control port is near, whatever proxy the environment names.
        answer = httpx.post(
            f"http://{control}/cache/purge",
            json=body,
            timeout=_PATIENCE_S,
            trust_env=False,
        )
    except httpx.InvalidURL:
        complain(f"--control: expected host:port, got {control!r}")
        return USAGE_ERROR
    except httpx.TransportError as error:
        complain(f"no gateway answers at {control}: {error}")
        return USAGE_ERROR
    if not answer.is_success:
        complain(_detail(answer))
        return NO
    _show(answer)
    return OK


def _detail(answer: httpx.Response) -> str:
    if answer.headers.get("content-type") == _PROBLEM:
        return str(answer.json()["detail"])
    return f"no control port of a gateway: it answered {answer.status_code}"


def _show(answer: httpx.Response) -> None:
    purged: int = answer.json()["purged"]
    Console(highlight=False).print(
        f"{purged} answer{'' if purged == 1 else 's'} forgotten"
    )
