"""A knob is written twice: as a field of its policy, and as a key of its section."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import pytest

from weir.bffs.config.model.addresses import AddressesSection
from weir.bffs.config.model.control import ControlSection, ControlTokenSection
from weir.bffs.config.model.cors import CorsSection
from weir.bffs.config.model.degraded import DegradedSection
from weir.bffs.config.model.facade import (
    ArgumentRuleSection,
    AuthorizationSection,
    ContractSection,
    DeviceSection,
    FacadeSection,
    SubgraphSection,
    VersionSection,
)
from weir.bffs.config.model.geo import GeoSection
from weir.bffs.config.model.identity import (
    AccessSection,
    ApiKeysSection,
    AttemptsSection,
    ClientCertificatesSection,
    IdentitySection,
    IntrospectionSection,
    JwtSection,
    RoleSection,
    SigningSection,
)
from weir.bffs.config.model.limits.budget import BudgetSection, BudgetsSection
from weir.bffs.config.model.limits.cost import (
    CostLimitSection,
    CostSection,
    FacadeCostSection,
    PlanCostSection,
)
from weir.bffs.config.model.limits.operation import FacadeLimitsSection, LimitsSection
from weir.bffs.config.model.limits.plan import FacadePlanSection, PlanSection
from weir.bffs.config.model.limits.rate_limit import AdaptiveSection, RateLimitSection
from weir.bffs.config.model.policy import PolicySection
from weir.bffs.config.model.redis import RedisSection
from weir.bffs.config.model.root import Config, OverrideSection, StickySection
from weir.bffs.config.model.route.aggregate import (
    AggregateSection,
    JoinSection,
    PartSection,
)
from weir.bffs.config.model.route.backends import (
    BackendSection,
    CohortSection,
    CohortWhenSection,
    StickyCookieSection,
)
from weir.bffs.config.model.route.matching import WhenSection
from weir.bffs.config.model.route.proxy import (
    MirrorSection,
    ProxySection,
    WebSocketSection,
)
from weir.bffs.config.model.route.redirect import RedirectSection
from weir.bffs.config.model.route.respond import RespondSection
from weir.bffs.config.model.route.route import RouteSection
from weir.bffs.config.model.route.service_routes import ServiceRoutesSection
from weir.bffs.config.model.route.transform import (
    BodyChangeSection,
    BodyExampleSection,
    QuerySection,
    RequestChangesSection,
    RequestHeadersSection,
    ResponseChangesSection,
    ResponseHeadersSection,
    TransformSection,
)
from weir.bffs.config.model.route.validation import (
    ValidationModesSection,
    ValidationSection,
)
from weir.bffs.config.model.route.versions import RouteVersionSection
from weir.bffs.config.model.section import Section
from weir.bffs.config.model.security_headers import SecurityHeadersSection
from weir.bffs.config.model.server import (
    ServerSection,
    ServerTlsSection,
)
from weir.bffs.config.model.telemetry.audit import AuditSection
from weir.bffs.config.model.telemetry.log import LogSection
from weir.bffs.config.model.telemetry.metrics import SeriesSection
from weir.bffs.config.model.telemetry.slo import ObjectiveSection
from weir.bffs.config.model.telemetry.telemetry import (
    CapsulesSection,
    LogsSection,
    MetricsSection,
    SentrySection,
    TelemetrySection,
    TracesSection,
)
from weir.bffs.config.model.upstream.calls import (
    BreakerSection,
    ConcurrencySection,
    HedgeSection,
    RetrySection,
    TimeoutSection,
)
from weir.bffs.config.model.upstream.connections import ConnectionsSection, TlsSection
from weir.bffs.config.model.upstream.credentials import (
    BasicSection,
    ClientCredentialsSection,
    CredentialsSection,
)
from weir.bffs.config.model.upstream.discovery import (
    ConsulSection,
    DiscoverySection,
    DnsSection,
    DockerSection,
    EtcdSection,
    FileSection,
    KubernetesSection,
)
from weir.bffs.config.model.upstream.errors import ErrorsSection
from weir.bffs.config.model.upstream.headers import HeadersSection, TokenSection
from weir.bffs.config.model.upstream.instances import (
    HashOnSection,
    HealthSection,
    InstanceSection,
)
from weir.bffs.config.model.upstream.responses import (
    CacheSection,
    FallbackSection,
    StaticResponseSection,
)
from weir.bffs.config.model.upstream.upstream import (
    OperationSection,
    OperationTimeoutSection,
    UpstreamDefaultsSection,
    UpstreamSection,
)
from weir.bffs.config.policies.mapping import matches, to_policy
from weir.bffs.config.policies.server import (
    edge_options,
    serve_options,
)
from weir.gateway.discovery.policy import (
    ConsulPolicy,
    DnsPolicy,
    DockerPolicy,
    EtcdPolicy,
    KubernetesPolicy,
)
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.route_steps.cors import CorsPolicy
from weir.gateway.edge.route_steps.security_headers import SecurityHeaders
from weir.gateway.identity.attempts import AttemptLimits
from weir.gateway.identity.jwt.policy import IssuerPolicy
from weir.gateway.routes.endpoints.mirror import MirrorPolicy
from weir.gateway.server.options import ServeOptions
from weir.gateway.shared_store.policy import SharedStorePolicy
from weir.gateway.telemetry.traces.policy import TracePolicy
from weir.gateway.transport.policy import ConnectionPolicy, TlsPolicy, TransportPolicy
from weir.gateway.upstreams.model.header_rules import HeaderRules
from weir.gateway.upstreams.model.policy import (
    BreakerPolicy,
    CachePolicy,
    ConcurrencyPolicy,
    FallbackPolicy,
    HashOn,
    HealthPolicy,
    HedgePolicy,
    OperationPolicy,
    RetryPolicy,
    TimeoutPolicy,
    UpstreamPolicy,
)
from weir.resolvers.operation.document.limits import OperationLimits


@dataclass(frozen=True)
class Pair:
    """A section and its policy; `keys` and `fields` are mapped by hand, if at all."""

    section: type[Section]
    policy: type[Any]
    keys: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()


def pair(
    section: type[Section], policy: type[Any], keys: str = "", fields: str = ""
) -> Pair:
    return Pair(section, policy, frozenset(keys.split()), frozenset(fields.split()))


PAIRS = [
    pair(CorsSection, CorsPolicy),
    pair(DnsSection, DnsPolicy),
    pair(ConsulSection, ConsulPolicy, "ca", "ca_file"),
    pair(EtcdSection, EtcdPolicy, "ca", "ca_file"),
    pair(KubernetesSection, KubernetesPolicy),
    pair(DockerSection, DockerPolicy),
    pair(HashOnSection, HashOn),
    pair(HealthSection, HealthPolicy, fields="graphql_path"),
    pair(TimeoutSection, TimeoutPolicy, "connect idle"),
    pair(RetrySection, RetryPolicy),
    pair(AttemptsSection, AttemptLimits),
    pair(JwtSection, IssuerPolicy, "discovery jwks_url secret", "name grants"),
    pair(HedgeSection, HedgePolicy),
    pair(MirrorSection, MirrorPolicy, "upstream"),
    pair(BreakerSection, BreakerPolicy),
    pair(ConnectionsSection, ConnectionPolicy),
    pair(ConcurrencySection, ConcurrencyPolicy),
    pair(RedisSection, SharedStorePolicy),
    pair(SecurityHeadersSection, SecurityHeaders),
    pair(TracesSection, TracePolicy),
    # The longest of the fallbacks is known to the stack alone.
    pair(CacheSection, CachePolicy, fields="fallback_stale_s"),
    pair(FallbackSection, FallbackPolicy),
    pair(OperationSection, OperationPolicy, "timeout", "name attempt_s total_s"),
    pair(TlsSection, TlsPolicy, "ca certificate key", "ca_file cert_file key_file"),
    pair(
        UpstreamSection,
        UpstreamPolicy,
        "connections credentials errors tls proxy max_response"
        " max_response_headers accept_encoding",
        "name grant",
    ),
    # The rest of an upstream's section is in its own policy.
    pair(
        UpstreamSection,
        TransportPolicy,
        " ".join(
            UpstreamSection.model_fields.keys()
            - {"connections", "tls", "proxy", "max_response", "accept_encoding"}
        ),
        "kind connect_s idle_s max_header_bytes",
    ),
    # Bounds that nobody has had to change.
    pair(
        LimitsSection,
        OperationLimits,
        fields=" ".join(
            {each.name for each in fields(OperationLimits)}
            - {"depth", "fields", "aliases", "tokens"}
        ),
        keys="response",
    ),
]
BY_HAND = {
    *(
        StaticResponseSection,
        AccessSection,
        AddressesSection,
        ApiKeysSection,
        AuditSection,
        LogSection,
        BasicSection,
        ClientCertificatesSection,
        ClientCredentialsSection,
        CredentialsSection,
        IdentitySection,
        IntrospectionSection,
        PolicySection,
        SigningSection,
        TokenSection,
        RoleSection,
        ArgumentRuleSection,
        AuthorizationSection,
        Config,
        BudgetSection,
        BudgetsSection,
        CapsulesSection,
        LogsSection,
        MetricsSection,
        SeriesSection,
        SentrySection,
        ObjectiveSection,
        ContractSection,
        ControlSection,
        ControlTokenSection,
        CostSection,
        DegradedSection,
        DeviceSection,
        FacadeCostSection,
        FacadeLimitsSection,
    ),
    *(DiscoverySection, FileSection, GeoSection),
    *(ErrorsSection, FacadeSection, HeadersSection, InstanceSection),
    VersionSection,
    *(CostLimitSection, FacadePlanSection, PlanCostSection, PlanSection),
    *(OperationTimeoutSection, OverrideSection),
    *(AggregateSection, JoinSection, PartSection),
    *(BodyChangeSection, BodyExampleSection, QuerySection, RequestChangesSection),
    *(RequestHeadersSection, ResponseChangesSection, ResponseHeadersSection),
    *(TransformSection, ValidationModesSection, ValidationSection),
    *(BackendSection, ProxySection, RedirectSection, RespondSection),
    *(RouteSection, RouteVersionSection, WebSocketSection, WhenSection),
    *(CohortSection, CohortWhenSection, ServiceRoutesSection, StickyCookieSection),
    *(
        AdaptiveSection,
        RateLimitSection,
        ServerSection,
        ServerTlsSection,
        StickySection,
        SubgraphSection,
        VersionSection,
    ),
    TelemetrySection,
    UpstreamDefaultsSection,
}


def section_name(pair: Pair) -> str:
    return pair.section.__name__


@pytest.mark.parametrize("pair", PAIRS, ids=section_name)
def test_every_key_is_a_field_and_every_field_a_key(pair: Pair) -> None:
    matched = matches(pair.section, pair.policy)

    names = {each.name for each in fields(pair.policy)}
    assert matched.keys() | pair.fields == names
    assert {*matched.values()} | pair.keys == {*pair.section.model_fields}
    assert len({*matched.values()}) == len(matched)


@pytest.mark.parametrize(
    "pair",
    [
        each
        for each in PAIRS
        if each.section
        not in (
            *(CorsSection, DnsSection, JwtSection, RedisSection),
            *(ConsulSection, DockerSection, EtcdSection, KubernetesSection),
        )
    ],
    ids=section_name,
)
def test_the_defaults_of_a_section_are_those_of_its_policy(pair: Pair) -> None:
    given: dict[str, object] = {"name": "x"} if "name" in pair.fields else {}
    if pair.policy is UpstreamPolicy:
        given = {
            **given,
            "operations": (),
            "hash_on": HashOn(),
            "headers": HeaderRules(),
            "rate_limits": (),
            "transport": TransportPolicy(),
        }
    section = pair.section.model_construct()

    assert to_policy(section, pair.policy, **given) == pair.policy(**given)


def test_the_defaults_of_the_server_are_those_of_its_policies() -> None:
    server = ServerSection()

    assert edge_options(server) == EdgeOptions()
    assert serve_options(server) == ServeOptions()


def sections(annotation: Any) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
        for field in annotation.model_fields.values():
            yield from sections(field.annotation)
    for argument in getattr(annotation, "__args__", ()):
        yield from sections(argument)


def test_every_section_has_its_policy_or_is_mapped_by_hand() -> None:
    assert {*sections(Config)} == BY_HAND | {each.section for each in PAIRS}
