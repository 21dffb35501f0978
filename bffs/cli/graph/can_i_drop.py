"""`weir can-i-drop`: the operations and clients that use an element of the graph."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.control_port import (
    CallRejected,
    ControlPortError,
    call_control_port,
    read_view,
)
from weir.bffs.cli.draft import generation_of
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.output import Format, print_error
from weir.bffs.config.decode import load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.stores.state_dir import StateDir
from weir.bffs.usage.report import operations_usage
from weir.bffs.usage.saved import saved_usage
from weir.gateway.control.errors import UnknownElement
from weir.gateway.control.target import UsageSnapshot
from weir.gateway.control.views import ClientUseView, OperationUsageView, UsageView


class NoSavedUsage(Exception):
    """The state directory has no uses, so that no element is known to be unused."""


@dataclass(frozen=True, slots=True)
class RunningGateway:
    """A gateway by its control port, host:port, and a token or ""."""

    control: str
    token: str

    def usage(self, element: str) -> UsageView:
        """Raises ControlPortError, CallRejected."""
        path = f"/usage?element={quote(element)}"
        response = call_control_port(self.control, self.token, "GET", path)
        return read_view(UsageView, response)


@dataclass(frozen=True, slots=True)
class SavedState:
    """The state directory of a gateway, and its configuration."""

    folder: Path
    config: Path

    def usage(self, element: str) -> UsageView:
        """Raises ConfigError, UnknownElement, NoSavedUsage."""
        return asyncio.run(self._usage(element))

    async def _usage(self, element: str) -> UsageView:
        loaded = load_config(self.config, environment(self.config.parent))
        uses = saved_usage(StateDir(self.folder))
        if uses is None:
            message = (
                f"there are no counts of requests in {self.folder}; give the"
                " --state-dir of a gateway that has served requests"
            )
            raise NoSavedUsage(message)
        async with generation_of(loaded) as generation:
            found = operations_usage(generation, uses, element)
        return UsageView.model_validate(UsageSnapshot(found, evicted=0))


@prints_config_errors
def can_i_drop(
    element: str, source: RunningGateway | SavedState, output: Format
) -> int:
    """Print what uses an element; return the exit code, `FAILED` if something does."""
    if not element:
        print_error("give an element of the graph, such as Title.name")
        return USAGE_ERROR
    try:
        usage = source.usage(element)
    except (ControlPortError, UnknownElement, CallRejected, NoSavedUsage) as error:
        print_error(str(error))
        return USAGE_ERROR
    if output == "json":
        sys.stdout.write(usage.model_dump_json(indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(element, usage))
    return FAILED if usage.operations else OK


def _lines(element: str, usage: UsageView) -> Iterator[str]:
    if not usage.operations:
        yield f"No operation uses {element}."
    for operation in usage.operations:
        yield from _operation(operation)
    if usage.evicted:
        yield (
            f"The uses of {usage.evicted} documents of clients are not known: there"
            " were too many different ones."
        )


def _operation(operation: OperationUsageView) -> Iterator[str]:
    kind = "stored" if operation.stored else f"sent, sha256 {operation.sha256[:12]}"
    yield f"{operation.facade}: {operation.operation or 'without a name'} ({kind})"
    for client in operation.clients:
        yield f"  {_client(client)}"
    if not operation.clients:
        yield "  no requests"


def _client(client: ClientUseView) -> str:
    name = f"{client.name} {client.version}".strip() or "clients without a name"
    requests = "1 request" if client.requests == 1 else f"{client.requests} requests"
    last = datetime.fromtimestamp(client.last_s, UTC)
    return f"{name}: {requests}, last used {last:%Y-%m-%d %H:%M} UTC"
