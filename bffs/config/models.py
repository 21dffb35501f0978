"""The model of weir.yaml. Its descriptions are the configuration reference."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from bffs.config.document import DataPath
from bffs.config.scalars import Count, Delay, Duration, Size
from bffs.config.section import Name, Section
from bffs.config.upstream import Balancing, HashOn, Upstream
from gateway.edge.client_address import networks
from gateway.edge.forwarding import ForwardingPolicy

_REDIS_PARAMETERS = {"db", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}

Mode = Literal["production", "development"]


def _as_default(value: Any) -> Any:
    return {"default": value} if isinstance(value, str | int | float) else value


def _network(value: str) -> str:
    networks((value,))
    return value


def _forwardable(value: str) -> str:
    ForwardingPolicy((value,))
    return value


def _redis_url(value: str) -> str:
    # The value is not repeated: it may hold a password.
    split = urlsplit(value)
    if split.scheme not in ("redis", "rediss", "unix"):
        message = 'write a URL such as "redis://10.0.0.1:6379/0"'
        raise ValueError(message)
    if not (split.path if split.scheme == "unix" else split.hostname):
        message = "the URL says no host (of unix://: no path)"
        raise ValueError(message)
    parameters = parse_qs(split.query)
    if not parameters.keys() <= _REDIS_PARAMETERS:
        message = (
            f"of parameters it takes {', '.join(sorted(_REDIS_PARAMETERS))}; the"
            " password goes before the host: redis://:password@host"
        )
        raise ValueError(message)
    if not all(db.isdigit() for db in parameters.get("db", ())):
        message = "db: expected a number"
        raise ValueError(message)
    _ = split.port  # a ValueError of its own
    return value


class Subgraph(Section):
    """A part of the graph: a GraphQL upstream, or Python code in this process."""

    upstream: Name | None = None
    """Name of the upstream that serves it."""
    path: Annotated[str, Field(pattern=r"^/")] = "/graphql"
    """Path of its GraphQL endpoint."""
    sdl: str | None = None
    """File with its SDL; without it the service is asked (`_service { sdl }`)."""
    balancing: Balancing | None = None
    """How an instance is picked for its calls, in place of the upstream's way."""
    hash_on: HashOn | None = None
    """What `consistent_hash` goes by for its calls, in place of the upstream's."""
    python: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")] | None = None
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
    max: int | None = None
    """Largest value that is passed on."""


class Device(Section):
    """What this kind of client can use; pushed into the services' arguments."""

    arguments: dict[str, Annotated[ArgumentRule, BeforeValidator(_as_default)]] = {}
    """By coordinate, such as `Image.url(width:)`: a default, or `{default, max}`."""


class Facade(Section):
    """What one kind of client sees, as GraphQL and as REST."""

    path: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9._~-]+)*$")]
    """Where it is served: GraphQL at `{path}/graphql`, REST below `{path}`."""
    contract: Contract = Contract()
    subgraphs: dict[Name, Subgraph] = {}
    """Subgraphs that only this façade has."""
    device: Device = Device()
    operations: str | None = None
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

    host: str = "127.0.0.1"
    """Address of the data port."""
    port: Annotated[int, Field(ge=1, le=65535)] = 4000
    """Data port: the façades."""
    control: Annotated[str, Field(pattern=r"^[^\s]+:\d+$")] = "127.0.0.1:4001"
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

    url: Annotated[
        str,
        AfterValidator(_redis_url),
        Field(json_schema_extra={"kind": "`redis://`, `rediss://` or `unix://` URL"}),
    ]
    """Where it is, such as `redis://:${REDIS_PASSWORD}@10.0.0.1:6379/0`."""
    prefix: Annotated[
        str, Field(pattern=r"^[\w.:-]+$", json_schema_extra={"kind": "key prefix"})
    ] = "weir"
    """What all keys begin with; gateways that share it share their answers."""
    timeout: Duration = 0.05
    """The longest that a request waits for it."""


class Sticky(Section):
    """What a share of the requests is taken by."""

    header: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9-]+$", json_schema_extra={"kind": "header name"}),
    ]
    """Header field of the client: one value, one side, for as long as it is sent.
    Where a request has none, it goes by itself."""


class Override(Section):
    """Fields that move between subgraphs step by step: `@override(label:)`."""

    sticky: Sticky | None = None
    """What `percent(x)` labels go by; by default x percent of the requests."""
    labels: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")] | None = None
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
    supergraph: str | None = None
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
