"""Settings of the Python interpreter for a long-lived server.

A garbage collection stops the process for about a millisecond per thousand objects.
Requests create few reference cycles. Building a generation creates many, and many
objects that live as long as the generation.
"""

import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager

# At the default of 700, a collection would run for every other request, without effect.
_GEN0_THRESHOLD = 50_000
# Planning runs in a thread. At the default of 5 ms, a request that returns to the event
# loop ten times during planning waits for 50 ms.
_SWITCH_INTERVAL_S = 0.0005


def freeze_heap() -> None:
    """Collect once, then exempt the remaining objects: configuration, plans, code.

    Called after start, and some time after generations were replaced. The objects that
    were exempt before are examined again, so that cycles among them are freed.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GEN0_THRESHOLD, 20, 20)


def freeze_own_heap() -> None:
    """Exempt the objects that were made since the fork, as `freeze_heap` does.

    The objects of the template are not examined. That would write to their memory,
    which is then no longer shared.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GEN0_THRESHOLD, 20, 20)


def pause_gc() -> None:
    """Pause the garbage collector while a generation is built, until `resume_gc`.

    Collections would examine objects that stay, while requests wait.
    """
    gc.disable()


def resume_gc() -> None:
    """Free the temporary objects of a build, exempt the others, and resume."""
    gc.collect(0)
    gc.freeze()
    gc.enable()


@contextmanager
def gc_paused() -> Generator[None]:
    """Pause the garbage collector during work that creates few reference cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def set_switch_interval() -> None:
    """Let threads release the interpreter ten times as often as by default."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
