"""Composition: in this process at start, in a child process while requests are served.

It is the longest computation of the gateway. The child reads the subgraphs from
standard input, writes the outcome to standard output, and ends, also when the gateway
is killed.
"""

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path

import weir
from weir.bffs.config.errors import ConfigError, Problem
from weir.gateway.server.process.interpreter import gc_paused
from weir.schema.compose import Composed, Composition, Rejected, compose
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.subgraphs.subgraph import Subgraph

_NICER = 10
_HOME = Path(weir.__file__).parent.parent


class CompositionFailed(ConfigError):
    """The subgraphs do not compose, for all the reasons in `errors`."""

    def __init__(self, errors: Sequence[CompositionError]) -> None:
        super().__init__(*map(_problem, errors))
        self.errors = tuple(errors)


async def compose_graph(subgraphs: Sequence[Subgraph], *, serving: bool) -> Composed:
    """Compose, in another process where this one is `serving` requests.

    Raises CompositionFailed.
    """
    subgraphs = tuple(subgraphs)
    outcome = await _in_child(subgraphs) if serving else compose(subgraphs)
    if isinstance(outcome, Rejected):
        raise CompositionFailed(outcome.errors)
    return outcome


async def _in_child(subgraphs: tuple[Subgraph, ...]) -> Composition:
    # -P: the working folder is not searched for modules.
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", __name__),
        stdin=PIPE,
        stdout=PIPE,
        env={**os.environ, "PYTHONPATH": str(_HOME)},
    )
    try:
        output, _ = await child.communicate(pickle.dumps(subgraphs))
    except asyncio.CancelledError:
        child.kill()
        await child.wait()
        raise
    if child.returncode:
        message = f"composition ended with exit code {child.returncode}"
        raise ConfigError(Problem(message=message))
    outcome: Composition = pickle.loads(output)  # noqa: S301 - our own child's
    return outcome


def _problem(error: CompositionError) -> Problem:
    location = error.locations[0] if error.locations else None
    others = "".join(f"; see also {each}" for each in error.locations[1:])
    fix = f" ({error.fix})" if error.fix else ""
    message = f"[{error.code}] {error.message}{fix}{others}"
    if location is None:
        return Problem(message=message)
    return Problem(
        file=location.file or f"subgraph {location.subgraph}",
        line=location.line,
        column=location.column,
        message=message,
    )


def main() -> None:
    """Compose the subgraphs of standard input; write the outcome to standard output."""
    # Requests have priority: a client waits for a response, not for a reload.
    os.nice(_NICER)
    subgraphs: tuple[Subgraph, ...] = pickle.load(sys.stdin.buffer)  # noqa: S301 - our parent's
    with gc_paused():
        outcome = compose(subgraphs)
    pickle.dump(outcome, sys.stdout.buffer)


if __name__ == "__main__":
    main()
