"""The distribution of events to the sinks that want their class."""

from collections.abc import Sequence

from weir.gateway.events import Event, EventSink


class FanOut:
    """One sink for several; `wants` of each sink is called once per class."""

    __slots__ = ("_by_type", "_sinks")

    def __init__(self, sinks: Sequence[EventSink]) -> None:
        self._sinks = tuple(sinks)
        self._by_type: dict[type[Event], tuple[EventSink, ...]] = {}

    def wants(self, event_type: type[Event]) -> bool:
        return bool(self._wanting(event_type))

    def emit(self, event: Event) -> None:
        event_type = type(event)
        wanting = self._by_type.get(event_type)
        for sink in self._wanting(event_type) if wanting is None else wanting:
            sink.emit(event)

    def _wanting(self, event_type: type[Event]) -> tuple[EventSink, ...]:
        if event_type not in self._by_type:
            self._by_type[event_type] = tuple(
                sink for sink in self._sinks if sink.wants(event_type)
            )
        return self._by_type[event_type]
