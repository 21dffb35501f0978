"""The REST API of a façade, as far as its description needs it."""

from dataclasses import dataclass

from graphql import GraphQLSchema

from weir.bffs.facades.credentials import NO_CREDENTIALS, Credentials
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.stored.operation import StoredOperation


@dataclass(frozen=True, slots=True, kw_only=True)
class RestApi:
    """The stored operations of a façade, and the credentials that they need.

    The operations are valid for `schema`. `guarded` are the documents of operations
    with an access rule. `authenticated` is whether each request needs a credential.
    """

    name: str
    path: str
    schema: GraphQLSchema
    operations: tuple[StoredOperation, ...]
    guarded: frozenset[str] = frozenset()
    authenticated: bool = False
    credentials: Credentials = NO_CREDENTIALS

    def needs_credential(self, operation: StoredOperation) -> bool:
        """Return whether anonymous callers are rejected."""
        return self.authenticated or operation.text in self.guarded


def rest_api(facade: Facade) -> RestApi:
    """Return the REST API of a façade."""
    return RestApi(
        name=facade.name,
        path=facade.path,
        schema=facade.engine.schema,
        operations=tuple(stored for stored, _ in facade.stored),
        guarded=frozenset(facade.guards),
        authenticated=facade.authenticated,
        credentials=facade.credentials,
    )
