"""The REST API of a façade, as far as its description needs it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import GraphQLSchema

from weir.bffs.facades.credentials import NO_CREDENTIALS, Credentials
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.openapi.releases import Release
from weir.bffs.facades.rest.omitted_nulls import NullRule
from weir.bffs.facades.stored.operation import StoredOperation


@dataclass(frozen=True, slots=True, kw_only=True)
class RestApi:
    """The stored operations of a version of a façade, and their credentials.

    The operations are valid for `schema`. `guarded` are the documents of operations
    with an access rule. `servers` are the addresses of the API, the preferred one
    first. `authenticated` is whether each request needs a credential.
    `nulls` decides which members its responses omit, None if they have all.
    `releases` are former descriptions, the first one first.
    """

    name: str
    path: str
    servers: tuple[str, ...]
    schema: GraphQLSchema
    operations: tuple[StoredOperation, ...]
    guarded: frozenset[str] = frozenset()
    authenticated: bool = False
    credentials: Credentials = NO_CREDENTIALS
    nulls: NullRule | None = None
    releases: tuple[Release, ...] = ()

    def needs_credential(self, operation: StoredOperation) -> bool:
        """Return whether anonymous callers are rejected."""
        return self.authenticated or operation.text in self.guarded


def rest_apis(facade: Facade) -> Mapping[str, RestApi]:
    """Return the REST APIs of a façade by version; without versions, that of ""."""
    versions = dict.fromkeys(each.version for each, _ in facade.stored)
    named = [each for each in versions if each] or [""]
    return {version: _rest_api(facade, version) for version in named}


def _rest_api(facade: Facade, version: str) -> RestApi:
    return RestApi(
        name=f"{facade.name} {version}".strip(),
        path=api_path(facade, version),
        servers=tuple(_servers(facade, version)),
        schema=facade.engine.schema,
        operations=tuple(
            stored for stored, _ in facade.stored if stored.version == version
        ),
        guarded=frozenset(facade.guards),
        authenticated=facade.authenticated,
        credentials=facade.credentials,
        nulls=facade.nulls,
        releases=facade.releases.get(version, ()),
    )


def _servers(facade: Facade, version: str) -> Iterator[str]:
    """Yield the addresses of a version: on hosts of the façade, and on all others."""
    below = f"/{version}" if version else ""
    # RFC 3986 §4.2: a network-path reference, as the scheme is that of the gateway.
    named = (each for each in facade.hosts if not each.startswith("*."))
    yield from (f"//{host}{below}" for host in named)
    yield api_path(facade, version) or "/"


def api_path(facade: Facade, version: str) -> str:
    """Return the path of a version of a façade; "" is that without versions."""
    return f"{facade.path}/{version}" if version else facade.path
