"""The bytes of streams are emitted while they pass, and the rest at the end."""

from tests.support.calls import DeafSink, RecordingSink
from tests.support.fake_clock import FakeClock
from weir.gateway.events import Event, StreamPassed
from weir.gateway.upstreams.instances.stream_meter import StreamMeter


def passed(bytes_out: int, bytes_in: int, *frames: int) -> Event:
    frames_out, frames_in = frames or (0, 0)
    return StreamPassed(
        upstream="files",
        bytes_out=bytes_out,
        bytes_in=bytes_in,
        frames_out=frames_out,
        frames_in=frames_in,
    )


def test_a_long_stream_is_counted_before_its_end() -> None:
    clock, sink = FakeClock(), RecordingSink()
    meter = StreamMeter("files", sink, clock)
    meter.count(1, 10)
    assert sink.events == []

    clock.advance(11.0)
    meter.count(2, 20)
    assert sink.events == [passed(3, 30)]

    meter.count(0, 5)
    meter.report()
    meter.report()
    assert sink.events == [passed(3, 30), passed(0, 5)]


def test_frames_are_counted_with_their_bytes() -> None:
    sink = RecordingSink()
    meter = StreamMeter("files", sink, FakeClock())
    meter.count(6, 0, 1, 0)
    meter.count(0, 30, 0, 3)
    meter.count(6, 0, 1, 0)
    meter.report()

    assert sink.events == [passed(12, 30, 2, 3)]


def test_no_event_is_built_that_no_sink_uses() -> None:
    meter = StreamMeter("files", DeafSink(), FakeClock())
    meter.count(1, 1)
    meter.report()
