"""The model of weir.yaml. Its descriptions are the configuration reference."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bffs.config.scalars import Count, Delay, Duration, Share, Size
from gateway.edge.client_address import networks
from gateway.edge.forwarding import ForwardingPolicy

Mode = Literal["production", "development"]
Name = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", json_schema_extra={"kind": "name"})
]
HttpUrl = Annotated[
    str,
    Field(
        pattern=r"^https?://[^/?#\s]+/?$",
        json_schema_extra={"kind": "origin"},
    ),
]


class Section(BaseModel):
    """A part of the configuration: frozen, and unknown keys are errors."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True
    )


def _as_url(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


def _as_default(value: Any) -> Any:
    return {"default": value} if isinstance(value, str | int | float) else value


def _network(value: str) -> str:
    networks((value,))
    return value


def _forwardable(value: str) -> str:
    ForwardingPolicy((value,))
    return value


class Instance(Section):
    """One place that serves an upstream; a bare URL is an instance of weight 1."""

    url: HttpUrl
    """Origin, such as `http://10.0.0.1:5101`."""
    weight: Count = 1
    """Share of the calls, relative to the other instances."""


class Health(Section):
    """How an instance is found healthy or not."""

    path: Annotated[str, Field(pattern=r"^/")] = "/health"
    """Path of the active check."""
    interval: Duration = 30.0
    """Time between two active checks of a healthy instance."""
    timeout: Duration = 5.0
    """Time that an active check may take."""
    status: Annotated[int, Field(ge=100, le=599)] = 200
    """Status that a healthy instance answers."""
    active: bool = True
    """Whether instances are checked at all, besides being watched in use."""


class Timeout(Section):
    """The time that a call may take."""

    connect: Duration = 1.0
    """For a new connection."""
    attempt: Duration = 2.0
    """For one attempt at one instance."""
    total: Duration = 5.0
    """For the whole call, repeats included."""


class Retry(Section):
    """Repeats of calls that are safe; mutations are never repeated."""

    attempts: Annotated[int, Field(ge=0, le=5)] = 2
    """Repeats of one call, at most; 0 turns them off."""
    budget: Share = 0.2
    """Share of all calls that may be repeats; 10 a second are always allowed."""


class Breaker(Section):
    """The circuit breaker of an upstream."""

    failures: Count = 5
    """Failed calls in a row that open it."""
    open_for: Duration = 30.0
    """Time that it stays open before it is probed."""
    probes: Count = 3
    """Probes that must succeed before it closes."""


class Upstream(Section):
    """A service that the gateway calls."""

    instances: Annotated[
        list[Annotated[Instance, BeforeValidator(_as_url)]], Field(min_length=1)
    ]
    """Where it runs: URLs, or `{url, weight}`."""
    balancing: Literal["round_robin", "power_of_two"] = "round_robin"
    """How an instance is picked."""
    health: Health = Health()
    timeout: Timeout = Timeout()
    retry: Retry = Retry()
    breaker: Breaker = Breaker()
    max_response: Size = 16 * 1024 * 1024
    """Largest body that is accepted from it, decompressed."""


class Subgraph(Section):
    """A part of the graph: a GraphQL upstream, or Python code in this process."""

    upstream: Name | None = None
    """Name of the upstream that serves it."""
    path: Annotated[str, Field(pattern=r"^/")] = "/graphql"
    """Path of its GraphQL endpoint."""
    sdl: str | None = None
    """File with its SDL; without it the service is asked (`_service { sdl }`)."""
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
    facades: dict[Name, Facade] = {}
    """What clients see, by kind of client."""
