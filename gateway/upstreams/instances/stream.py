"""Streams of one instance."""

from collections.abc import AsyncIterator

from typing_extensions import override

from weir.gateway.clock import Clock
from weir.gateway.transport.errors import UpstreamError
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.instances.instance import Instance
from weir.gateway.upstreams.instances.stream_meter import StreamMeter
from weir.gateway.upstreams.model.wrapped_stream import HeldStream


class InstanceStream(HeldStream):
    """A stream that is in flight at its instance until it is closed.

    A lost connection counts as a failure of the instance. A time without data does not,
    as some services send data rarely.
    """

    def __init__(
        self,
        stream: ResponseStream,
        instance: Instance,
        client: str,
        clock: Clock,
        meter: StreamMeter,
    ) -> None:
        super().__init__(stream, self._leave)
        instance.in_flight += 1
        self._instance = instance
        self._meter = meter
        self._client = client
        self._clock = clock

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                self._meter.count(0, len(part))
                yield part
        except UpstreamError as error:
            now_s = self._clock.monotonic_s()
            if error.unreached:
                self._instance.failed(self._client, error, 0.0, now_s)
            else:
                self._instance.record_failure(error.detail, now_s)
            raise

    @override
    def count(
        self, sent: int, received: int, frames_out: int = 0, frames_in: int = 0
    ) -> None:
        self._meter.count(sent, received, frames_out, frames_in)

    def _leave(self) -> None:
        self._instance.in_flight -= 1
        self._meter.report()
