"""The distribution of events to the sinks that use their class."""

from collections.abc import Sequence

from weir.gateway.events import Event, EventReceiver, EventSink


class FanOut:
    """One sink for several, whose receivers are found when a class is first used.

    An event that no sink uses is dropped.
    """

    __slots__ = ("_receivers", "_sinks")

    def __init__(self, sinks: Sequence[EventSink]) -> None:
        self._sinks = tuple(sinks)
        self._receivers: dict[type[Event], EventReceiver | None] = {}

    def receiver(self, event_type: type[Event]) -> EventReceiver | None:
        if event_type not in self._receivers:
            found = [sink.receiver(event_type) for sink in self._sinks]
            self._receivers[event_type] = _joined([each for each in found if each])
        return self._receivers[event_type]

    def add(self, sink: EventSink) -> None:
        """Let one more sink have the events, before their receivers are taken."""
        self._sinks = (*self._sinks, sink)
        self._receivers.clear()

    def emit(self, event: Event) -> None:
        receive = self.receiver(type(event))
        if receive is not None:
            receive(event)


def _joined(receivers: Sequence[EventReceiver]) -> EventReceiver | None:
    if len(receivers) <= 1:
        return receivers[0] if receivers else None

    def receive(event: Event) -> None:
        for each in receivers:
            each(event)

    return receive
