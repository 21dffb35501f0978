"""The document of a request: sent by the client, persisted before, or stored."""

from collections.abc import Mapping
from typing import Final

from weir.bffs.facades.errors import (
    PersistedQueryHashMismatch,
    PersistedQueryIdRequired,
    PersistedQueryNotFound,
    PersistedQueryNotInList,
    PersistedQueryNotSupported,
    QueryNotInSafelist,
)
from weir.bffs.facades.facade import Facade, OperationAccess
from weir.bffs.facades.graphql.protocol import GraphQLRequest
from weir.bffs.facades.persisted_queries import document_hash
from weir.resolvers.engine.known_operation import Prepared


class Documents:
    """The documents that clients of a façade may use.

    `stored` are the operations of the façade by document: each document has one.
    `names` are their names, after those of their versions. The ids of an operation are
    its own, and the SHA-256 of its document.
    """

    __slots__ = ("_by_id", "_facade", "_takes_any", "names", "stored")

    def __init__(self, facade: Facade) -> None:
        self._facade = facade
        self._takes_any = facade.operation_access not in {
            OperationAccess.STORED_ONLY,
            OperationAccess.SAFELIST,
        }
        self.stored: Final[Mapping[str, Prepared]] = {
            each.text: prepared for each, prepared in facade.stored
        }
        self.names: Final[Mapping[str, str]] = {
            each.text: each.qualified_name for each, _ in facade.stored
        }
        self._by_id: Final[Mapping[str, str]] = {
            identifier: each.text
            for each, _ in facade.stored
            for identifier in (*each.ids, document_hash(each.text))
        }

    def find(self, graphql: GraphQLRequest) -> str | None:
        """Return the document of a request; None for a hash that is not known here.

        Raises PersistedQueryNotInList, PersistedQueryNotSupported,
        PersistedQueryHashMismatch, QueryNotInSafelist or PersistedQueryIdRequired.
        """
        if graphql.document_id:
            return self._stored(graphql.document_id)
        if not graphql.query:
            return self._persisted(graphql.sha256_hash)
        if graphql.sha256_hash and self._facade.persisted is not None:
            _compare(graphql.sha256_hash, graphql.query)
        return graphql.query if self._takes_any else self._permitted(graphql.query)

    async def fetch(self, sha256_hash: str) -> str:
        """Return the document of a hash that other gateways may know.

        Raises PersistedQueryNotFound or QueryNotInSafelist.
        """
        persisted = self._facade.persisted
        text = await persisted.fetch(sha256_hash) if persisted else None
        if text is None:
            raise PersistedQueryNotFound
        return self._permitted(text)

    def persist(self, graphql: GraphQLRequest) -> None:
        """Store the document of a valid request that has its hash, if it is not yet."""
        persisted = self._facade.persisted
        if persisted is not None and graphql.query:
            persisted.add(graphql.sha256_hash, graphql.query)

    def _stored(self, identifier: str) -> str:
        found = self._by_id.get(identifier.removeprefix("sha256:"))
        if found is None:
            raise PersistedQueryNotInList
        return found

    def _persisted(self, sha256_hash: str) -> str | None:
        facade = self._facade
        if (found := self._by_id.get(sha256_hash)) is not None:
            return found
        if facade.operation_access is OperationAccess.STORED_ONLY:
            raise PersistedQueryNotInList
        if facade.persisted is None:
            raise PersistedQueryNotSupported
        text = facade.persisted.get(sha256_hash)
        return None if text is None else self._permitted(text)

    def _permitted(self, text: str) -> str:
        """Return the document if clients may send it."""
        access = self._facade.operation_access
        if access is OperationAccess.STORED_ONLY:
            raise PersistedQueryIdRequired
        if access is OperationAccess.SAFELIST and text not in self.stored:
            raise QueryNotInSafelist
        return text


def _compare(sha256_hash: str, document: str) -> None:
    if document_hash(document) != sha256_hash:
        raise PersistedQueryHashMismatch
