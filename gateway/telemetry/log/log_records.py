"""Records of the logging module as lines of the same JSON log."""

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.telemetry.log.json_log import (
    Encode,
    Timestamps,
    WriteLine,
    encoded,
)

_OWN_LOGGERS: Final = "weir."


ReadIds: TypeAlias = Callable[[], Mapping[str, str]]


def no_ids() -> Mapping[str, str]:
    """Return no ids, for records outside of traces."""
    return {}


class JsonLogHandler(logging.Handler):
    """A handler that writes records as lines, tracebacks included in one field.

    A line has the trace and the span of its record, or else those of `current_ids`.
    """

    def __init__(
        self,
        write: WriteLine,
        clock: Clock,
        current_ids: ReadIds = no_ids,
        encode: Encode = encoded,
    ) -> None:
        super().__init__()
        self._write = write
        self._encode = encode
        self._timestamps = Timestamps(clock)
        self._current_ids = current_ids

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._write(self._line(record))
        except Exception:  # noqa: BLE001 - a handler must not raise to what logs
            self.handleError(record)

    def attach(self) -> None:
        """Handle all records, also after other code has configured logging.

        `logging.config.dictConfig` disables all loggers that it does not name.
        """
        root = logging.getLogger()
        if self not in root.handlers:
            root.addHandler(self)
        # A copy, because other threads may add loggers.
        for name in tuple(root.manager.loggerDict):
            if name.startswith(_OWN_LOGGERS):
                logging.getLogger(name).disabled = False

    def _ids(self, record: logging.LogRecord) -> Mapping[str, str]:
        given = vars(record)
        if "trace_id" in given and "span_id" in given:
            return {name: str(given[name]) for name in ("trace_id", "span_id")}
        return self._current_ids()

    def _line(self, record: logging.LogRecord) -> bytes:
        line = {
            "ts": self._timestamps.text(),
            "level": record.levelname.lower(),
            "event": "log",
            "logger": record.name,
            "message": record.getMessage(),
            **self._ids(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = "".join(traceback.format_exception(record.exc_info[1]))
        return self._encode(line)
