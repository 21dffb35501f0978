"""`weir check`: composes subgraphs, and reports how a change affects clients."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from graphql import (
    GraphQLError,
    GraphQLSchema,
    build_client_schema,
    build_schema,
    get_introspection_query,
    parse,
)
from rich.console import Console
from rich.markup import escape

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.compose import (
    Format,
    compose_subgraphs,
    read_inputs,
    show_errors,
)
from weir.bffs.cli.inputs import SubgraphInputs
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.facades.stored_operations import load_operations
from weir.gateway.json_types import JSONValue, is_object
from weir.schema.compose import Composed, Rejected
from weir.schema.contracts import Contract, View, view
from weir.schema.diff import Change, Severity, broken_operations, diff
from weir.schema.supergraph.api_schema import api_schema

_TIMEOUT_S = 10.0
_COLOURS = {
    Severity.BREAKING: "red",
    Severity.DANGEROUS: "yellow",
    Severity.SAFE: "green",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The effects of a change on the schema, and on stored operations by name."""

    changes: tuple[Change, ...]
    broken: Mapping[str, tuple[str, ...]]

    @property
    def breaks(self) -> bool:
        has_breaking = any(each.severity is Severity.BREAKING for each in self.changes)
        return has_breaking or bool(self.broken)


def check(inputs: SubgraphInputs, against: str | None, format_: Format) -> int:
    """Compose, and compare with `against`: the file of a schema, or a gateway's URL."""
    try:
        if inputs.config is not None and _has_no_graph(inputs.load(), against):
            return OK
        outcome = compose_subgraphs(read_inputs(inputs))
        if isinstance(outcome, Rejected):
            show_errors(outcome.errors, format_)
            return FAILED
        verdict = _verdict(outcome, inputs, against)
    except ConfigError as error:
        print_error(str(error))
        return USAGE_ERROR
    _show(verdict, format_)
    return FAILED if verdict.breaks else OK


def _has_no_graph(loaded: LoadedConfig, against: str | None) -> bool:
    """Return whether a valid configuration only has plain routes."""
    config = loaded.config
    has_graph = any(True for _ in config.all_subgraphs()) or config.supergraph
    return bool(config.routes) and not (has_graph or config.facades or against)


def _verdict(
    composed: Composed, inputs: SubgraphInputs, against: str | None
) -> Verdict:
    loaded = inputs.load() if inputs.config is not None else None
    changes: tuple[Change, ...] = ()
    if against is not None:
        facade = _facade_at(loaded, against)
        new = facade_schema(composed, loaded, facade)
        changes = diff(_old_schema(against), new)
    return Verdict(changes, dict(_broken(composed, loaded)) if loaded else {})


def _facade_at(loaded: LoadedConfig | None, against: str) -> str | None:
    """Return the façade that the configuration serves at the URL, if there is one."""
    if loaded is None:
        return None
    path = urlsplit(against).path
    for name, facade in loaded.config.facades.items():
        if path == f"{facade.path}/graphql":
            return name
    return None


def facade_schema(
    composed: Composed, loaded: LoadedConfig | None, facade: str | None
) -> GraphQLSchema:
    """Return the API schema of the graph, or that of a façade."""
    if loaded is None or facade is None:
        return api_schema(composed.supergraph_sdl)
    tags = loaded.config.facades[facade].contract
    contract = Contract(
        include=frozenset(tags.include),
        exclude=frozenset(tags.exclude),
        hide_unreachable=bool(tags.include or tags.exclude),
    )
    seen = view(composed.supergraph_sdl, contract)
    if isinstance(seen, View):
        return seen.api_schema
    problems = (f"facades.{facade}.contract: {each}" for each in seen)
    path = ("facades", facade, "contract")
    raise ConfigError(*(loaded.document.problem(path, text) for text in problems))


def _broken(
    composed: Composed, loaded: LoadedConfig
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the stored operations of each façade that are invalid in the new graph."""
    for name, facade in loaded.config.facades.items():
        if facade.operations is None:
            continue
        stored = load_operations(loaded.folder / facade.operations)
        documents = {f"{name}/{each.name}": parse(each.text) for each in stored}
        schema = facade_schema(composed, loaded, name)
        yield from broken_operations(schema, documents).items()


def _old_schema(against: str) -> GraphQLSchema:
    """Read the schema of a gateway, or of a file: a supergraph or an API schema."""
    try:
        if urlsplit(against).scheme in ("http", "https"):
            return build_client_schema(_introspected(against))
        text = Path(against).read_text(encoding="utf-8")
        return api_schema(text) if "join__Graph" in text else build_schema(text)
    except (OSError, GraphQLError, TypeError, ValueError) as error:
        message = f"{against}: not a schema: {error}"
        raise ConfigError(Problem(message=message)) from error


def _introspected(url: str) -> Any:
    body = {"query": get_introspection_query()}
    try:
        response: JSONValue = httpx.post(url, json=body, timeout=_TIMEOUT_S).json()
    except (httpx.HTTPError, ValueError) as error:
        message = f"{url}: cannot fetch the schema: {error}"
        raise ConfigError(Problem(message=message)) from error
    if not is_object(response) or not response.get("data"):
        message = f"{url}: introspection is disabled; enable it for this façade"
        raise ConfigError(Problem(message=message))
    return response["data"]


def _show(verdict: Verdict, format_: Format) -> None:
    if format_ == "json":
        sys.stdout.write(json.dumps(_as_json(verdict), indent=2) + "\n")
        return
    console = Console(highlight=False, soft_wrap=True)
    for change in verdict.changes:
        colour = _COLOURS[change.severity]
        console.print(f"[{colour}]{change.severity}[/]: {escape(change.message)}")
    for name, reasons in verdict.broken.items():
        for reason in reasons:
            console.print(f"[red]breaks {escape(name)}[/]: {escape(reason)}")
    console.print("It composes." if not verdict.breaks else "It breaks clients.")


def _as_json(verdict: Verdict) -> dict[str, object]:
    return {
        "breaks": verdict.breaks,
        "changes": [
            {"severity": each.severity, "kind": each.kind, "message": each.message}
            for each in verdict.changes
        ],
        "brokenOperations": {name: list(why) for name, why in verdict.broken.items()},
    }
