"""API keys in a query parameter: accepted there, and seen nowhere else."""

import json
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tests.support.conditions import until
from tests.support.gateway import running_gateway
from tests.support.identified_gateway import CONFIG, identified_gateway
from tests.support.memory_exchange import request_head
from tests.support.otlp_receiver import collector
from tests.support.raw_service import ok, raw_service, responding
from weir.bffs.cli.main import app
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.gateway.identity.api_keys.key import new_key
from weir.gateway.identity.query_keys import QueryKeys

KEYS = CONFIG.replace(
    "identity:\n",
    "identity:\n  api_keys: {file: api-keys.json, query: api_key}\n",
)


def created_key(config: Path) -> str:
    arguments = ["keys", "create", "ada", "--scope", "admin", "--config", str(config)]
    outcome = CliRunner().invoke(app, arguments)
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout.strip()


async def test_a_key_is_accepted_in_one_place(tmp_path: Path) -> None:
    (tmp_path / "weir.yaml").write_text(KEYS)
    key = created_key(tmp_path / "weir.yaml")
    in_field = {b"x-api-key": key.encode()}
    token = {b"authorization": b"Bearer a.b.c"}
    async with identified_gateway(tmp_path, KEYS) as gateway:

        async def code(query: str, headers: dict[bytes, bytes] | None = None) -> str:
            return (await gateway.send("readers", headers, query=query)).code

        # The name and the key may be encoded. An empty key is one, and a wrong one.
        assert await code(f"api_key={key}") == ""
        assert await code(f"api%5Fkey={key.replace('_', '%5F')}&") == ""
        assert await code("", in_field) == ""
        assert await code("") == "UNAUTHENTICATED"
        assert await code("api_keys=1") == "UNAUTHENTICATED"
        assert await code("api_key=") == "API_KEY_MALFORMED"
        assert await code(f"api_key={new_key()}") == "API_KEY_UNKNOWN"
        assert await code("api_key=" + 17_000 * "a") == "CREDENTIAL_TOO_LARGE"
        for several in (
            await code(f"api_key={key}", in_field),
            await code(f"api_key={key}&api_key={key}"),
            await code(f"api_key={key}", token),
        ):
            assert several == "SEVERAL_CREDENTIALS"


async def test_it_is_not_read_unless_it_is_configured(tmp_path: Path) -> None:
    config = KEYS.replace(", query: api_key", "")
    (tmp_path / "weir.yaml").write_text(config)
    key = created_key(tmp_path / "weir.yaml")
    async with identified_gateway(tmp_path, config) as gateway:
        reply = await gateway.send("readers", query=f"api_key={key}")

    assert reply.code == "UNAUTHENTICATED"


OBSERVED = """
server: {{port: "${{WEIR_PORT}}", control: "${{WEIR_CONTROL}}", drain_delay: 0s}}
identity: {{api_keys: {{file: api-keys.json, query: api_key}}}}
audit: {{file: audit.log}}
telemetry:
  traces: {{endpoint: "{collector}", sample: 100%}}
  logs: {{endpoint: "{collector}"}}
upstreams:
  service: {{instances: ["{url}"], health: {{active: false}}, cache: {{}}}}
routes:
  known:
    {{path: /known/*, proxy: {{upstream: service, cache: true}}, access: authenticated}}
  moved: {{path: /moved, redirect: {{to: "https://elsewhere.example/x"}}}}
"""


