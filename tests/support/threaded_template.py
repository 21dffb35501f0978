"""A template that must not fork, because it has a second thread."""

import socket
import threading
from typing import NoReturn

from weir.gateway.server.workers.template import RunWorker, run_template


def main(commands: int, board: int) -> NoReturn:
    del board

    def prepared(state: object) -> RunWorker:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        return lambda _, __: 0 if state else 1

    run_template(socket.socket(fileno=commands), prepared)
