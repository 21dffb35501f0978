"""Records of the logging module as lines of the same JSON log."""

import logging
import traceback

import orjson

from weir.gateway.clock import Clock
from weir.gateway.telemetry.json_log import Timestamps, WriteLine


class JsonLogHandler(logging.Handler):
    """A handler that writes records as lines, tracebacks included in one field."""

    def __init__(self, write: WriteLine, clock: Clock) -> None:
        super().__init__()
        self._write = write
        self._timestamps = Timestamps(clock)

    def emit(self, record: logging.LogRecord) -> None:
        line = {
            "ts": self._timestamps.text(),
            "level": record.levelname.lower(),
            "event": "log",
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = "".join(traceback.format_exception(record.exc_info[1]))
        self._write(orjson.dumps(line))
