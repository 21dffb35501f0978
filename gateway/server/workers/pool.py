"""The workers that exist, and the template from which further ones are forked.

The state of a worker is a message that it gets: with its template, or later as a call.
When the state changes, the running workers get the new one. The template has the old
one, so that it ends, and the next worker is forked from a new template.
"""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterable
from typing import Any, Final

from weir.gateway.server.workers.board import Board
from weir.gateway.server.workers.channel import CallFailed, ChannelClosed, Packed
from weir.gateway.server.workers.running_worker import RunningWorker
from weir.gateway.server.workers.template_process import TemplateProcess
from weir.gateway.server.workers.worker import Start

_REPLY_S: Final = 2.0


class WorkerPool:
    """The workers of one supervisor; `running` are those that have not ended.

    `template` is the module of the template. A new worker gets the `first` messages.
    """

    def __init__(
        self, template: str, board: Board, first: Callable[[], Iterable[object]]
    ) -> None:
        self._first = first
        self._module = template
        self._board = board
        self._state = self._template_state = b""
        self._free = asyncio.Queue[int]()
        for slot in range(board.slots):
            self._free.put_nowait(slot)
        self._template: TemplateProcess | None = None
        self._unprepared: TemplateProcess | None = None
        self._starting_template = asyncio.Lock()
        self._following: set[asyncio.Task[None]] = set()
        self.running: set[RunningWorker] = set()

    @property
    def ready(self) -> tuple[RunningWorker, ...]:
        """The workers that serve, in the order of their start."""
        return tuple(each for each in self.running if each.is_ready)

    async def begin_template(self) -> None:
        """Let the first template import its modules, before there is a state."""
        async with self._starting_template:
            self._unprepared = await self._new_process()

    async def start(self, listening: socket.socket) -> RunningWorker:
        """Return a new worker that serves.

        Raise TemplateFailed, and ChannelClosed or CallFailed if it cannot serve.
        """
        template, state = await self._prepared_template()
        slot = await self._free.get()
        self._board.clear(slot)
        try:
            worker = await RunningWorker.fork(template, slot, listening)
        except BaseException:
            self._free.put_nowait(slot)
            raise
        self.running.add(worker)
        following = asyncio.create_task(self._follow(worker))
        self._following.add(following)
        following.add_done_callback(self._following.discard)
        try:
            await worker.channel.call(Start())
            while state is not self._state:
                state = self._state
                await worker.channel.call(Packed(state))
        except BaseException:
            worker.kill(signal.SIGKILL)
            raise
        # Nothing is awaited here, so that no later message is missed.
        for message in self._first():
            worker.channel.send(message)
        worker.is_ready = True
        return worker

    async def set_state(self, state: object) -> list[tuple[RunningWorker, CallFailed]]:
        """Let all workers have a new state; return those that cannot use it."""
        packed = Packed.of(state)
        self._state = packed.content
        await self.renew_template()
        ready = self.ready
        replies = await asyncio.gather(
            *(each.channel.call(packed) for each in ready),
            return_exceptions=True,
        )
        return [
            (worker, reply)
            for worker, reply in zip(ready, replies, strict=True)
            if isinstance(reply, CallFailed)
        ]

    async def call(self, message: object) -> list[Any]:
        """Return the replies to a message of all workers that serve.

        A worker that is busy for longer than a moment gets the message too, but its
        reply is not waited for. Raise CallFailed.
        """
        packed = Packed.of(message)
        calls = [asyncio.create_task(each.channel.call(packed)) for each in self.ready]
        if not calls:
            return []
        done, late = await asyncio.wait(calls, timeout=_REPLY_S)
        for each in late:
            each.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        ended = [each for each in done if isinstance(each.exception(), ChannelClosed)]
        return [each.result() for each in calls if each in done and each not in ended]

    def send(self, message: object) -> None:
        """Send a message to all workers that serve, without a reply."""
        packed = Packed.of(message)
        for worker in self.ready:
            worker.channel.send(packed)

    async def renew_template(self) -> None:
        """End the template; the next worker is forked from a new one."""
        async with self._starting_template:
            template, self._template = self._template, None
        if template is not None:
            await template.close()

    async def close(self) -> None:
        """End the templates; the workers are stopped one by one."""
        await self.renew_template()
        if self._unprepared is not None:
            await self._unprepared.close()

    async def _prepared_template(self) -> tuple[TemplateProcess, bytes]:
        """Return a template, and the state that it has."""
        async with self._starting_template:
            if self._template is None or self._template.has_ended:
                self._template = await self._new_template()
            return self._template, self._template_state

    async def _new_template(self) -> TemplateProcess:
        template, self._unprepared = self._unprepared, None
        template = template or await self._new_process()
        self._template_state = self._state
        try:
            await template.prepare(self._template_state)
        except BaseException:
            await template.close()
            raise
        return template

    async def _new_process(self) -> TemplateProcess:
        return await TemplateProcess.start(self._module, (self._board.file,))

    async def _follow(self, worker: RunningWorker) -> None:
        await worker.ended.wait()
        worker.is_ready = False
        worker.leaving.set()
        worker.channel.close()
        self.running.discard(worker)
        self._board.clear(worker.slot)
        self._free.put_nowait(worker.slot)
