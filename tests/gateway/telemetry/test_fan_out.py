from weir.gateway.events import ConfigRejected, Event, GenerationChanged
from weir.gateway.telemetry.fan_out import FanOut

REJECTED = ConfigRejected(reason="r", at_s=1)
CHANGED = GenerationChanged(before="a", after="b", at_s=2)


class OneKind:
    """Wants one class; counts how often it was asked."""

    def __init__(self, kind: type[Event]) -> None:
        self.kind = kind
        self.asked = 0
        self.events: list[Event] = []

    def wants(self, event_type: type[Event]) -> bool:
        self.asked += 1
        return event_type is self.kind

    def emit(self, event: Event) -> None:
        self.events.append(event)


def test_each_sink_gets_what_it_wants() -> None:
    rejections, changes = OneKind(ConfigRejected), OneKind(GenerationChanged)
    sink = FanOut([rejections, changes])

    sink.emit(REJECTED)
    sink.emit(CHANGED)

    assert rejections.events == [REJECTED]
    assert changes.events == [CHANGED]


def test_a_sink_is_asked_once_per_class() -> None:
    rejections = OneKind(ConfigRejected)
    sink = FanOut([rejections])

    for _ in range(3):
        sink.emit(REJECTED)
        assert sink.wants(ConfigRejected)

    assert rejections.asked == 1


def test_what_nobody_wants_is_not_wanted() -> None:
    assert not FanOut([OneKind(ConfigRejected)]).wants(GenerationChanged)
    assert not FanOut([]).wants(ConfigRejected)
