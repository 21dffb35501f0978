"""The distribution of events to the sinks that want their class."""

from collections.abc import Sequence

from weir.gateway.events import Event, EventSink


class FanOut:
    """One sink for several; `wants` of each sink is called once per class."""

    __slots__ = ("_by_type",)

    def __init__(self, sinks: Sequence[EventSink]) -> None:
        self._by_type = _Wanting(sinks)

    def wants(self, event_type: type[Event]) -> bool:
        return bool(self._by_type[event_type])

    def emit(self, event: Event) -> None:
        for sink in self._by_type[type(event)]:
            sink.emit(event)


class _Wanting(dict[type[Event], tuple[EventSink, ...]]):
    """The sinks that want a class of events, found when the class is first used."""

    def __init__(self, sinks: Sequence[EventSink]) -> None:
        super().__init__()
        self._sinks = tuple(sinks)

    def __missing__(self, event_type: type[Event]) -> tuple[EventSink, ...]:
        wanting = tuple(sink for sink in self._sinks if sink.wants(event_type))
        self[event_type] = wanting
        return wanting
