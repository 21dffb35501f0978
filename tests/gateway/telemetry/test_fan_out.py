from weir.gateway.events import (
    ConfigRejected,
    Event,
    EventReceiver,
    GenerationChanged,
)
from weir.gateway.telemetry.fan_out import FanOut

REJECTED = ConfigRejected(reason="r", at_s=1)
CHANGED = GenerationChanged(before="a", after="b", at_s=2)


class OneKind:
    """A sink for one class, which counts how often its receiver is requested."""

    def __init__(self, kind: type[Event]) -> None:
        self.kind = kind
        self.asked = 0
        self.events: list[Event] = []

    def receiver(self, event_type: type[Event]) -> EventReceiver | None:
        self.asked += 1
        return self.emit if event_type is self.kind else None

    def emit(self, event: Event) -> None:
        self.events.append(event)


def test_each_sink_gets_the_classes_it_has_a_receiver_for() -> None:
    rejections, changes = OneKind(ConfigRejected), OneKind(GenerationChanged)
    sink = FanOut([rejections, changes])

    sink.emit(REJECTED)
    sink.emit(CHANGED)

    assert rejections.events == [REJECTED]
    assert changes.events == [CHANGED]


def test_all_sinks_with_a_receiver_for_a_class_get_its_events() -> None:
    sinks = [OneKind(ConfigRejected), OneKind(ConfigRejected)]
    receive = FanOut(sinks).receiver(ConfigRejected)
    assert receive is not None

    receive(REJECTED)

    assert [each.events for each in sinks] == [[REJECTED], [REJECTED]]


def test_a_receiver_is_requested_once_per_class() -> None:
    rejections = OneKind(ConfigRejected)
    sink = FanOut([rejections])

    for _ in range(3):
        sink.emit(REJECTED)
        assert sink.receiver(ConfigRejected)

    assert rejections.asked == 1


def test_a_class_that_no_sink_uses_has_no_receiver() -> None:
    assert FanOut([OneKind(ConfigRejected)]).receiver(GenerationChanged) is None
    assert FanOut([]).receiver(ConfigRejected) is None


def test_an_event_that_no_sink_uses_is_dropped() -> None:
    FanOut([OneKind(ConfigRejected)]).emit(CHANGED)
