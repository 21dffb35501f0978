"""`weir limits rehearse`: the requests of a log at the limits of a configuration."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.limits.log_reader import LogReader
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.policies.identity import stored_keys
from weir.bffs.generations.limits.rehearsal import (
    Outcome,
    Refused,
    left_out,
    rehearse,
)


@prints_config_errors
def rehearse_limits(file: Path, log: Path) -> int:
    """Print the requests that would have been refused; return the exit code."""
    loaded = load_config(file, environment(file.parent))
    reader = LogReader(_plans_of_keys(loaded))
    try:
        outcome = rehearse(loaded.config, reader.requests(log))
    except OSError as error:
        print_error(f"{log}: {error.strerror}")
        return USAGE_ERROR
    if not outcome.requests:
        print_error(f"{log}: no line is a request of a façade or route of {file}")
        return FAILED
    for line in _lines(loaded, reader, outcome):
        sys.stdout.write(f"{line}\n")
    return OK


def _plans_of_keys(loaded: LoadedConfig) -> dict[str, str]:
    stored = stored_keys(loaded)
    return {key.id: key.plan for key in stored[1]} if stored else {}


def _lines(loaded: LoadedConfig, reader: LogReader, outcome: Outcome) -> Iterator[str]:
    found = sorted(outcome.refused.values(), key=lambda each: -each.count)
    yield from map(_line, found)
    refused = sum(each.count for each in found)
    yield (
        f"{outcome.requests} requests from {_time(outcome.first_s)} to"
        f" {_time(outcome.last_s)}, {refused} refused"
    )
    if outcome.unknown:
        yield f"{outcome.unknown} requests of other façades and routes"
    if reader.invalid:
        yield f"{reader.invalid} lines that are not lines of a log"
    if loaded.config.identity is not None and not reader.identified:
        yield "no audit lines: callers are counted by their addresses"
    for place, name, reason in left_out(loaded.config):
        yield f'not rehearsed: {place} "{name}": {reason}'


def _line(each: Refused) -> str:
    limit = f'{each.limit.scope or each.place} "{each.limit.name}"'
    return (
        f"{each.count} refused by {limit}: {each.client.strip()}, from"
        f" {_time(each.first_s)} to {_time(each.last_s)}"
    )


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