async def test_a_key_is_seen_by_nothing_but_the_authentication(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    response = ok(b"hi", b"cache-control: public, max-age=60")
    async with raw_service(responding(response)) as service, collector() as received:
        file.write_text(OBSERVED.format(url=service.url, collector=received.url))
        (tmp_path / ".env").write_text("WEIR_PORT=1\nWEIR_CONTROL=127.0.0.1:2\n")
        key, wrong = created_key(file), new_key()
        async with running_gateway(file) as gateway, httpx.AsyncClient() as client:

            async def sent(query: str, path: str = "/known/a") -> httpx.Response:
                return await client.get(f"{gateway.url}{path}?{query}")

            first = await sent(f"a=1&api_key={key}&b=%2F")
            again = await sent(f"a=1&b=%2F&api%5fkey={key}")
            refused = await sent(f"api_key={wrong}")
            several = await sent(f"api_key={key}&api_key={wrong}")
            moved = await sent(f"a=1&api_key={key}", "/moved")
            audit = tmp_path / "audit.log"
            await until(lambda: "SEVERAL_CREDENTIALS" in audit.read_text())
            await until(lambda: len(received.spans) >= 5)
            recent = await client.get(f"{gateway.control}/requests/recent")
            metrics = await client.get(f"{gateway.control}/metrics")
            services = await client.get(f"{gateway.control}/services")
            control = recent.text + metrics.text + services.text
            # One key of the cache, and a request line without the API key.
            assert first.text == again.text == "hi"
            assert service.request_line == "GET /known/a?a=1&b=%2F HTTP/1.1"
            assert len(service.heads) == 1
            assert (refused.status_code, several.status_code) == (401, 400)
            assert moved.headers["location"] == "https://elsewhere.example/x?a=1"
        texts = {
            "log": json.dumps(gateway.log) + "\n".join(gateway.complaints),
            "control": control,
            "audit": audit.read_text(),
            "spans": repr(received.spans),
            "records": repr(received.records),
            "service": repr(service.heads),
            "responses": refused.text + several.text + repr(refused.headers),
        }
    for place, text in texts.items():
        assert text, place
        assert not any(secret in text for secret in (key[5:], wrong[5:])), place
    assert "/known" in texts["log"]
    assert "API_KEY_UNKNOWN" in texts["control"]


def test_a_key_is_removed_from_fields_with_urls() -> None:
    page = b"https://h/page?api%5Fkey=secret&b=%FF"
    fields = ((b"referer", page), (b"x-original-url", page), (b"x-other", b"?"))

    head = QueryKeys("api_key").removed(request_head("/part", headers=fields))

    changed = b"https://h/page?b=%FF"
    lines = {(b"referer", changed), (b"x-original-url", changed), (b"x-other", b"?")}
    assert lines <= set(head.lines)
    assert not any(b"secret" in value for _, value in head.lines)
    assert head.headers[b"referer"] == changed
    assert not head.query_keys


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        (("query: api_key", "query: variables"), "identity.api_keys.query"),
        (("query: api_key", "query: 'a b'"), "identity.api_keys.query"),
        (
            (
                "routes:",
                "routes:\n  a: {path: /a, respond: {}, when: {query: {api_key: x}}}",
            ),
            "routes.a.when.query.api_key",
        ),
    ],
)
def test_a_parameter_that_is_read_by_others_is_an_error(
    tmp_path: Path, changes: tuple[str, str], place: str
) -> None:
    config = KEYS + "routes:\n  b: {path: /b, respond: {}}\n"
    (tmp_path / "weir.yaml").write_text(config.replace(*changes))

    with pytest.raises(ConfigError) as raised:
        load_config(tmp_path / "weir.yaml", {})

    (problem,) = raised.value.problems
    assert problem.line
    assert place in problem.message


async def test_a_variable_of_that_name_is_an_error(tmp_path: Path) -> None:
    config = KEYS.replace("/open}", "/open, operations: operations}")
    (tmp_path / "api-keys.json").write_text('{"keys": []}')
    (tmp_path / "operations").mkdir()
    file = tmp_path / "operations" / "a.graphql"
    file.write_text(
        'query A($api_key: Boolean!)\n@rest(path: "/a")\n'
        "{ __typename @include(if: $api_key) }"
    )

    with pytest.raises(ConfigError, match=r"\$api_key: is the parameter of `identity"):
        async with identified_gateway(tmp_path, config):
            pass
