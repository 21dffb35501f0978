"""The use of the machine by this process, and what is left of it."""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUsage:
    """This process; `cpu_s` is the CPU time since its start."""

    pid: int
    uptime_s: float
    cpu_s: float
    memory_bytes: int
    descriptors: int
    max_descriptors: int
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineUsage:
    """The machine, or the part of it that the kernel shows.

    `load` are the averages of 1, 5 and 15 minutes. The disk is that of the working
    directory.
    """

    cpus: int
    load: tuple[float, float, float]
    memory_bytes: int
    memory_available_bytes: int
    disk_bytes: int
    disk_free_bytes: int


@dataclass(frozen=True, slots=True)
class SystemUsage:
    """The process, and its machine."""

    process: ProcessUsage
    machine: MachineUsage


def system_usage(epoch_s: float) -> SystemUsage:
    """Return the numbers at a time; reading them takes some milliseconds."""
    return SystemUsage(_process(epoch_s), _machine())


def memory_bytes() -> int:
    """Return the memory of this process, with its part of what it shares (PSS).

    A system that does not count the parts returns all of it. It takes milliseconds.
    """
    memory = psutil.Process().memory_full_info()
    part: int = getattr(memory, "pss", memory.rss)
    return part


def _process(epoch_s: float) -> ProcessUsage:
    process = psutil.Process()
    with process.oneshot():
        times = process.cpu_times()
        return ProcessUsage(
            pid=process.pid,
            uptime_s=max(epoch_s - process.create_time(), 0.0),
            cpu_s=times.user + times.system,
            memory_bytes=process.memory_info().rss,
            descriptors=process.num_fds(),
            max_descriptors=process.rlimit(psutil.RLIMIT_NOFILE)[0],
            threads=process.num_threads(),
        )


def _machine() -> MachineUsage:
    memory, disk = psutil.virtual_memory(), psutil.disk_usage(str(Path.cwd()))
    return MachineUsage(
        cpus=os.cpu_count() or 1,
        load=psutil.getloadavg(),
        memory_bytes=memory.total,
        memory_available_bytes=memory.available,
        disk_bytes=disk.total,
        disk_free_bytes=disk.free,
    )
