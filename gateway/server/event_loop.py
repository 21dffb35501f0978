"""The event loop of a process, which only the end of its main task ends.

asyncio stops the loop if any task or callback raises SystemExit or KeyboardInterrupt.
With Python code of users in the process, one request of a client would then end all
others: a resolver that calls `sys.exit()`, for example.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")
_LOG = logging.getLogger("weir.server")


def run_to_end(main: Coroutine[Any, Any, T]) -> T:
    """Return the result of `main`, which runs on an own event loop, or raise its error.

    The signal handlers of the process must not raise KeyboardInterrupt.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        loop = runner.get_loop()
        task = loop.create_task(main)
        while True:
            try:
                return loop.run_until_complete(task)
            except (SystemExit, KeyboardInterrupt) as error:
                if task.done():
                    raise
                _LOG.error(
                    "%s was raised outside the main task; the process continues",
                    type(error).__name__,
                    exc_info=error,
                )
