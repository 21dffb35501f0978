"""`weir check`: composes subgraphs, and reports how a change affects clients."""

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from rich.console import Console
from rich.markup import escape

from weir.bffs.cli import FAILED, OK
from weir.bffs.cli.auth.lock import MoreRights, lock_of, more_rights, read_lock
from weir.bffs.cli.check.examples import ExamplesFailed, check_examples
from weir.bffs.cli.check.new_schemas import NewSchemas, new_schemas
from weir.bffs.cli.check.old_schemas import (
    WHOLE_GRAPH,
    Against,
    OldSchemas,
    old_schemas,
)
from weir.bffs.cli.draft import built, drafted
from weir.bffs.cli.failures import prints_config_errors, show_errors
from weir.bffs.cli.graph.changes import show_change
from weir.bffs.cli.inputs import SubgraphInputs
from weir.bffs.cli.output import Format, print_error
from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import Problem
from weir.bffs.config.policies.server_tls import check_server_tls
from weir.bffs.config.references.shadowed_routes import route_warnings
from weir.bffs.generations.graph.compose_process import CompositionFailed
from weir.bffs.telemetry.audit import check_audit_file
from weir.schema.diff import Change, Severity, broken_operations, diff


@dataclass(frozen=True, slots=True)
class Verdict:
    """The effects of a change on schemas, by façade, and on stored operations, by name.

    `rights` are those that stored operations need in addition to their lock. Without a
    graph there are only plain routes. `warnings` are about those.
    """

    changes: Mapping[str, tuple[Change, ...]]
    broken: Mapping[str, tuple[str, ...]]
    has_graph: bool
    rights: tuple[MoreRights, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def breaks(self) -> bool:
        severities = {
            each.severity for changes in self.changes.values() for each in changes
        }
        return bool(Severity.BREAKING in severities or self.broken or self.rights)


@prints_config_errors
def check(inputs: SubgraphInputs, against: Against | None, format_: Format) -> int:
    """Compose, and compare with `against`.

    Of a configuration, everything is checked that prevents a start.
    """
    try:
        loaded = inputs.load()
        configured = loaded if inputs.config is not None else None
        check_examples(loaded)
        if configured is not None:
            check_server_tls(configured)
            check_audit_file(configured)
        old = old_schemas(against, configured)
        verdict = asyncio.run(_verdict(loaded, old, is_complete=configured is not None))
    except CompositionFailed as error:
        show_errors(error.errors, format_)
        return FAILED
    except ExamplesFailed as error:
        print_error(str(error))
        return FAILED
    _show(verdict, format_)
    return FAILED if verdict.breaks else OK


async def _verdict(
    loaded: LoadedConfig, old: OldSchemas, *, is_complete: bool
) -> Verdict:
    """Compare with the old schemas, and try out a complete configuration."""
    async with drafted(loaded) as draft:
        shared = await draft.drawing.shared_subgraphs()
        blueprint = await draft.drawing.blueprint(shared)
        new = await new_schemas(draft, blueprint, shared)
        verdict = Verdict(
            changes={name: _changes(old, new, name) for name in old},
            broken=dict(_broken(new)),
            has_graph=new.has_graph,
            warnings=tuple(route_warnings(loaded)),
        )
        if is_complete and not verdict.breaks:
            lock = read_lock(loaded)
            async with built(draft, blueprint) as generation:
                if lock is not None:
                    more = tuple(more_rights(lock, lock_of(generation)))
                    verdict = replace(verdict, rights=more)
        return verdict


def _changes(old: OldSchemas, new: NewSchemas, facade: str) -> tuple[Change, ...]:
    if facade == WHOLE_GRAPH or facade in new.facades:
        return diff(old[facade], new.of(facade))
    message = f"Façade {facade} was removed."
    return (Change(Severity.BREAKING, "FACADE_REMOVED", message),)


def _broken(new: NewSchemas) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the stored operations of each façade that are invalid in the new graph."""
    for facade in new.facades:
        stored = new.stored(facade)
        documents = {f"{facade}/{each.label}": each.document for each in stored}
        yield from broken_operations(new.of(facade), documents).items()


def _show(verdict: Verdict, format_: Format) -> None:
    if format_ == "json":
        sys.stdout.write(json.dumps(_as_json(verdict), indent=2) + "\n")
        return
    console = Console(highlight=False, soft_wrap=True)
    names_facades = len(verdict.changes) > 1
    for facade, changes in verdict.changes.items():
        name = f"{facade}: " if names_facades else ""
        for change in changes:
            show_change(console, change, name)
    for operation, reasons in verdict.broken.items():
        for reason in reasons:
            console.print(f"[red]breaks {escape(operation)}[/]: {escape(reason)}")
    for warning in verdict.warnings:
        console.print(f"[yellow]{escape(str(warning))}[/]")
    for more in verdict.rights:
        console.print(f"[red]needs more rights[/]: {escape(str(more))}")
    console.print(_conclusion(verdict))


def _conclusion(verdict: Verdict) -> str:
    if verdict.breaks:
        return "It breaks clients."
    return "It composes." if verdict.has_graph else "It is valid."


def _as_json(verdict: Verdict) -> dict[str, object]:
    return {
        "breaks": verdict.breaks,
        "changes": [
            {
                "facade": facade or None,
                "severity": each.severity,
                "kind": each.kind,
                "message": each.message,
            }
            for facade, changes in verdict.changes.items()
            for each in changes
        ],
        "brokenOperations": {name: list(why) for name, why in verdict.broken.items()},
        "moreRights": [str(each) for each in verdict.rights],
        "warnings": [str(each) for each in verdict.warnings],
    }
