"""The model of weir.yaml. Its descriptions are the configuration reference."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from bffs.config.place import DataPath
from bffs.config.scalars import Count, Delay, Duration, Port, Size
from bffs.config.section import Section
from bffs.config.texts import (
    FacadePath,
    FileName,
    HeaderName,
    KeyPrefix,
    ListenAddress,
    ListenHost,
    Name,
    ObjectReference,
    RequestPath,
)
from bffs.config.upstream import Balancing, HashOn, Upstream
from bffs.config.urls import RedisUrl
from gateway.edge.client_address import networks
from gateway.edge.forwarding import ForwardingPolicy, NotForwardable

Mode = Literal["production", "development"]


def _as_default(value: Any) -> Any:
    return {"default": value} if isinstance(value, str | int | float) else value


def _network(value: str) -> str:
    try:
        networks((value,))
    except ValueError as error:
        message = 'expected an address or a network such as "10.0.0.0/8"'
        raise ValueError(message) from error
    return value


def _forwardable(value: str) -> str:
    try:
        ForwardingPolicy((value,))
    except NotForwardable as error:
        message = "this header field cannot be forwarded from clients"
        raise ValueError(message) from error
    return value


class Subgraph(Section):
    """A part of the graph: a GraphQL upstream, or Python code in this process."""

    upstream: Name | None = None
    """Name of the upstream that serves it."""
    path: RequestPath = "/graphql"
    """Path of its GraphQL endpoint."""
    sdl: FileName | None = None
    """File with its SDL; without it the service is asked (`_service { sdl }`)."""
    balancing: Balancing | None = None
    """How an instance is picked for its calls, in place of the upstream's way."""
    hash_on: HashOn | None = None
    """What `consistent_hash` goes by for its calls, in place of the upstream's."""
    python: ObjectReference | None = None
    """A Strawberry schema in this process, as `package.module:name`."""


class Contract(Section):
    """What of the graph a façade shows, by the tags of its elements."""

    include: list[str] = []
    """Show only what has one of these tags; empty shows all."""
    exclude: list[str] = []
    """Hide what has one of these tags."""


class ArgumentRule(Section):
    """What a device asks for where the client does not say, and at most."""

    default: Any = None
    """Value where the operation has none."""
    max: Annotated[int, Field(ge=-(2**31), le=2**31 - 1)] | None = None
    """Largest value that is passed on."""


class Device(Section):
    """What this kind of client can use; pushed into the services' arguments."""

    arguments: dict[str, Annotated[ArgumentRule, BeforeValidator(_as_default)]] = {}
    """By coordinate, such as `Image.url(width:)`: a default, or `{default, max}`."""


class Facade(Section):
    """What one kind of client sees, as GraphQL and as REST."""

    path: FacadePath
    """Where it is served: GraphQL at `{path}/graphql`, REST below `{path}`."""
    contract: Contract = Contract()
    subgraphs: dict[Name, Subgraph] = {}
    """Subgraphs that only this façade has."""
    device: Device = Device()
    operations: FileName | None = None
    """Folder of stored operations (`*.graphql`)."""
    introspection: bool | None = None
    """Whether the schema can be asked for; in development mode it can."""


class Limits(Section):
    """How large an operation may be; checked before it is validated."""

    depth: Count = 50
    """Levels of nesting."""
    fields: Count = 5000
    """Fields, fragments counted where they are used."""
    aliases: Count = 500
    """Aliases."""
    tokens: Count = 15_000
    """Tokens of the document."""


class Server(Section):
    """Where the gateway listens, and what it accepts."""

    host: ListenHost = "127.0.0.1"
    """Address of the data port."""
    port: Port = 4000
    """Data port: the façades."""
    control: ListenAddress = "127.0.0.1:4001"
    """Address of the control port: health, metrics, reload."""
    request_timeout: Duration = 10.0
    """The deadline of every client request."""
    max_body: Size = 1024 * 1024
    """Largest request body."""
    drain_delay: Delay = 5.0
    """On SIGTERM: time that serving goes on while `/ready` says 503."""
    drain_timeout: Duration = 30.0
    """After that: time that requests in flight have to finish."""
    trusted_proxies: list[Annotated[str, AfterValidator(_network)]] = []
    """Networks whose `X-Forwarded-*` fields are believed."""
    forward_headers: list[Annotated[str, AfterValidator(_forwardable)]] = []
    """Client header fields that are passed on to services."""
    idle_timeout: Duration = 75.0
    """Time that a client's connection may be unused."""
    connections: Count = 10_000
    """Client connections, at most."""
    connections_per_address: Count = 10_000
    """Connections of one client address; behind a proxy all have the proxy's."""
    max_in_flight: Count = 1000
    """Requests worked on at once; one more gets 503 with `Retry-After`."""
    compression: bool = True
    """Whether answers are compressed for clients that say they can take it."""
    cache: Size = 64 * 1024 * 1024
    """Memory for cached answers of all upstreams."""


class Redis(Section):
    """What several gateways share: cached answers, and what is to be forgotten."""

    url: RedisUrl
    """Where it is, such as `redis://:${REDIS_PASSWORD}@10.0.0.1:6379/0`."""
    prefix: KeyPrefix = "weir"
    """What all keys begin with; gateways that share it share their answers."""
    timeout: Duration = 0.05
    """The longest that a request waits for it."""


class Sticky(Section):
    """What a share of the requests is taken by."""

    header: HeaderName
    """Header field of the client: one value, one side, for as long as it is sent.
    Where a request has none, it goes by itself."""


class Override(Section):
    """Fields that move between subgraphs step by step: `@override(label:)`."""

    sticky: Sticky | None = None
    """What `percent(x)` labels go by; by default x percent of the requests."""
    labels: ObjectReference | None = None
    """Python object that says which other labels are active, as
    `package.module:name`; without it none of them is."""


class Config(Section):
    """The whole of weir.yaml."""

    mode: Mode = "production"
    """`production` masks upstream errors and hides introspection."""
    server: Server = Server()
    limits: Limits = Limits()
    upstreams: dict[Name, Upstream] = {}
    """The services, by name."""
    subgraphs: dict[Name, Subgraph] = {}
    """The parts of the graph, by name."""
    supergraph: FileName | None = None
    """File with a supergraph that was composed elsewhere, instead of `subgraphs`."""
    redis: Redis | None = None
    """What several gateways share; without it each has its own."""
    override: Override = Override()
    facades: dict[Name, Facade] = {}
    """What clients see, by kind of client."""

    def all_subgraphs(self) -> Iterator[tuple[DataPath, Subgraph]]:
        """Yield those of all façades and of single ones, with their places."""
        for name, subgraph in self.subgraphs.items():
            yield ("subgraphs", name), subgraph
        for facade_name, facade in self.facades.items():
            for name, subgraph in facade.subgraphs.items():
                yield ("facades", facade_name, "subgraphs", name), subgraph
