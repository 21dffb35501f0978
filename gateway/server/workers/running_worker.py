"""A worker as its supervisor sees it."""

import asyncio
import os
import signal
import socket
from contextlib import suppress
from typing import Final, Literal, TypeAlias

from weir.gateway.server.workers.channel import CallFailed, Channel, ChannelClosed
from weir.gateway.server.workers.template import WorkerSockets
from weir.gateway.server.workers.template_process import TemplateProcess
from weir.gateway.server.workers.worker import Leave, Stop, Stopped

WorkerPhase: TypeAlias = Literal["starting", "serving", "leaving"]

_ABORT_S: Final = 2.0


class RunningWorker:
    """A process that serves, and the channel to it.

    `is_ready` is whether it serves. `leaving` is set when it has to be replaced, or has
    ended. `is_hung` is set once its event loop has not run for too long.
    """

    def __init__(
        self, slot: int, pid: int, channel: Channel, template: TemplateProcess
    ) -> None:
        self.slot: Final = slot
        self.pid: Final = pid
        self.channel: Final = channel
        self.ended: Final = channel.closed
        self.is_ready = False
        self.is_hung = False
        self.leaving = asyncio.Event()
        self._template = template

    @property
    def state(self) -> WorkerPhase:
        """Whether it starts, serves, or finishes what it has begun."""
        if self.leaving.is_set():
            return "leaving"
        return "serving" if self.is_ready else "starting"

    @classmethod
    async def fork(
        cls, template: TemplateProcess, slot: int, listening: socket.socket
    ) -> "RunningWorker":
        """Return a new worker; raise TemplateFailed."""
        own, other = socket.socketpair()
        with other:
            own.setblocking(False)  # noqa: FBT003 - its signature
            try:
                pid = await template.fork(slot, WorkerSockets(other, listening))
            except BaseException:
                own.close()
                raise
        return cls(slot, pid, await Channel.over(own), template)

    async def exit_code(self) -> int | None:
        """Return the exit code after the end, or None if it is not known."""
        return await self._template.exit_code(self.pid)

    def kill(self, number: signal.Signals) -> None:
        """Send a signal, if the worker has not ended."""
        if not self.ended.is_set():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def abort(self) -> None:
        """End it although it does not respond; it writes the stacks of its threads."""
        self.kill(signal.SIGABRT)
        try:
            async with asyncio.timeout(_ABORT_S):
                await self.ended.wait()
        except TimeoutError:
            self.kill(signal.SIGKILL)

    async def leave(self, within_s: float) -> None:
        """Let it finish while others accept, for a time."""
        self.is_ready = False
        self.leaving.set()
        with suppress(ChannelClosed, CallFailed, TimeoutError):
            async with asyncio.timeout(within_s + _ABORT_S):
                await self.channel.call(Leave(within_s))

    async def stop(self, grace_s: float, within_s: float) -> Stopped | None:
        """Stop it; return None if it had to be killed, or had ended."""
        self.is_ready = False
        self.leaving.set()
        try:
            async with asyncio.timeout(within_s):
                stopped: Stopped = await self.channel.call(Stop(grace_s))
                self.channel.finish()
                await self.ended.wait()
        except (ChannelClosed, CallFailed, TimeoutError):
            self.kill(signal.SIGKILL)
            await self.ended.wait()
            return None
        return stopped
