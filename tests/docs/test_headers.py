"""The examples of docs/guides/headers.md do what the page says."""

import re
from pathlib import Path

import httpx
import pytest

from tests.support.gateway import running_gateway
from tests.support.scripted_server import Scripted, scripted_server
from tests.support.tokens import ec_key
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.policies.upstream import upstream_policies
from weir.gateway.context import Identity

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "headers.md").read_text()
RULES, OF_CALLER, SIGNED = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
OTHERS = """
server: {port: "${WEIR_PORT}", control: "${WEIR_CONTROL}", drain_delay: 0s}
upstream_defaults: {health: {active: false}}
subgraphs:
  accounts: {upstream: accounts, sdl: accounts.graphql}
  weather: {upstream: weather, sdl: weather.graphql}
facades:
  web: {path: ""}
"""
SENT = {
    "authorization": "Bearer of-the-client",
    "accept-language": "de",
    "cookie": "session=1",
    "x-user-id": "ada",
}


def response(body: bytes, *fields: bytes) -> Scripted:
    lines = (
        b"HTTP/1.1 200 OK",
        b"content-type: application/json",
        b"content-length: %d" % len(body),
        *fields,
    )
    return Scripted(b"\r\n".join(lines) + b"\r\n\r\n" + body)


async def test_each_service_is_sent_the_fields_of_its_rules(tmp_path: Path) -> None:
    (tmp_path / "accounts.graphql").write_text("type Query { me: String }")
    (tmp_path / "weather.graphql").write_text("type Query { sky: String }")
    age, cookie = b"cache-control: public, max-age=60", b"set-cookie: id=1; Path=/"
    async with scripted_server() as accounts, scripted_server() as weather:
        accounts.play(response(b'{"data":{"me":"Ada"}}', age, cookie, b"x-internal: 1"))
        weather.play(response(b'{"data":{"sky":"grey"}}', age, b"set-cookie: a=1"))
        rules = RULES.replace("http://127.0.0.1:5103", accounts.url)
        rules = rules.replace("https://weather.example", weather.url)
        (tmp_path / "weir.yaml").write_text(rules + OTHERS)
        async with (
            running_gateway(tmp_path / "weir.yaml", {"WEATHER_KEY": "k1"}) as gateway,
            httpx.AsyncClient(base_url=gateway.url, headers=SENT) as client,
        ):
            answer = await client.post("/graphql", json={"query": "{ me sky }"})

    assert answer.json() == {"data": {"me": "Ada", "sky": "grey"}}
    (to_accounts,), (to_weather,) = accounts.requests, weather.requests
    assert b"\r\nauthorization: Bearer of-the-client\r\n" in to_accounts
    assert b"\r\naccept-language: de\r\n" in to_accounts
    assert b"\r\nx-forwarded-for: 127.0.0.1\r\n" in to_accounts
    assert b"\r\nx-api-key: k1\r\n" in to_weather
    for name in (b"authorization", b"accept-language", b"x-forwarded-for"):
        assert b"\r\n%b:" % name not in to_weather
    for name in (b"cookie", b"x-user-id"):
        assert b"\r\n%b:" % name not in to_accounts + to_weather
    assert answer.headers.get_list("set-cookie") == ["id=1; Path=/"]
    assert "x-internal" not in answer.headers
    assert answer.headers["cache-control"] == "private, max-age=60"


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("{forward: [Host]}", "this header field cannot be forwarded from clients"),
        ("{forward: [x-a, X-A]}", '`forward` has "x-a" twice'),
        ("{set: {connection: close}}", "this header field cannot be set"),
        ("{remove: [authorization]}", "expected one of x-request-id, x-client-type"),
        ("{response: [vary]}", "the gateway writes this header field of responses"),
        (
            "{forward: [x-a], set: {x-a: b}}",
            '"x-a" of `forward` has no effect, because `set` has it too',
        ),
        ("{set: {x-a: b, X-A: c}}", '`set` has "x-a" twice'),
    ],
)
def test_a_rule_that_cannot_have_an_effect_is_an_error(
    tmp_path: Path, rules: str, message: str
) -> None:
    (tmp_path / "weir.yaml").write_text(f"upstream_defaults:\n  headers: {rules}\n")

    with pytest.raises(ConfigError, match=re.escape(message)) as error:
        load_config(tmp_path / "weir.yaml", {})

    assert "weir.yaml:2" in str(error.value)


def test_a_list_of_an_upstream_replaces_that_of_the_defaults(tmp_path: Path) -> None:
    defaults = "upstream_defaults: {headers: {forward: [x-a], set: {x-b: c}}}\n"
    own = "upstreams: {u: {instances: [http://h], headers: {forward: []}}}\n"
    (tmp_path / "weir.yaml").write_text(defaults + own)

    headers = load_config(tmp_path / "weir.yaml", {}).config.upstreams["u"].headers

    assert (headers.forward, headers.set) == ([], {"x-b": "c"})


def test_the_service_gets_the_fields_of_the_caller_that_the_page_lists(
    tmp_path: Path,
) -> None:
    (tmp_path / "weir.yaml").write_text(OF_CALLER)
    loaded = load_config(tmp_path / "weir.yaml", {})
    fields = upstream_policies(loaded)["orders"].headers.identity
    ann = Identity(
        method="jwt",
        subject="ann",
        roles=frozenset({"staff", "editor"}),
        claims={"tenant": "t1"},
    )

    assert {each.name: each.value(ann) for each in fields} == {
        b"x-user-id": b"ann",
        b"x-user-roles": b"editor,staff",
        b"x-tenant": b"t1",
    }


def test_the_service_gets_the_token_that_the_page_configures(tmp_path: Path) -> None:
    (tmp_path / "weir.yaml").write_text(SIGNED)
    (tmp_path / "gateway.pem").write_bytes(ec_key().as_pem(private=True))
    rule = upstream_policies(load_config(tmp_path / "weir.yaml", {}))[
        "orders"
    ].headers.token

    assert rule is not None
    assert (rule.issuer, rule.audience, rule.lifetime_s) == (
        "https://gateway.example.com",
        "orders",
        60,
    )
