"""Stopping with the parent: standard input ends when whoever holds its end dies."""

import os
import threading
from collections.abc import Callable

STDIN = 0


def call_when_parent_ends(act: Callable[[], object]) -> None:
    """Call `act`, in a thread of its own, when standard input ends."""
    threading.Thread(target=_wait_and_call, args=(act,), daemon=True).start()


def _wait_and_call(act: Callable[[], object]) -> None:
    # Read without a buffer: a buffer's lock would be held while the interpreter ends.
    while os.read(STDIN, 1024):
        pass
    act()
