"""The garbage collector, adapted to the heap of a long-lived server.

A collection stops everything, for about a millisecond per thousand objects. Requests
make few cycles; building a generation makes many, and many objects that stay.
"""

import gc

# Requests make few cycles and many objects: at the default of 700 the collector runs
# every other request and finds nothing.
_GEN0_THRESHOLD = 50_000


def settle_heap() -> None:
    """Collect once, then exempt what is left: configuration, plans, code.

    Called after start, and again some time after generations were replaced: objects
    that were exempt with them are examined again, so that their cycles can be freed.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GEN0_THRESHOLD, 20, 20)


def hold_collections() -> None:
    """Let a generation be built without collections, until `settle_growth`.

    They would walk, again and again, over what is there to stay, while requests wait.
    """
    gc.disable()


def settle_growth() -> None:
    """Free what building has left over, and exempt what it has built."""
    gc.collect(0)
    gc.freeze()
    gc.enable()
