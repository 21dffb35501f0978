"""`weir compose`: composes subgraphs into a supergraph, or prints all errors."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from rich.console import Console
from rich.markup import escape

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.draft import drafted
from weir.bffs.cli.inputs import SubgraphInputs
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError
from weir.gateway.server.process.interpreter import gc_paused
from weir.schema.compose import Composed, Composition, Rejected, compose
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.diagnostics.rendering import errors_as_json, render_error
from weir.schema.subgraphs.subgraph import Subgraph

Format: TypeAlias = Literal["text", "json"]


def compose_inputs(inputs: SubgraphInputs, output: Path | None, format_: Format) -> int:
    """Write the supergraph to `output` or standard output; return the exit code."""
    try:
        subgraphs = read_inputs(inputs)
    except ConfigError as error:
        print_error(str(error))
        return USAGE_ERROR
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


def show_errors(errors: Sequence[CompositionError], format_: Format) -> None:
    """Print why the subgraphs do not compose: JSON on stdout, text on stderr."""
    if format_ == "json":
        sys.stdout.write(json.dumps(errors_as_json(errors), indent=2) + "\n")
        return
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for error in errors:
        code, _, rest = render_error(error).partition(":")
        console.print(f"[bold red]{escape(code)}[/]:{escape(rest)}\n")
    console.print(f"{len(errors)} error{'s' if len(errors) > 1 else ''}")


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
