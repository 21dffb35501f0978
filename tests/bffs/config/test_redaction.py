"""No secret of the configuration is shown: not by /config, not in an error."""

import json
from pathlib import Path
from traceback import format_exc
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.placed_values import text_paths, with_value
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.paths import note, type_at
from weir.bffs.config.model.root import Config
from weir.bffs.config.redaction import redacted

MARK = "s3cr3t"
PATHS = sorted(set(text_paths(Config)), key=str)
FORMS = [
    "{}",
    "{0}[{0}",
    "{0}({0}",
    "/x?key={}",
    "{}:name",
    "https://h/{}",
    "{}----------------------------",
    "http://h/{}",
    "redis://:{}@h:1",
    "http://user:{}@proxy:1",
    "/{}",
    "{}:80",
    "user:{}",
    "http://{}",
]


def outcome(folder: Path, data: dict[str, Any], secret: str) -> str:
    """Return what is shown of a configuration, or why it is refused."""
    file = folder / "weir.yaml"
    file.write_text(json.dumps(data))
    try:
        return json.dumps(redacted(load_config(file, {"SECRET": secret})))
    except ConfigError:
        # With its traceback and all that caused it.
        return format_exc()


def dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))


@pytest.mark.parametrize("path", PATHS, ids=dotted)
def test_a_value_of_a_variable_is_not_shown(
    tmp_path: Path, path: tuple[str | int, ...]
) -> None:
    shown = [
        outcome(tmp_path, with_value(path, "${SECRET}"), form.format(MARK))
        for form in FORMS
    ]
    within = [
        outcome(tmp_path, with_value(path, form.format("${SECRET}")), MARK)
        for form in FORMS
    ]

    assert not [each for each in (*shown, *within) if MARK in each]
    assert any("${SECRET}" in each for each in shown)


