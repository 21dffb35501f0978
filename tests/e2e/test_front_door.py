"""What clients, operators and services see of the running demo, one gateway for all."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import httpx
import pytest
import pytest_asyncio
from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    get_introspection_query,
    print_schema,
)
from openapi_spec_validator import validate

from examples.streaming.service_logs import ServiceLogs
from tests.support.chaos import Stage
from tests.support.demo import ROOT, Demo
from tests.support.gateway import demo_variables, running_gateway
from weir.bffs.cli.control_port import CallRejected, call_control_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

FACADES = ("web", "mobile", "tv")
TRACE_ID, PARENT_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
ID = re.compile(r"[0-9a-f]{32}")
README = (ROOT / "examples" / "streaming" / "README.md").read_text()
(KEY,) = re.findall(r"X-API-Key: (weir_\w+)", README)
PARTNER = {"x-api-key": KEY}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(shared_demo: Demo) -> AsyncIterator[Stage]:
    variables = demo_variables(shared_demo.base_port)
    async with running_gateway(variables=variables) as gateway:
        yield Stage(gateway, shared_demo.base_port)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stage.gateway.url) as client:
        yield client


async def test_a_request_id_is_taken_or_given(http: httpx.AsyncClient) -> None:
    taken = await http.get("/health", headers={"x-request-id": "order-7"})
    given = await http.get("/health")
    unusable = await http.get("/health", headers={"x-request-id": "x" * 500})

    assert taken.headers["x-request-id"] == "order-7"
    assert ID.fullmatch(given.headers["x-request-id"])
    assert ID.fullmatch(unusable.headers["x-request-id"])


async def test_commands_recognize_a_port_that_is_not_the_control_port(
    stage: Stage,
) -> None:
    data_port = stage.gateway.url.removeprefix("http://")

    with pytest.raises(CallRejected, match="not the control port of a gateway"):
        await asyncio.to_thread(call_control_port, data_port, "", "GET", "/usage")


async def test_services_are_told_who_asks_and_in_which_trace(
    stage: Stage, http: httpx.AsyncClient
) -> None:
    headers = {
        "x-request-id": "home-1",
        "traceparent": f"00-{TRACE_ID}-{PARENT_ID}-01",
        "x-client-type": "forged",
        "forwarded": "for=6.6.6.6",
    }
    async with httpx.AsyncClient() as services:
        logs = ServiceLogs(services, stage.base_port)
        await logs.reset()
        await http.get("/tv/v1/home", headers=headers)
        asked = await logs.asked()

    assert len(asked.services) == 5
    for entry in asked.entries:
        assert entry["request_id"] == "home-1"
        assert entry["client_type"] == "tv"
        assert "forwarded" not in entry, "a client's own is not passed on"
        version, trace_id, parent_id, flags = entry["traceparent"].split("-")
        assert (version, trace_id, flags) == ("00", TRACE_ID, "01")
        assert parent_id != PARENT_ID


async def test_each_request_is_one_line_of_json(
    stage: Stage, http: httpx.AsyncClient
) -> None:
    headers = {
        "x-request-id": "line-1",
        "traceparent": f"00-{TRACE_ID}-{PARENT_ID}-00",
        "accept-encoding": "identity",
    }
    answer = await http.get("/web/v1/titles/t1", headers=headers)
    line = await stage.gateway.logged("request")
    while line["request_id"] != "line-1":
        line = await stage.gateway.logged("request")

    generation = await control(stage, "/generation")
    assert line["generation"] == generation.json()["id"]
    assert line.pop("duration_ms") > 0
    assert line.pop("ts").endswith("Z")
    expected = {
        "level": "info",
        "event": "request",
        "trace_id": TRACE_ID,
        "client_type": "web",
        "method": "GET",
        "route": "/web/v1/titles/{id}",
        "operation": "Title",
        "status": 200,
        "code": "",
        "bytes": len(answer.content),
        "client": "127.0.0.1",
    }
    assert {name: line[name] for name in expected} == expected


async def control(stage: Stage, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=stage.gateway.control) as client:
        return await client.get(path)


async def test_metrics_have_names_and_bounded_labels(
    stage: Stage, http: httpx.AsyncClient
) -> None:
    await http.get("/web/v1/titles/t1")
    await http.get("/web/v1/titles/t2")
    await http.get("/web/v1/nowhere/at-all")
    text = (await control(stage, "/metrics")).text

    for series in (
        'gateway_requests_total{client_type="web",method="GET",'
        'path="/web/v1/titles/{id}",status="200"} ',
        'gateway_request_duration_count{method="GET",path="/web/v1/titles/{id}"',
        'gateway_backend_duration_count{endpoint="',
        'gateway_fetch_duration_bucket{le="0.001",subgraph="catalog"} ',
        'gateway_circuit_breaker_state{service="catalog",state="closed"} 1.0',
        'gateway_instance_healthy{instance="',
        "gateway_generation_info{",
        "gateway_active_connections ",
    ):
        assert series in text, f"{series} is not in\n{text}"
    assert "t1" not in text
    assert "at-all" not in text


async def test_an_encoded_slash_is_not_a_way_to_another_path(
    http: httpx.AsyncClient,
) -> None:
    query = {"query": "{ popular { id } }"}

    statuses = {
        path: (await http.post(path, json=query)).status_code
        for path in ("/web/graphql", "/%77eb/graphql", "/web%2Fgraphql")
    }
    rest = await http.get("/web%2Fv1/home")

    assert statuses == {
        "/web/graphql": 200,
        "/%77eb/graphql": 200,
        "/web%2Fgraphql": 404,
    }
    assert rest.status_code == 404


async def test_an_etag_saves_the_body(http: httpx.AsyncClient) -> None:
    first = await http.get("/web/v1/titles/t814")
    again = await http.get(
        "/web/v1/titles/t814", headers={"if-none-match": first.headers["etag"]}
    )
    other = await http.get("/web/v1/titles/t814", headers={"if-none-match": '"x"'})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["vary"] == first.headers["vary"] == "Accept-Encoding"
    assert "content-type" not in again.headers
    assert other.status_code == 200


async def test_a_change_is_read_back_on_every_facade(http: httpx.AsyncClient) -> None:
    by_rest = await http.post(
        "/mobile/v1/titles/t957/progress?user=u50", json={"positionSeconds": 1234}
    )
    read = await http.get("/web/v1/titles/t957?user=u50")
    mutation = """mutation {
      setProgress(user: "u50", title: "t957", positionSeconds: 4321) {
        title { name progress(user: "u50") { positionSeconds } }
      }
    }"""
    by_graphql = await http.post("/tv/graphql", json={"query": mutation})
    read_again = await http.get("/web/v1/titles/t957?user=u50")

    assert by_rest.json()["positionSeconds"] == 1234
    assert by_rest.headers["cache-control"] == "no-store"
    assert read.json()["progress"]["positionSeconds"] == 1234
    changed = by_graphql.json()["data"]["setProgress"]
    assert changed["title"]["progress"]["positionSeconds"] == 4321
    assert read_again.json()["progress"]["positionSeconds"] == 4321


@pytest.mark.parametrize(
    ("title", "position_s", "status", "code"),
    [
        ("t957", -1, 400, "BAD_USER_INPUT"),
        ("nothing", 1, 404, "RESOURCE_NOT_FOUND"),
    ],
)
async def test_what_a_service_refuses_is_told_as_the_clients_error(
    http: httpx.AsyncClient, title: str, position_s: int, status: int, code: str
) -> None:
    refused = await http.post(
        f"/mobile/v1/titles/{title}/progress", json={"positionSeconds": position_s}
    )

    assert refused.status_code == status
    assert refused.json()["code"] == code


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/web/v1/home", "GET, HEAD, OPTIONS"),
        ("/web/v1/titles/t1/progress", "OPTIONS, POST"),
        ("/web/graphql", "GET, HEAD, OPTIONS, POST"),
        ("/health", "GET, HEAD, OPTIONS"),
    ],
)
async def test_options_tell_what_a_path_takes(
    http: httpx.AsyncClient, path: str, methods: str
) -> None:
    asked = await http.options(path)
    refused = await http.request("PATCH", path)

    assert (asked.status_code, asked.headers["allow"]) == (204, methods)
    assert (refused.status_code, refused.headers["allow"]) == (405, methods)


async def introspected(http: httpx.AsyncClient, facade: str) -> GraphQLSchema:
    query = {"query": get_introspection_query(input_value_deprecation=True)}
    answer = (await http.post(f"/{facade}/graphql", json=query)).json()
    assert "errors" not in answer
    return build_client_schema(answer["data"])


def has(schema: GraphQLSchema, coordinate: str) -> bool:
    type_name, _, field_name = coordinate.partition(".")
    found = schema.type_map.get(type_name)
    return isinstance(found, GraphQLObjectType) and field_name in found.fields


async def test_each_facade_shows_its_own_fields_and_hides_the_others(
    http: httpx.AsyncClient,
) -> None:
    tagged = {
        "Title.boxOffice": "web",
        "ReviewSummary.histogram": "web",
        "Title.downloads": "mobile",
        "Title.badge": "mobile",
        "Query.home": "mobile",
        "Title.verdict": "web",
        "Title.headline": "tv",
        "Title.ambientVideo": "tv",
        "Stream.dolbyVision": "tv",
    }
    schemas = {facade: await introspected(http, facade) for facade in FACADES}

    for coordinate, owner in tagged.items():
        shown = [name for name, schema in schemas.items() if has(schema, coordinate)]
        assert shown == [owner], coordinate
    for schema in schemas.values():
        assert schema.mutation_type is not None
        assert "BoxOffice" not in schema.type_map or schema is schemas["web"]
        assert not {"_Any", "_Entity", "_Service", "join__Graph"} & set(schema.type_map)
        assert not {"key", "tag", "inaccessible"} & {d.name for d in schema.directives}


async def test_a_view_model_joins_the_services(
    stage: Stage, http: httpx.AsyncClient
) -> None:
    async with httpx.AsyncClient() as services:
        logs = ServiceLogs(services, stage.base_port)
        await logs.reset()
        start = (await http.get("/mobile/v1/start")).json()
        asked = await logs.asked()

    assert asked.services == ("catalog", "recommendations")
    first = start["rows"][0]["titles"][0]
    assert first["name"] == "Drag Me To Hell"
    assert first["badge"] == {"kind": "CRITICS", "text": "92 % of critics"}
    assert [len(row["titles"]) for row in start["rows"]] == [8] * 4


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/web/v1/charts", {"verdict": "Loved by audiences"}),
        ("/tv/v1/screensaver", {"headline": "1994 · R"}),
        ("/console/v1/screensaver", {"headline": "1994 · R"}),
        (
            "/partner/v2/listing?first=2",
            {"link": "https://streaming.example/titles/t431", "forFamilies": False},
        ),
    ],
)
async def test_each_facade_has_a_view_model(
    http: httpx.AsyncClient, path: str, fields: dict[str, object]
) -> None:
    found = (await http.get(path, headers=PARTNER)).json()

    assert "_weir" not in found
    assert found["items"][0].items() >= fields.items()


async def test_a_console_has_the_contract_of_a_tv_and_its_own_profile(
    http: httpx.AsyncClient,
) -> None:
    contracts = [
        print_schema(await introspected(http, each)) for each in ("console", "tv")
    ]
    posters = [
        (await http.get(f"/{each}/v1/titles/t1")).json()["poster"]["url"]
        for each in ("console", "tv")
    ]

    assert contracts[0] == contracts[1]
    assert posters[0].endswith(".avif?width=3840")
    assert posters[1].endswith(".webp?width=1920")


async def test_partners_need_a_key_and_have_a_plan(http: httpx.AsyncClient) -> None:
    before = (await http.get("/partner/usage", headers=PARTNER)).json()
    visitor = await http.get("/partner/v1/titles/t431")
    old = await http.get("/partner/v1/titles/t431", headers=PARTNER)
    new = await http.get("/partner/v2/titles/t431", headers=PARTNER)
    usage = (await http.get("/partner/usage", headers=PARTNER)).json()

    assert visitor.status_code == httpx.codes.UNAUTHORIZED
    assert old.json()["name"] == new.json()["title"] == "The Shawshank Redemption"
    assert old.headers["sunset"] == "Fri, 30 Apr 2027 23:59:59 GMT"
    assert "sunset" not in new.headers
    assert new.headers["cache-control"].startswith("private")
    assert usage["plan"] == "free"
    used = [
        next(each["used"] for each in found["limits"] if each["name"] == "day")
        for found in (before, usage)
    ]
    assert used[1] - used[0] == 2


async def test_partners_run_stored_operations_alone(http: httpx.AsyncClient) -> None:
    by_id = {"documentId": "v2.Popular", "variables": {"first": 2}}
    found = await http.post("/partner/graphql", json=by_id, headers=PARTNER)
    own = {"query": "{ popular { name } }"}
    refused = await http.post("/partner/graphql", json=own, headers=PARTNER)

    assert [each["year"] for each in found.json()["data"]["popular"]] == [1994, 2008]
    (error,) = refused.json()["errors"]
    assert error["extensions"]["code"] == "PERSISTED_QUERY_ID_REQUIRED"


@pytest.mark.parametrize(
    ("version", "paths"),
    [
        ("v1", {"/search", "/titles/{id}"}),
        ("v2", {"/listing", "/search", "/titles", "/titles/{id}"}),
    ],
)
async def test_a_version_describes_its_endpoints_and_credentials(
    http: httpx.AsyncClient, version: str, paths: set[str]
) -> None:
    answer = await http.get(f"/partner/{version}/openapi.json", headers=PARTNER)
    document = answer.json()

    validate(document)
    assert document["paths"].keys() == paths
    for item in document["paths"].values():
        assert item["get"]["security"] == [{"bearer": []}, {"apiKey": []}]


JSON = {"content-type": "application/json"}
RESPONSE = "application/graphql-response+json"
Malformed: TypeAlias = tuple[str, str, dict[str, str], bytes, int]
MALFORMED: list[Malformed] = [
    ("POST", "/web/graphql", JSON, b"", 400),
    ("POST", "/web/graphql", JSON, b"{", 400),
    ("POST", "/web/graphql", JSON, b"\xff\xfe", 400),
    ("POST", "/web/graphql", JSON, b"[" * 100_000, 400),
    ("POST", "/web/graphql", JSON, b'{"query": 1}', 400),
    ("POST", "/web/graphql", JSON, b'{"query": "{ a", "variables": "x"}', 400),
    ("POST", "/web/graphql", {"content-type": "text/plain"}, b"{}", 415),
    ("POST", "/web/graphql", {**JSON, "accept": "text/html"}, b"{}", 406),
    ("PATCH", "/web/graphql", JSON, b"{}", 405),
    ("GET", "/web/graphql", {}, b"", 400),
    ("GET", "/web/graphql?query=%7B", {"accept": RESPONSE}, b"", 400),
    ("GET", "/web/v1/search", {}, b"", 400),
    ("GET", "/web/v1/search?q=a&q=b", {}, b"", 400),
    ("GET", "/web/v1/search?q=a&sort=up", {}, b"", 400),
    ("GET", "/web/v1/titles/%00", {}, b"", 404),
    ("GET", "/web/v1/titles/no-such", {}, b"", 404),
    ("GET", "/web/v1/nowhere", {}, b"", 404),
    ("DELETE", "/web/v1/home", {}, b"", 405),
    ("POST", "/web/v1/titles/t1/progress", JSON, b"", 400),
    ("POST", "/web/v1/titles/t1/progress", JSON, b"[1]", 400),
    ("POST", "/web/v1/titles/t1/progress", JSON, b'{"positionSeconds": 1e99}', 400),
    ("POST", "/web/v1/titles/t1/progress", JSON, b'{"position": 1}', 400),
    ("POST", "/web/graphql", JSON, b" " * (2 * 1024 * 1024), 413),
]


@pytest.mark.parametrize("malformed", MALFORMED)
async def test_what_is_malformed_is_told_and_leaves_no_traceback(
    stage: Stage, http: httpx.AsyncClient, malformed: Malformed
) -> None:
    method, path, headers, body, status = malformed
    answer = await http.request(method, path, headers=headers, content=body)
    told: dict[str, Any] = answer.json()

    assert answer.status_code == status, told
    if "graphql" in path:
        assert told["errors"][0]["message"]
        assert told["errors"][0]["extensions"]["code"]
    else:
        assert answer.headers["content-type"] == "application/problem+json"
        assert told["status"] == status
        assert told["detail"]
        assert told["request_id"] == answer.headers["x-request-id"]
    assert not [line for line in stage.gateway.complaints if "Traceback" in line]
