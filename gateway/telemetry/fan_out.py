"""The distribution of events to the sinks that use their class."""

from collections.abc import Sequence

from weir.gateway.events import Event, EventReceiver, EventSink


class FanOut:
    """One sink for several, whose receivers are found when a class is first used.

    An event that no sink uses is dropped.
    """

    __slots__ = ("_receivers", "receiver")

    def __init__(self, sinks: Sequence[EventSink]) -> None:
        self._receivers = _Receivers(sinks)
        # The lookup itself: it is done several times for each request.
        self.receiver = self._receivers.__getitem__

    def add(self, sink: EventSink) -> None:
        """Let one more sink have the events, before their receivers are taken."""
        self._receivers.add(sink)

    def emit(self, event: Event) -> None:
        receive = self.receiver(type(event))
        if receive is not None:
            receive(event)


class _Receivers(dict[type[Event], EventReceiver | None]):
    """The receiver of each class of events, found when it is first looked up."""

    def __init__(self, sinks: Sequence[EventSink]) -> None:
        super().__init__()
        self._sinks = tuple(sinks)

    def __missing__(self, event_type: type[Event]) -> EventReceiver | None:
        found = [sink.receiver(event_type) for sink in self._sinks]
        joined = self[event_type] = _joined([each for each in found if each])
        return joined

    def add(self, sink: EventSink) -> None:
        self._sinks = (*self._sinks, sink)
        self.clear()


def _joined(receivers: Sequence[EventReceiver]) -> EventReceiver | None:
    if len(receivers) <= 1:
        return receivers[0] if receivers else None

    def receive(event: Event) -> None:
        for each in receivers:
            each(event)

    return receive
