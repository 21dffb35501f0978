"""Unexpected exceptions as events of Sentry.

Weir logs each unexpected exception, its own and those of resolvers, so that a handler
of the logging module has all of them. The SDK sends events from a thread of its own
with a bounded queue, so that a Sentry that is slow or down delays no request. It is
used as a client alone: its integrations would change code of others.
"""

import logging
import os
from time import monotonic
from typing import Any, Final

from sentry_sdk import Client
from sentry_sdk.utils import event_from_exception

from weir import __version__
from weir.gateway.masking import without_secrets

_LOGGERS: Final = ("weir.", "asyncio")
"""Exceptions that these log are unexpected; other code handles its own."""
_MOST_A_SECOND: Final = 5
"""An event takes milliseconds to make, in which requests wait."""
_FLUSH_S: Final = 1.0
_MAX_TEXT: Final = 1024


class SentryReports(logging.Handler):
    """A handler that reports exceptions to the project of `dsn`.

    `SENTRY_RELEASE` and `SENTRY_ENVIRONMENT` name the release and the environment.
    """

    def __init__(self, dsn: str) -> None:
        super().__init__(logging.ERROR)
        self._client = Client(
            dsn=dsn,
            release=os.environ.get("SENTRY_RELEASE") or f"weir@{__version__}",
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            enable_backpressure_handling=False,
            include_local_variables=False,
            include_source_context=False,  # code may have secrets
            max_breadcrumbs=0,
            send_client_reports=False,
            spotlight=False,
        )
        self._since_s = 0.0
        self._since = 0
        self._reported = self._dropped = 0

    def counts(self) -> list[tuple[tuple[str], int]]:
        """Return the number of exceptions by outcome, for the metrics."""
        return [(("reported",), self._reported), (("dropped",), self._dropped)]

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is None or not record.name.startswith(_LOGGERS):
            return
        try:
            is_reported = self._has_room() and self._capture(record, error)
        except Exception:  # noqa: BLE001 - a handler must not raise to what logs
            is_reported = False
        self._reported += is_reported
        self._dropped += not is_reported

    def shut_down(self) -> None:
        """Send what is queued, for a second at most. It blocks."""
        self._client.close(timeout=_FLUSH_S)

    def _has_room(self) -> bool:
        now_s = monotonic()
        if now_s - self._since_s >= 1:
            self._since_s, self._since = now_s, 0
        self._since += 1
        return self._since <= _MOST_A_SECOND

    def _capture(self, record: logging.LogRecord, error: BaseException) -> bool:
        event, hint = event_from_exception(
            error,
            client_options=self._client.options,
            mechanism={"type": "weir", "handled": True},
        )
        for exception in event.get("exception", {}).get("values", ()):
            exception["value"] = scrubbed(str(exception["value"]))
        event["logger"] = record.name
        event["logentry"] = {"formatted": scrubbed(record.getMessage())}
        trace = _trace(record)
        if trace:
            event["contexts"] = {"trace": trace}
        return self._client.capture_event(event, hint) is not None


def scrubbed(text: str) -> str:
    """Return a text without secrets, and not too long."""
    return without_secrets(text if len(text) <= _MAX_TEXT else _cut(text))


def _cut(text: str) -> str:
    """Return the beginning up to a space: the start of a secret is not recognised."""
    words = text[:_MAX_TEXT].rsplit(maxsplit=1)
    return words[0] if len(words) > 1 else ""


def _trace(record: logging.LogRecord) -> dict[str, Any]:
    given = vars(record)
    return {name: given[name] for name in ("trace_id", "span_id") if name in given}
