"""`weir compose`: subgraphs in, a supergraph out, or all the reasons why not."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape

from weir.bffs.cli import NO, OK, USAGE_ERROR
from weir.bffs.cli.output import complain
from weir.bffs.config.decode import LoadedConfig, decode_document, load_config
from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.environment import environment
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.policies.upstream import upstream_policies
from weir.bffs.generations.subgraphs import SubgraphLoader, start_context
from weir.bffs.generations.upstream_registry import new_registry
from weir.gateway.clock import SystemClock
from weir.gateway.telemetry.fan_out import FanOut
from weir.gateway.upstreams.model.dependencies import Runtime
from weir.schema.compose import Composed, Rejected, compose
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.diagnostics.rendering import errors_as_json, render_error
from weir.schema.subgraphs.subgraph import Subgraph

Format: TypeAlias = Literal["text", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Where the subgraphs are: `NAME=FILE` or `NAME=URL` each, or a configuration."""

    subgraphs: tuple[str, ...]
    config: Path | None


def compose_inputs(inputs: Inputs, output: Path | None, format_: Format) -> int:
    """Write the supergraph to `output` or standard output; return the exit code."""
    try:
        subgraphs = read_inputs(inputs)
    except ConfigError as error:
        complain(str(error))
        return USAGE_ERROR
    outcome = compose(subgraphs)
    if isinstance(outcome, Rejected):
        show_errors(outcome.errors, format_)
        return NO
    return _write(outcome, output)


def read_inputs(inputs: Inputs) -> tuple[Subgraph, ...]:
    """Read all SDLs; raises ConfigError."""
    loaded = (
        load_config(inputs.config, environment(inputs.config.parent))
        if inputs.config is not None
        else _config_of(inputs.subgraphs)
    )
    return asyncio.run(_load(loaded))


def _config_of(arguments: Sequence[str]) -> LoadedConfig:
    """Return the configuration that `NAME=FILE` and `NAME=URL` stand for."""
    upstreams: dict[str, object] = {}
    subgraphs: dict[str, object] = {}
    for argument in arguments:
        name, equals, place = argument.partition("=")
        if not (name and equals and place):
            message = f"{argument!r}: expected NAME=FILE or NAME=URL"
            raise ConfigError(Problem(message=message))
        url = urlsplit(place)
        if url.scheme in ("http", "https"):
            upstreams[name] = {"instances": [f"{url.scheme}://{url.netloc}"]}
            subgraphs[name] = {"upstream": name, "path": url.path or "/"}
        else:
            # A file has no url until a configuration gives it one.
            upstreams[name] = {"instances": ["http://localhost"]}
            subgraphs[name] = {"upstream": name, "sdl": str(Path(place).absolute())}
    data = {"upstreams": upstreams, "subgraphs": subgraphs}
    return decode_document(ConfigDocument("", data, {}))


async def _load(loaded: LoadedConfig) -> tuple[Subgraph, ...]:
    runtime = Runtime(SystemClock(), Random(), FanOut([]))  # noqa: S311 - jitter
    policies = upstream_policies(loaded)
    registry = new_registry(policies, runtime)
    try:
        loader = SubgraphLoader(loaded, registry, start_context(runtime))
        sourced = await loader.load(("subgraphs",), loaded.config.subgraphs)
    finally:
        await registry.close()
    return tuple(each.subgraph for each in sourced)


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
        complain(f"{output}: cannot be written: {error.strerror}")
        return USAGE_ERROR
    return OK
