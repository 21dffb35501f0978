"""The gateway's template, whose workers end with what they have inherited.

The exit code is 0 for one thread, no event loop, no socket besides their own two, and
the graphs of the state.
"""

import asyncio
import gc
import socket
import sys
from pathlib import Path
from typing import NoReturn

from weir.bffs.facades.graph_views import ViewedGraph
from weir.bffs.workers import template
from weir.bffs.workers.messages import WorkerState
from weir.gateway.server.workers.board import Board
from weir.gateway.server.workers.template import (
    RunWorker,
    WorkerSockets,
    run_template,
    thread_count,
)


def main(commands: int, board: int) -> NoReturn:
    shared = Board.of(board)

    def prepared(state: WorkerState) -> RunWorker:
        run = template.prepared(state, shared)

        def check(slot: int, sockets: WorkerSockets) -> int:
            assert run.__closure__
            return exit_code(slot, sockets)

        return check

    run_template(socket.socket(fileno=commands), prepared)


def exit_code(slot: int, sockets: WorkerSockets) -> int:
    assert slot == 1
    gc.unfreeze()
    objects = gc.get_objects()
    loops = [each for each in objects if isinstance(each, asyncio.AbstractEventLoop)]
    graphs = [each for each in objects if isinstance(each, ViewedGraph)]
    own = {sockets.supervisor.fileno(), sockets.listening.fileno()}
    inherited = {
        int(each.name) for each in Path("/proc/self/fd").iterdir() if each.is_socket()
    }
    found = (thread_count(), len(loops), inherited - own, len(graphs))
    print(found, file=sys.stderr)  # noqa: T201 - for who reads a failure
    return 0 if found == (1, 0, set(), 1) else 1
