"""The event loop of a process, which only the end of its main task ends.

asyncio stops the loop if any task or callback raises SystemExit or KeyboardInterrupt.
With Python code of users in the process, one request of a client would then end all
others: a resolver that calls `sys.exit()`, for example.
"""

import asyncio
import logging
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")
_LOG = logging.getLogger("weir.server")


def run_to_end(main: Coroutine[Any, Any, T]) -> T:
    """Return the result of `main`, which runs on an own event loop, or raise its error.

    The signal handlers of the process must not raise KeyboardInterrupt.
    """
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    loop = runner.get_loop()
    task = loop.create_task(main)
    try:
        while not task.done():
            with _continuing(task):
                loop.run_until_complete(task)
        return task.result()
    finally:
        # It cancels the tasks that are left, which may raise as well.
        with _continuing(task):
            runner.close()


@contextmanager
def _continuing(main: asyncio.Task[Any]) -> Generator[None]:
    """Log what ended the loop, unless it is an error of `main`."""
    try:
        yield
    except (SystemExit, KeyboardInterrupt) as error:
        if main.done() and error is _error_of(main):
            raise
        _LOG.exception("%s was raised outside the main task", type(error).__name__)
    except RuntimeError:
        # Also a call of loop.stop().
        if main.done() or main.get_loop().is_closed():
            raise
        _LOG.exception("The event loop was stopped")


def _error_of(task: asyncio.Task[Any]) -> BaseException | None:
    return None if task.cancelled() else task.exception()
