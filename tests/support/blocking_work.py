"""Work for a thread that ends when a test says so."""

import threading

from weir.resolvers.operation.work import Cancelled, WorkBudget


class BlockingWork:
    """Runs until it is released, or finds that it is cancelled."""

    def __init__(self, name: str = "", log: list[str] | None = None) -> None:
        self.name = name
        self.log = [] if log is None else log
        self.started = threading.Event()
        self.released = threading.Event()
        self.stopped = False

    def __call__(self, budget: WorkBudget) -> str:
        self.log.append(self.name)
        self.started.set()
        while not self.released.wait(0.001):
            try:
                budget.check()
            except Cancelled:
                self.stopped = True
                raise
        return self.name
