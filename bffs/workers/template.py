"""The template of the gateway's workers, which makes the parts that they share."""

import socket
import sys
from importlib import import_module
from typing import Final, NoReturn

from weir.bffs.config.model.root import Config
from weir.bffs.config.policies.server import serve_options, worker_share
from weir.bffs.generations.template_parts import template_parts
from weir.bffs.workers.messages import WorkerState
from weir.bffs.workers.worker import WorkerApp
from weir.gateway.server.workers.board import Board
from weir.gateway.server.workers.template import (
    RunWorker,
    WorkerSockets,
    run_template,
)
from weir.gateway.server.workers.worker import WorkerPlace, run_worker

_WITH_IDENTITY: Final = (
    "weir.gateway.identity.certificates.authenticator",
    "weir.gateway.identity.jwt.tokens",
)
_PLANNER: Final = "weir.resolvers.plan.planner"


def main(commands: int, board: int) -> NoReturn:
    """Run the template over the files that it inherits from its supervisor."""
    shared = Board.of(board)
    # Standard output is for the log alone, and resolvers may print.
    sys.stdout = sys.stderr
    run_template(socket.socket(fileno=commands), lambda state: prepared(state, shared))


def prepared(state: WorkerState, board: Board) -> RunWorker:
    """Make the parts that workers share; return the function that runs a worker."""
    loaded, parts = state.blueprint.loaded, template_parts(state.blueprint)
    _import_used(loaded.config)
    options = serve_options(worker_share(loaded.config.server), loaded.folder)

    def run(slot: int, sockets: WorkerSockets) -> int:
        place = WorkerPlace(slot=slot, board=board, sockets=sockets)
        return run_worker(lambda: WorkerApp(state, parts), place, options)

    return run


def _import_used(config: Config) -> None:
    """Import the slow modules that the workers use, so that they share their memory."""
    used = _WITH_IDENTITY if config.identity is not None else ()
    if config.server.compiled_plans is None:
        used = (*used, _PLANNER)
    for each in used:
        import_module(each)
