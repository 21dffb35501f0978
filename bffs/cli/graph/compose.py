"""`weir compose`: composes subgraphs into a supergraph, or prints all errors."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.draft import drafted
from weir.bffs.cli.failures import prints_config_errors, show_errors
from weir.bffs.cli.inputs import SubgraphInputs
from weir.bffs.cli.output import Format, print_error
from weir.bffs.config.decode import LoadedConfig
from weir.gateway.server.process.interpreter import gc_paused
from weir.schema.compose import Composed, Composition, Rejected, compose
from weir.schema.subgraphs.subgraph import Subgraph


@prints_config_errors
def compose_inputs(inputs: SubgraphInputs, output: Path | None, format_: Format) -> int:
    """Write the supergraph to `output` or standard output; return the exit code."""
    subgraphs = read_inputs(inputs)
    outcome = compose_subgraphs(subgraphs)
    if isinstance(outcome, Rejected):
        show_errors(outcome.errors, format_)
        return FAILED
    return _write(outcome, output)


def compose_subgraphs(subgraphs: Sequence[Subgraph]) -> Composition:
    """Compose, without collections that would only find objects in use."""
    with gc_paused():
        return compose(subgraphs)


def read_inputs(inputs: SubgraphInputs) -> tuple[Subgraph, ...]:
    """Read all SDLs; raises ConfigError."""
    return asyncio.run(_load(inputs.load()))


async def _load(loaded: LoadedConfig) -> tuple[Subgraph, ...]:
    async with drafted(loaded) as draft:
        return await draft.drawing.shared_subgraphs()


def _write(composed: Composed, output: Path | None) -> int:
    if output is None:
        sys.stdout.write(composed.supergraph_sdl)
        return OK
    try:
        output.write_text(composed.supergraph_sdl, encoding="utf-8")
    except OSError as error:
        print_error(f"{output}: cannot be written: {error.strerror}")
        return USAGE_ERROR
    return OK
