"""The garbage collector, told what a long-lived server knows about its heap."""

import gc

# Requests make few cycles and many objects: at the default of 700 the collector runs
# every other request and finds nothing.
_GEN0_THRESHOLD = 50_000


def settle_heap() -> None:
    """Collect once, then exempt what is left: configuration, plans, code.

    Called after start, and again when a generation has been replaced and closed: what
    was frozen with it is thawed first, so that its cycles can be freed.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GEN0_THRESHOLD, 20, 20)
