"""The end of a process that does not end by itself.

A thread that never returns, a callback in an endless loop or a store that does not
close would let the process live on after SIGTERM, until an orchestrator kills it. So a
thread of its own ends the process at a deadline, whatever else is stuck.
"""

import faulthandler
import os
import sys
from threading import Timer
from typing import Final

EXIT_FORCED: Final = 1
AT_ONCE_S: Final = 1.0
"""Time to end after a second signal."""


def exit_within(seconds: float) -> None:
    """End the process after this time, if it has not ended by then.

    The stacks of all threads go to standard error, so that the log shows what was
    stuck.
    """
    timer = Timer(seconds, _exit)
    timer.daemon = True
    timer.name = "weir-forced-exit"
    timer.start()


def _exit() -> None:
    sys.stderr.write("weir: the process does not end by itself. Its threads are at:\n")
    sys.stderr.flush()
    faulthandler.dump_traceback()
    os._exit(EXIT_FORCED)