@given(
    path=st.sampled_from(PATHS),
    middle=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9),
)
@example(path=("routes", "r", "when", "cel"), middle=" a\n")
@example(path=("routes", "r", "when", "cel"), middle="\n(")
def test_no_text_of_a_variable_is_shown(
    tmp_path_factory: pytest.TempPathFactory, path: tuple[str | int, ...], middle: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    marked = f"{MARK}{middle}{MARK}"

    shown = outcome(folder, with_value(path, "${SECRET}"), marked)

    assert MARK not in shown


LITERAL = [
    (("identity", "jwt", "j", "secret"), MARK * 8, "***"),
    (("identity", "jwt", "j", "jwks_url"), f"https://h/?k={MARK}", "https://h/?k=***"),
    (("redis", "url"), f"redis://user:{MARK}@h:1/0", "redis://***@h:1/0"),
    (("redis", "url"), f"redis://:{MARK}@{MARK}@h/0", "redis://***@h/0"),
    (("redis", "url"), f"redis://:{MARK}%22@h/0?db=1", "redis://***@h/0?db=1"),
    (("upstreams", "u", "proxy"), f"http://a:{MARK}@h:1", "http://***@h:1"),
    (("upstreams", "u", "health", "path"), f"/up?t={MARK}&a", "/up?t=***&a"),
    (("subgraphs", "s", "path"), f"/graphql?key={MARK}", "/graphql?key=***"),
    (("routes", "r", "redirect", "to"), f"https://h/?k={MARK}", "https://h/?k=***"),
    *(
        (("upstreams", "u", "fallback", "response", "headers", name), MARK, "***")
        for name in (
            *("Authorization", "proxy-authorization", "Set-Cookie", "x-api-key"),
            *("X-Auth-Token", "client-secret", "X-Session-Id"),
        )
    ),
]


@pytest.mark.parametrize(("path", "value", "shown"), LITERAL)
def test_a_credential_that_the_file_holds_itself_is_masked(
    tmp_path: Path, path: tuple[str | int, ...], value: str, shown: str
) -> None:
    text = outcome(tmp_path, with_value(path, value), "")

    found = json.loads(text)
    for key in path:
        found = found[key]
    assert found == shown
    assert MARK not in text


REFUSED = [
    (("redis", "url"), f"http://:{MARK}@10.0.0.1"),
    (("redis", "url"), f"user:{MARK}"),
    (("redis", "url"), f"redis://user:{MARK}/x@h"),
    (("upstreams", "u", "proxy"), f"socks5://user:{MARK}@h"),
    (("upstreams", "u", "proxy"), f"user:{MARK}"),
    (("upstreams", "u", "instances", 0), f"http://user:{MARK}@h:1"),
    (("upstreams", "u", "instances", 0), f"http://user:{MARK}/@h:1"),
    (("upstreams", "u", "instances", 0, "url"), f"http://h:1/?token={MARK}"),
    (("upstreams", "u", "health", "path"), f"up?token={MARK}"),
    (("upstreams", "u", "fallback", "response", "headers", "Cookie"), f"{MARK}\n"),
]


@pytest.mark.parametrize(("path", "value"), REFUSED)
def test_a_credential_that_is_refused_is_not_repeated(
    tmp_path: Path, path: tuple[str | int, ...], value: str
) -> None:
    text = outcome(tmp_path, with_value(path, value), "")

    assert f"{dotted(path)}" in text
    assert MARK not in text


def test_values_that_are_not_secret_are_shown_unchanged(tmp_path: Path) -> None:
    answer = {"headers": {"content-type": "text/plain"}, "body": "a?b=c@d $${E}"}
    path = ("upstreams", "u", "fallback")

    shown = json.loads(outcome(tmp_path, with_value(path, {"response": answer}), ""))

    fallback = shown["upstreams"]["u"]["fallback"]
    assert fallback["response"]["headers"] == answer["headers"]
    assert fallback["response"]["body"] == "a?b=c@d ${E}"
    assert shown["upstreams"]["u"]["timeout"]["total"] == 5.0


# A text that is not listed here has to say what of it is secret, in its type's note.
WITHOUT_SECRETS = {
    "audit.file",
    "log.redact.0",
    "telemetry.capsules.folder",
    "server.tls.certificate",
    "server.tls.client_ca",
    "server.tls.redirect_from",
    "server.tls.key",
    "server.host",
    "server.control",
    "server.probes",
    "control.allowed_hosts.0",
    "control.addresses.allow.0",
    "control.addresses.deny.0",
    "facades.f.addresses.allow.0",
    "facades.f.addresses.deny.0",
    "server.trusted_proxies.0",
    "upstream_defaults.tls.pins.0",
    "upstreams.u.tls.pins.0",
    "upstream_defaults.errors.expose.0",
    "upstream_defaults.errors.extensions.0",
    "upstreams.u.errors.expose.0",
    "upstreams.u.errors.extensions.0",
    "upstream_defaults.headers.forward.0",
    "upstream_defaults.headers.identity.x-a",
    "upstream_defaults.headers.token.audience",
    "upstream_defaults.headers.remove.0",
    "upstream_defaults.headers.response.0",
    "upstreams.u.credentials.basic.username",
    "upstreams.u.credentials.oauth.audience",
    "upstreams.u.credentials.oauth.client_id",
    "upstreams.u.credentials.oauth.scopes.0",
    "upstreams.u.headers.forward.0",
    "upstreams.u.headers.identity.x-a",
    "upstreams.u.headers.token.audience",
    "identity.introspection.audiences.0",
    "identity.introspection.client_id",
    "identity.introspection.roles.0",
    "identity.introspection.scopes.0",
    "identity.signing.issuer",
    "identity.signing.keys.0",
    "upstreams.u.headers.remove.0",
    "upstreams.u.headers.response.0",
    "upstream_defaults.hash_on.name",
    "upstream_defaults.fallback.response.body",
    "upstream_defaults.tls.ca",
    "upstream_defaults.tls.certificate",
    "upstream_defaults.tls.key",
    "upstream_defaults.tls.server_name",
    "upstreams.u.instances.0.url",
    "upstreams.u.discovery.dns.name",
    "upstreams.u.discovery.consul.url",
    "upstreams.u.discovery.consul.service",
    "upstreams.u.discovery.consul.tags.0",
    "upstreams.u.discovery.consul.datacenter",
    "upstreams.u.discovery.docker.labels.l",
    "upstreams.u.discovery.docker.network",
    "upstreams.u.discovery.docker.socket",
    "upstreams.u.discovery.etcd.url",
    "upstreams.u.discovery.etcd.prefix",
    "upstreams.u.discovery.etcd.username",
    "upstreams.u.discovery.kubernetes.service",
    "upstreams.u.discovery.kubernetes.namespace",
    "upstreams.u.discovery.kubernetes.port",
    "upstreams.u.discovery.kubernetes.zone",
    "upstreams.u.discovery.kubernetes.api",
    "upstreams.u.discovery.kubernetes.account",
    "upstreams.u.discovery.file.path",
    "upstreams.u.hash_on.name",
    "upstreams.u.operations.Operation.fallback.response.body",
    "upstreams.u.fallback.response.body",
    "upstreams.u.tls.ca",
    "upstreams.u.tls.certificate",
    "upstreams.u.tls.key",
    "upstreams.u.tls.server_name",
    "subgraphs.s.upstream",
    "subgraphs.s.sdl",
    "subgraphs.s.python",
    "supergraph",
    "redis.prefix",
    "python_path.0",
    "security_headers.permissions_policy",
    "override.sticky.header",
    "override.labels",
    "geo.files.0",
    "facades.f.path",
    "facades.f.hosts.0",
    "facades.f.contract.include.0",
    "facades.f.contract.exclude.0",
    "facades.f.subgraphs.own.upstream",
    "facades.f.subgraphs.own.sdl",
    "facades.f.subgraphs.own.python",
    "facades.f.degraded.Query.a.value",
    "facades.f.device.arguments.Query.a(b:).default",
    "facades.f.cors.expose.0",
    "facades.f.cors.headers.0",
    "facades.f.cors.methods.0",
    "facades.f.cors.origins.0",
    "facades.f.ignored_parameters.0",
    "facades.f.manifests.0",
    "facades.f.operations",
    "facades.f.releases",
    "facades.f.versions.v1.operations",
    "facades.f.versions.v1.deprecated",
    "facades.f.versions.v1.sunset",
    "facades.f.versions.v1.notice",
    "facades.f.plan.claim",
    "facades.f.plan.default",
    "facades.f.rate_limits.limit.key.0",
    "rate_limits.limit.key.0",
    "identity.api_keys.file",
    "identity.api_keys.header",
    "identity.api_keys.query",
    "identity.jwt.j.issuer",
    "identity.jwt.j.audiences.0",
    "identity.jwt.j.keys",
    "identity.jwt.j.scopes.0",
    "identity.jwt.j.roles.0",
    "identity.roles.r.scopes.0",
    "identity.policies.p.cel",
    "identity.policies.p.headers.0",
    "identity.policies.p.python",
    "facades.f.access.policies.0",
    "facades.f.access.roles.0",
    "facades.f.access.scopes.0.0",
    "routes.r.path",
    "routes.r.parameters.id",
    "routes.r.hosts.0",
    "routes.r.methods.0",
    "routes.r.when.query.q",
    "routes.r.when.cookies.c",
    "routes.r.when.cel",
    "routes.r.proxy.upstream",
    "routes.r.proxy.backends.b.upstream",
    "routes.r.proxy.mirror.upstream",
    "routes.r.proxy.sticky_cookie.name",
    "routes.r.proxy.cohorts.c.when.query.q",
    "routes.r.proxy.cohorts.c.when.cookies.c",
    "routes.r.proxy.cohorts.c.when.claims.a",
    "routes.r.proxy.cohorts.c.when.cel",
    "routes.r.proxy.sticky.0",
    "routes.r.proxy.path",
    "routes.r.proxy.host",
    "routes.r.proxy.upgrades.0",
    "routes.r.client_type",
    "routes.r.aggregate.parts.p.upstream",
    "routes.r.aggregate.parts.p.target",
    "routes.r.aggregate.parts.p.group",
    "routes.r.aggregate.parts.p.fallback",
    "routes.r.aggregate.parts.p.allow.0",
    "routes.r.aggregate.parts.p.deny.0",
    "routes.r.aggregate.parts.p.rename.a",
    "routes.r.aggregate.parts.p.move.a",
    "routes.r.aggregate.parts.p.flatten.0",
    "routes.r.aggregate.parts.p.join.to",
    "routes.r.aggregate.parts.p.join.by",
    "routes.r.aggregate.parts.p.join.key",
    "routes.r.aggregate.parts.p.join.name",
    "routes.r.transform.request.headers.remove.0",
    "routes.r.transform.request.headers.rename.a",
    "routes.r.transform.request.query.remove.0",
    "routes.r.transform.request.query.rename.a",
    "routes.r.transform.request.body.allow.0",
    "routes.r.transform.request.body.rename.a",
    "routes.r.transform.request.body.move.a",
    "routes.r.transform.request.body.deny.0",
    "routes.r.transform.request.body.flatten.0",
    "routes.r.transform.request.body.template",
    "routes.r.transform.request.body.root",
    "routes.r.transform.request.body.lists.0",
    "routes.r.transform.request.body.examples.0.input",
    "routes.r.transform.request.body.examples.0.output",
    "routes.r.transform.request.body.examples.0.path.a",
    "routes.r.transform.request.body.examples.0.query.q",
    "routes.r.transform.request.body.examples.0.claims.a",
    "routes.r.transform.response.headers.remove.0",
    "routes.r.transform.response.headers.rename.a",
    "routes.r.transform.response.body.allow.0",
    "routes.r.transform.response.body.rename.a",
    "routes.r.transform.response.body.move.a",
    "routes.r.transform.response.body.deny.0",
    "routes.r.transform.response.body.flatten.0",
    "routes.r.transform.response.body.template",
    "routes.r.transform.response.body.root",
    "routes.r.transform.response.body.lists.0",
    "routes.r.transform.response.body.examples.0.input",
    "routes.r.transform.response.body.examples.0.output",
    "routes.r.transform.response.body.examples.0.path.a",
    "routes.r.transform.response.body.examples.0.query.q",
    "routes.r.transform.response.body.examples.0.claims.a",
    "routes.r.respond.body",
    "routes.r.version_by.0",
    "routes.r.default_version",
    "routes.r.versions.v1.aliases.0",
    "routes.r.versions.v1.deprecated",
    "routes.r.versions.v1.sunset",
    "routes.r.versions.v1.notice",
    "upstreams.u.discovery.consul.ca",
    "upstreams.u.discovery.etcd.ca",
    "routes.r.openapi",
    "routes.r.validation.openapi",
    "routes.r.validation.operation.operationId",
    "service_routes.access.policies.0",
    "service_routes.access.roles.0",
    "service_routes.access.scopes.0.0",
    "routes.r.access.policies.0",
    "routes.r.access.roles.0",
    "routes.r.access.scopes.0.0",
    "routes.r.addresses.allow.0",
    "routes.r.addresses.deny.0",
    "routes.r.cors.expose.0",
    "routes.r.cors.headers.0",
    "routes.r.cors.methods.0",
    "routes.r.cors.origins.0",
    "routes.r.rate_limits.limit.key.0",
    "upstreams.u.rate_limits.limit.key.0",
    "rate_limits.limit.operations.0",
    "facades.f.rate_limits.limit.operations.0",
    "routes.r.rate_limits.limit.operations.0",
    "upstreams.u.rate_limits.limit.operations.0",
    "rate_limits.limit.adaptive.service",
    "facades.f.rate_limits.limit.adaptive.service",
    "routes.r.rate_limits.limit.adaptive.service",
    "upstreams.u.rate_limits.limit.adaptive.service",
    "server.compiled_plans",
}


def test_every_text_is_known_to_hold_a_secret_or_not() -> None:
    unmarked = {
        dotted(path) for path in PATHS if not note(type_at(Config, path), "secret")
    }

    assert unmarked == WITHOUT_SECRETS
