"""The report of operations that clients run and that are not stored."""

from typing import Final

from weir.bffs.facades.persisted_queries import document_hash
from weir.gateway.clients.application import ClientApplication
from weir.gateway.context import RequestContext
from weir.gateway.events import UnknownOperation
from weir.resolvers.lru_cache import LruCache

_REMEMBERED: Final = 1000


class UnknownOperations:
    """Emits an event for each distinct document of an application."""

    def __init__(self) -> None:
        self._reported = LruCache[tuple[str, ClientApplication], bool](_REMEMBERED)

    def report(self, document: str, operation: str, context: RequestContext) -> None:
        """Report a valid document that is not stored, unless it has been reported."""
        sha256_hash = document_hash(document)
        use = sha256_hash, context.application
        if self._reported.get(use):
            return
        self._reported.put(use, value=True)
        context.sink.emit(
            UnknownOperation(
                request_id=context.request_id,
                trace=context.trace,
                client_type=context.client_type,
                operation=operation,
                sha256_hash=sha256_hash,
                client_address=context.client_address,
                client_name=context.application.name,
                client_version=context.application.version,
            )
        )
