"""The template process: one thread, no event loop, no connections. It forks workers.

    exec -> imports -> reads its state from standard input -> prepares it, freezes the
    heap -> forks a worker for each command

A fork copies only the thread that calls it, so that the locks of other threads would
stay locked for ever in the worker. The memory of the template is shared with its
workers until one of them writes to it. The template ends with its supervisor.
"""

import gc
import os
import pickle
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final, NoReturn, TypeAlias

import psutil

from weir.gateway.server.workers.channel import LENGTH

_IGNORED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The supervisor gets these signals, and ends the other processes."""


@dataclass(frozen=True, slots=True)
class Fork:
    """The command to fork a worker, sent with the two sockets of `WorkerSockets`."""

    slot: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """The template can fork workers."""


@dataclass(frozen=True, slots=True)
class Forked:
    """A worker runs as `pid`."""

    pid: int


@dataclass(frozen=True, slots=True)
class WorkerEnded:
    """A worker has ended; `exit_code` is negative for a signal."""

    pid: int
    exit_code: int


@dataclass(frozen=True, slots=True)
class NotForked:
    """A fork is not possible, for a reason."""

    reason: str


Report: TypeAlias = Prepared | Forked | WorkerEnded | NotForked
"""A message of the template to its supervisor."""


@dataclass(frozen=True, slots=True)
class WorkerSockets:
    """The sockets of a worker: its end of the channel, and the one that listens."""

    supervisor: socket.socket
    listening: socket.socket

    def close(self) -> None:
        self.supervisor.close()
        self.listening.close()


RunWorker: TypeAlias = Callable[[int, WorkerSockets], int]
"""Runs a worker in a slot, over its sockets; returns its exit code."""


def run_template(
    commands: socket.socket, prepare: Callable[[Any], RunWorker]
) -> NoReturn:
    """Prepare the state of standard input, and fork workers until the supervisor ends.

    The process ends without a return, also in the workers.
    """
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    content = sys.stdin.buffer.read()
    if not content:
        os._exit(0)  # the supervisor has ended before it had a state
    run_worker = prepare(pickle.loads(content))  # noqa: S301 - of our own supervisor
    gc.collect()
    gc.freeze()
    _send(commands, Prepared())
    _Forks(commands, run_worker).run()
    os._exit(0)


def thread_count() -> int:
    """Return the number of threads of this process, those of libraries included."""
    return psutil.Process().num_threads()


class _Forks:
    def __init__(self, commands: socket.socket, run_worker: RunWorker) -> None:
        self._commands = commands
        self._run_worker = run_worker
        self._woken, wake = socket.socketpair()
        self._wake = wake
        for each in (self._woken, wake):
            each.setblocking(False)  # noqa: FBT003 - its signature
        signal.signal(signal.SIGCHLD, _wake_only)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)

    def run(self) -> None:
        """Follow the commands until the supervisor has ended."""
        while True:
            ready, _, _ = select.select([self._commands, self._woken], [], [])
            if self._woken in ready:
                with suppress(BlockingIOError):
                    self._woken.recv(4096)
                self._report_ended()
            if self._commands in ready:
                received = _receive_fork(self._commands)
                if received is None:
                    return
                self._fork(*received)

    def _fork(self, slot: int, sockets: WorkerSockets) -> None:
        threads = thread_count()
        if threads != 1:
            reason = f"the template has {threads} threads, and can only fork with one"
            _send(self._commands, NotForked(reason))
            sockets.close()
            return
        pid = os.fork()
        if pid == 0:
            self._become_worker(slot, sockets)
        sockets.close()
        _send(self._commands, Forked(pid))

    def _become_worker(self, slot: int, sockets: WorkerSockets) -> NoReturn:
        """Run the worker in the new process, which must not return into this loop."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (self._commands, self._woken, self._wake):
                each.close()
            code = self._run_worker(slot, sockets)
        except BaseException:  # noqa: BLE001 - the edge of a process
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _report_ended(self) -> None:
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                code = os.waitstatus_to_exitcode(status)
                _send(self._commands, WorkerEnded(pid, code))


def _wake_only(number: int, frame: FrameType | None) -> None:
    """Handle a signal by waking the loop; an ignored one would not."""
    del number, frame


def _send(commands: socket.socket, report: Report) -> None:
    content = pickle.dumps(report)
    with suppress(OSError):  # the supervisor has ended, which the next read shows
        commands.sendall(LENGTH.pack(len(content)) + content)


def _receive_fork(commands: socket.socket) -> tuple[int, WorkerSockets] | None:
    """Return the slot of a command and the sockets sent with it; None at the end."""
    try:
        head, files, _, _ = socket.recv_fds(commands, LENGTH.size, 2)
        if not head:
            return None
        while len(head) < LENGTH.size:
            head += commands.recv(LENGTH.size - len(head))
        (size,) = LENGTH.unpack(head)
        content = commands.recv(size, socket.MSG_WAITALL)
    except OSError:
        return None
    command: Fork = pickle.loads(content)  # noqa: S301 - of our own supervisor
    supervisor, listening = (socket.socket(fileno=each) for each in files)
    return command.slot, WorkerSockets(supervisor, listening)
