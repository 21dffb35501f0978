"""The template of the gateway's workers: it reads the graphs that they share.

Python code of users is imported by the workers, and not here. Its threads and
connections are then those of one worker.
"""

import socket
from typing import NoReturn

from weir.bffs.config.policies.server import serve_options, worker_share
from weir.bffs.facades.client_schema import client_schema
from weir.bffs.facades.graph_views import MadeFrom, ViewedGraph
from weir.bffs.generations.blueprint import Blueprint
from weir.bffs.workers.messages import WorkerState
from weir.bffs.workers.worker import WorkerApp
from weir.gateway.server.workers.board import Board
from weir.gateway.server.workers.template import (
    RunWorker,
    WorkerSockets,
    run_template,
)
from weir.gateway.server.workers.worker import WorkerPlace, run_worker
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph


def main(commands: int, board: int) -> NoReturn:
    """Run the template over the files that it inherits from its supervisor."""
    shared = Board.of(board)
    run_template(socket.socket(fileno=commands), lambda state: prepared(state, shared))


def prepared(state: WorkerState, board: Board) -> RunWorker:
    """Read the graphs of a state; return the function that runs a worker with them."""
    loaded, graphs = state.blueprint.loaded, _graphs(state.blueprint)
    options = serve_options(worker_share(loaded.config.server), loaded.folder)

    def run(slot: int, sockets: WorkerSockets) -> int:
        place = WorkerPlace(slot=slot, board=board, sockets=sockets)
        return run_worker(lambda: WorkerApp(state, graphs), place, options)

    return run


def _graphs(blueprint: Blueprint) -> dict[MadeFrom, ViewedGraph]:
    """Return the graphs, with the schemas of all façades."""
    graphs: dict[MadeFrom, ViewedGraph] = {}
    for facade, graph in blueprint.graphs.items():
        if graph.made_from not in graphs:
            read = read_supergraph(graph.supergraph_sdl)
            graphs[graph.made_from] = ViewedGraph(Graph.of(read))
        client_schema(blueprint.loaded, graphs[graph.made_from], facade)
    return graphs
