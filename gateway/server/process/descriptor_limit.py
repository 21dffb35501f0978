"""The limit of files and connections that the process may have open."""

import resource
from contextlib import suppress


def raise_descriptor_limit() -> None:
    """Let the process open as many as the system allows it.

    The soft limit is often 1,024, for programs that use `select`. A server without free
    descriptors accepts no connection, not even those of probes.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(ValueError, OSError):  # a system with a lower limit of its own
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
