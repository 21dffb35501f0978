"""The open streams that do not end by themselves, by their routes.

A stream holds its route, not its generation: a generation counts a request only until
the endpoint has returned. If the next generation has a route with the same fingerprint,
the stream continues. Otherwise the route drains for a while, and is then retired: its
endpoint has to end the stream within a grace period, after which the stream is cut off.
All routes are retired at once when the process stops.
"""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from weir.gateway.edge.route import Route

_GRACE_S: Final = 10.0


class StreamCut(Exception):
    """The end of a stream that outlived its retired route by the grace period."""


class OpenStreams:
    """The open streams, which are cut off `grace_s` after their route is retired.

    That is `drain_s` after a generation without the route has begun.
    """

    __slots__ = ("_drain_s", "_draining", "_grace_s", "_open", "_serves", "_timers")

    def __init__(self, grace_s: float = _GRACE_S, drain_s: float = 0.0) -> None:
        self._grace_s = grace_s
        self._drain_s = drain_s
        self._serves: Callable[[Route], bool] = _every_route
        self._open: dict[asyncio.Task[object], Route] = {}
        self._draining: dict[asyncio.Task[object], asyncio.TimerHandle] = {}
        self._timers: dict[asyncio.Task[object], asyncio.TimerHandle | None] = {}

    @contextmanager
    def opened(self, route: Route) -> Generator[None]:
        """Register the current task, which sends a stream; raise StreamCut."""
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = route
        if not self._serves(route):
            # The route was removed before the endpoint returned.
            self._drain(task, route)
        try:
            yield
        except asyncio.CancelledError as error:
            was_cut = task in self._timers and self._timers[task] is None
            if was_cut and task.uncancel() == 0:
                raise StreamCut from error
            raise
        finally:
            del self._open[task]
            self._stop_draining(task)
            timer = self._timers.pop(task, None)
            if timer is not None:
                timer.cancel()

    def retain(self, serves: Callable[[Route], bool]) -> None:
        """Drain and then retire the routes that `serves` does not accept."""
        self._serves = serves
        for task, route in self._open.items():
            if serves(route):
                self._stop_draining(task)
            elif task not in self._timers and task not in self._draining:
                self._drain(task, route)

    def end(self) -> None:
        """Retire all routes at once."""
        self._serves = _no_route
        self._drain_s = 0.0
        for task, route in self._open.items():
            if task not in self._timers:
                self._retire(task, route)

    def _drain(self, task: asyncio.Task[object], route: Route) -> None:
        if not self._drain_s:
            self._retire(task, route)
            return
        loop = task.get_loop()
        self._draining[task] = loop.call_later(self._drain_s, self._retire, task, route)

    def _stop_draining(self, task: asyncio.Task[object]) -> None:
        timer = self._draining.pop(task, None)
        if timer is not None:
            timer.cancel()

    def _retire(self, task: asyncio.Task[object], route: Route) -> None:
        self._stop_draining(task)
        route.retired.set()
        loop = task.get_loop()
        self._timers[task] = loop.call_later(self._grace_s, self._cut_off, task)

    def _cut_off(self, task: asyncio.Task[object]) -> None:
        self._timers[task] = None
        task.cancel()


def _every_route(_: Route) -> bool:
    return True


def _no_route(_: Route) -> bool:
    return False
