"""The CPUs that the process may use, in a container as well."""

import os
from contextlib import suppress
from math import ceil
from pathlib import Path
from typing import Final

_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")


def available_cpus(quota_file: Path = _QUOTA) -> int:
    """Return the number of CPUs, at least 1, within the affinity and the quota.

    The quota of a container is that of cgroup v2, rounded up. The functions of the
    standard library do not see it, and return the CPUs of the machine.
    """
    try:
        cpus = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no affinity
        cpus = os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, _, period = quota_file.read_text().partition(" ")
        cpus = min(cpus, ceil(int(quota) / int(period)))
    return max(cpus, 1)
