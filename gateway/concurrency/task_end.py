"""Whether a task is ended from outside, or by code of users that it runs."""

import asyncio


def is_ended(own_task: asyncio.Task[object] | None, error: BaseException) -> bool:
    """Return whether `own_task` is cancelled or abandoned, and no code raised `error`.

    An abandoned coroutine is closed by GeneratorExit, in no task or in one that is not
    its own.
    """
    if isinstance(error, GeneratorExit):
        return _current_task() is not own_task
    if isinstance(error, asyncio.CancelledError):
        return own_task is None or own_task.cancelling() > 0
    return False


def _current_task() -> asyncio.Task[object] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no running loop
        return None
