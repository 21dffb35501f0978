"""`weir budget`: the costs of the stored queries, and the fields that cause them."""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from weir.bffs.budget.comparison import field_changes
from weir.bffs.budget.json_list import read_list, write_list
from weir.bffs.budget.limits import Excess, check_names, excesses
from weir.bffs.budget.measurement import (
    MeasuredRequests,
    Measurement,
    Unmeasurable,
    measure,
)
from weir.bffs.budget.recorded_runs import recorded, replayed
from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.json_file import read_json
from weir.bffs.config.unknown_name import unknown
from weir.bffs.generations.blueprint import facade_operations
from weir.gateway.json_types import JSONObject, is_object
from weir.resolvers.errors import BadUserInput

_EXPLAINED: Final = 15
_KILO: Final = 1000
_TEN_KILO: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetInputs:
    """The queries to measure, and what to do with their costs."""

    config: Path
    facade: str | None
    variables: Path | None
    headers: Sequence[str]
    save: Path | None
    against: Path | None
    recorded: Path | None
    explain: bool


@prints_config_errors
def budget(inputs: BudgetInputs) -> int:
    """Measure the stored queries, and print their costs; return the exit code."""
    try:
        loaded = load_config(inputs.config, environment(inputs.config.parent))
        before = None
        if inputs.against is not None:
            before = read_list(inputs.against, Measurement, "--save")
        run = asyncio.run(_run(loaded, inputs))
        if inputs.save is not None:
            write_list(inputs.save, run)
    except Unmeasurable as error:
        print_error(str(error))
        return FAILED
    except BadUserInput as error:
        print_error(str(error))
        return USAGE_ERROR
    except OSError as error:
        print_error(f"{error.filename}: {error.strerror}")
        return USAGE_ERROR
    exceeded = [each for measured in run for each in excesses(loaded, measured)]
    _show(run, before, exceeded, explain=inputs.explain)
    return FAILED if any(each.enforced for each in exceeded) else OK


async def _run(loaded: LoadedConfig, inputs: BudgetInputs) -> list[Measurement]:
    requests = MeasuredRequests(
        _variables(inputs.variables), dict(map(_header, inputs.headers))
    )
    facades = list(_facades(loaded, inputs.facade))
    if inputs.recorded is None:
        return await measure(loaded, facades, requests)
    run = replayed if inputs.recorded.exists() else recorded
    return await run(inputs.recorded, loaded, facades, requests)


def _facades(loaded: LoadedConfig, chosen: str | None) -> Iterator[str]:
    """Yield the façades to measure; raises ConfigError if there are none."""
    found = False
    for name in [chosen] if chosen else loaded.config.facades:
        if name not in loaded.config.facades:
            message = unknown("façade", name, loaded.config.facades)
            raise ConfigError(Problem(message=message))
        queries = [each for each in facade_operations(loaded, name) if not each.mutates]
        check_names(loaded, name, frozenset(each.label for each in queries))
        if queries:
            found = True
            yield name
    if not found:
        message = "no façade has a stored query to measure; configure `operations`"
        raise ConfigError(Problem(message=message))


def _variables(file: Path | None) -> Mapping[str, JSONObject]:
    if file is None:
        return {}
    found = read_json(file)
    if not is_object(found) or not all(map(is_object, found.values())):
        message = 'expected the variables of each query: {"Query": {"name": value}}'
        raise ConfigError(Problem(file=str(file), message=message))
    return found


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not text.isascii():
        message = "--header: expected 'name: value' in ASCII"
        raise ConfigError(Problem(message=message))
    return name.strip(), value.strip()


def _show(
    run: Sequence[Measurement],
    before: Sequence[Measurement] | None,
    exceeded: Sequence[Excess],
    *,
    explain: bool,
) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(_table(run))
    lines: list[str] = []
    if before is not None:
        lines += _changes(run, before)
    if explain:
        lines += [line for each in run for line in _explained(each)]
    lines += [_excess(each) for each in exceeded]
    for line in lines:
        console.print(line, markup=False)
    sys.stdout.flush()


def _table(run: Sequence[Measurement]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("façade", "query"):
        table.add_column(name)
    for name in ("bytes", "gzip", "fetches", "depth", "upstream bytes", "ms"):
        table.add_column(name, justify="right")
    for each in run:
        table.add_row(
            each.facade,
            each.operation,
            *map(str, (each.bytes, each.gzip, each.fetches, each.depth)),
            *(str(each.upstream_bytes), f"{each.time_s * 1000:.0f}"),
        )
    return table


def _explained(measured: Measurement) -> Iterator[str]:
    yield f"\n{measured.facade} {measured.operation}: {_bytes(measured.bytes)}"
    largest = sorted(measured.fields, key=lambda each: -each.bytes)
    for each in largest[:_EXPLAINED]:
        share = each.bytes / measured.bytes
        origin = _origin(each.coordinate or each.path, each.service)
        yield f"  {_bytes(each.bytes):>9} {share:4.0%}  {origin}  {each.path}"
    if rest := largest[_EXPLAINED:]:
        others = _bytes(sum(each.bytes for each in rest))
        yield f"  {others:>9}       {len(rest)} others"


def _changes(
    run: Sequence[Measurement], before: Sequence[Measurement]
) -> Iterator[str]:
    known = {(each.facade, each.operation): each for each in before}
    for each in run:
        name = f"{each.facade} {each.operation}"
        other = known.pop((each.facade, each.operation), None)
        if other is None:
            yield f"{name}: new"
            continue
        difference, zipped = each.bytes - other.bytes, each.gzip - other.gzip
        if difference or other.fields != each.fields:
            yield f"{name} {_signed(difference)} ({_signed(zipped)} with gzip):"
            for change in field_changes(other.fields, each.fields)[:_EXPLAINED]:
                field = change.field
                origin = _origin(field.coordinate or field.path, field.service)
                yield f"  {_signed(change.difference):>9}  {origin}  {field.path}"
    for facade, operation in known:
        yield f"{facade} {operation}: removed"


def _origin(name: str, service: str) -> str:
    return f"{name} ({service})" if service else name


def _excess(each: Excess) -> str:
    level = "error" if each.enforced else "warning"
    name = f"{each.measured.facade} {each.measured.operation}"
    if each.key == "time":
        return f"{level}: {name}: time {each.cost:.3f}s is above {each.budget:g}s"
    return f"{level}: {name}: {each.key} {each.cost:g} is above {each.budget:g}"


def _bytes(count: int) -> str:
    """Return a size, rounded by less than one percent."""
    if abs(count) < _KILO:
        return f"{count} B"
    digits = 2 if abs(count) < _TEN_KILO else 1
    return f"{count / _KILO:.{digits}f} kB"


def _signed(count: int) -> str:
    return f"{'+' if count >= 0 else ''}{_bytes(count)}"
