"""The root of the model. The model's descriptions are the configuration reference."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import model_validator

from weir.bffs.config.model.control import ControlSection
from weir.bffs.config.model.facade import FacadeSection, SubgraphSection
from weir.bffs.config.model.geo import GeoSection
from weir.bffs.config.model.identity import IdentitySection
from weir.bffs.config.model.limits.cost import CostSection
from weir.bffs.config.model.limits.operation import LimitsSection
from weir.bffs.config.model.limits.plan import PlanSection
from weir.bffs.config.model.limits.rate_limit import RateLimitSection
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.redis import RedisSection
from weir.bffs.config.model.route.route import RouteSection
from weir.bffs.config.model.route.service_routes import ServiceRoutes
from weir.bffs.config.model.section import Section
from weir.bffs.config.model.security_headers import SecurityHeadersSection
from weir.bffs.config.model.server import ServerSection
from weir.bffs.config.model.telemetry.audit import AuditSection
from weir.bffs.config.model.telemetry.log import LogSection
from weir.bffs.config.model.telemetry.metrics import SeriesSection
from weir.bffs.config.model.telemetry.slo import ObjectiveName, ObjectiveSection
from weir.bffs.config.model.telemetry.telemetry import TelemetrySection
from weir.bffs.config.model.upstream.upstream import (
    UpstreamDefaultsSection,
    UpstreamSection,
)
from weir.bffs.config.model.values.texts import (
    FileName,
    HeaderName,
    Name,
    ObjectReference,
)

Mode = Literal["production", "development"]


class StickySection(Section):
    """Key by which a percentage of the clients is selected."""

    header: HeaderName
    """Header field of the client: equal values get the same decision. Requests without
    the field are decided independently."""


class OverrideSection(Section):
    """Fields that move between subgraphs step by step (`@override(label:)`)."""

    sticky: StickySection | None = None
    """Key of `percent(x)` labels; without it, x percent of the requests."""
    labels: ObjectReference | None = None
    """Python object that decides other labels, as `package.module:name`; without it,
    they are inactive."""


class Config(Section):
    """The root of weir.yaml."""

    mode: Mode = "production"
    """`production` masks upstream errors and hides introspection."""
    server: ServerSection = ServerSection()
    control: ControlSection = ControlSection()
    limits: LimitsSection = LimitsSection()
    cost: CostSection | None = None
    rate_limits: dict[Name, RateLimitSection] = {}
    """Limits of the requests of all façades and routes together, by name."""
    plans: dict[Name, PlanSection] = {}
    """Plans by name: limits that the credential of a caller chooses."""
    upstream_defaults: UpstreamDefaultsSection = UpstreamDefaultsSection()
    upstreams: dict[Name, UpstreamSection] = {}
    """The services, by name."""
    subgraphs: dict[Name, SubgraphSection] = {}
    """The subgraphs, by name. Beside `supergraph`, only those in Python."""
    supergraph: FileName | None = None
    """File with a composed supergraph, in place of `subgraphs`. An upstream with the
    name of a subgraph replaces its URL, and `python` of a subgraph has its schema."""
    redis: RedisSection | None = None
    """Redis for a cache and limits that gateways share; otherwise each has its own."""
    python_path: list[FileName] = []
    """Folders with Python modules that the configuration names, such as `python:` of a
    subgraph; relative to this file. The folder of this file is always searched."""
    override: OverrideSection = OverrideSection()
    identity: IdentitySection | None = None
    audit: AuditSection | None = None
    log: LogSection = LogSection()
    metrics: SeriesSection = SeriesSection()
    telemetry: TelemetrySection = TelemetrySection()
    slo: dict[ObjectiveName, ObjectiveSection] = {}
    """Service level objectives of façades and of their stored operations."""
    security_headers: SecurityHeadersSection = SecurityHeadersSection()
    geo: GeoSection | None = None
    facades: dict[Name, FacadeSection] = {}
    """The APIs, by kind of client."""
    routes: dict[Name, RouteSection] = {}
    """Plain routes for services outside the graph, by name. Of several routes that
    match a request, the most specific wins, then the first."""
    service_routes: ServiceRoutes | None = None

    @model_validator(mode="after")
    def _check_cost(self) -> Self:
        if self.cost and not (
            any(each.cost for each in self.facades.values())
            or any(each.cost for each in self.plans.values())
            or any(each.unit == "cost" for each in self._facade_limits())
        ):
            message = "`cost` has no effect, because no façade has `cost`"
            raise ValueError(message)
        return self

    def _facade_limits(self) -> Iterator[RateLimitSection]:
        yield from self.rate_limits.values()
        for facade in self.facades.values():
            yield from facade.rate_limits.values()

    @model_validator(mode="after")
    def _check_service_routes(self) -> Self:
        if self.service_routes is not None and self.supergraph is not None:
            message = (
                "`service_routes` cannot be used with `supergraph`, whose services are"
                " not for clients; write a route for each service"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_plans(self) -> Self:
        if self.plans and not any(each.plan for each in self.facades.values()):
            message = "`plans` has no effect, because no façade has `plan`"
            raise ValueError(message)
        return self

    def all_subgraphs(self) -> Iterator[tuple[DataPath, SubgraphSection]]:
        """Yield the subgraphs of all and of single façades, with their paths."""
        for name, subgraph in self.subgraphs.items():
            yield ("subgraphs", name), subgraph
        for facade_name, facade in self.facades.items():
            for name, subgraph in facade.subgraphs.items():
                yield ("facades", facade_name, "subgraphs", name), subgraph
