"""Stop with the parent process: standard input ends when the parent dies."""

import os
import threading
from collections.abc import Callable

STDIN = 0


def call_when_parent_ends(act: Callable[[], object]) -> None:
    """Call `act` in a separate thread when standard input ends."""
    threading.Thread(target=_wait_and_call, args=(act,), daemon=True).start()


def _wait_and_call(act: Callable[[], object]) -> None:
    # Without a buffer, whose lock would be held while the interpreter exits.
    while os.read(STDIN, 1024):
        pass
    act()
