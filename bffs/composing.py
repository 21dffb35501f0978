"""Composition as the gateway runs it: in this process at start, in a child later.

Composing is the longest piece of pure computation that the gateway does. While
requests are being served it happens in a process of its own.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bffs.config.errors import ConfigError, Problem
from schema.compose import Composed, Rejected, compose
from schema.errors import CompositionError
from schema.subgraph import Subgraph


async def compose_graph(subgraphs: Sequence[Subgraph], *, serving: bool) -> Composed:
    """Compose, away from the event loop's process where it is `serving` requests.

    Raises ConfigError with every reason why the subgraphs do not compose.
    """
    subgraphs = tuple(subgraphs)
    outcome = await _in_child(subgraphs) if serving else compose(subgraphs)
    if isinstance(outcome, Rejected):
        raise ConfigError(*(_problem(error) for error in outcome.errors))
    return outcome


async def _in_child(subgraphs: tuple[Subgraph, ...]) -> Composed | Rejected:
    # Not forked: a copy of a running event loop, its sockets and threads is no place
    # to compute in.
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    try:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(pool, compose, subgraphs)
    finally:
        pool.shutdown(wait=False)


def _problem(error: CompositionError) -> Problem:
    place = error.places[0] if error.places else None
    others = "".join(f"; see also {each}" for each in error.places[1:])
    way_out = f" ({error.way_out})" if error.way_out else ""
    message = f"[{error.code}] {error.message}{way_out}{others}"
    if place is None:
        return Problem(message=message)
    return Problem(
        file=place.file or f"subgraph {place.subgraph}",
        line=place.line,
        column=place.column,
        message=message,
    )
