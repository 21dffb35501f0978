"""A real browser, and pages of other origins: what CORS allows, and nothing else.

Behind the gateway is a counter that each mutation increases. Pages of another origin
try to read it, and to change it.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.chromium import found_by_page
from tests.support.conditions import until
from tests.support.gateway import Gateway, running_gateway

COUNTER = """
import strawberry

counted = []

@strawberry.type
class Query:
    @strawberry.field
    def count(self) -> int:
        return len(counted)

@strawberry.type
class Mutation:
    @strawberry.mutation
    def increase(self) -> int:
        counted.append(1)
        return len(counted)

schema = strawberry.federation.Schema(Query, Mutation)
"""
OPERATION = """
mutation Increase @rest(method: POST, path: "/increase") { increase }
"""
CONFIG = """
server: {port: "${WEIR_PORT}", control: "${WEIR_CONTROL}", drain_delay: 0s}
subgraphs: {counter: {python: "counter:schema"}}
facades:
  open:
    path: /open
    cors:
      origins: ["*"]
      expose: [x-request-id]
      max_age: 1h
  closed:
    path: /closed
    operations: operations
    cors: {origins: ["https://shop.example"]}
  plain: {path: /plain, operations: operations}
"""
REFUSED = 3 * 3 * 2 + 2 * 3 + 1
"""Forms and blind requests of three types, to each operation, and a beacon."""
FORM = """
const submitted = (action, enctype) => new Promise(done => {
  const frame = document.createElement("iframe");
  frame.name = "f" + Math.random();
  document.body.append(frame);
  const form = document.createElement("form");
  Object.assign(form, {action, enctype, method: "post", target: frame.name});
  const field = document.createElement("input");
  field.name = '{"query": "mutation { increase }", "x": "';
  field.value = '"}';
  form.append(field);
  document.body.append(form);
  frame.onload = () => setTimeout(done, 0);
  form.submit();
});
"""
SENT = """
const read = async (path, options) => {
  try {
    const response = await fetch(GATEWAY + path, options);
    return {
      type: response.type,
      status: response.status,
      text: response.type == "opaque" ? "" : await response.text(),
      id: response.headers.get("x-request-id"),
      hidden: response.headers.get("referrer-policy"),
    };
  } catch (error) {
    return {type: "error"};
  }
};
const json = {
  method: "POST",
  headers: {"content-type": "application/json"},
  body: '{"query": "{ count }"}',
};
"""


@asynccontextmanager
async def counting_gateway(folder: Path) -> AsyncIterator[Gateway]:
    (folder / "counter.py").write_text(COUNTER)
    (folder / "operations").mkdir()
    (folder / "operations" / "increase.graphql").write_text(OPERATION)
    (folder / "weir.yaml").write_text(CONFIG)
    async with running_gateway(folder / "weir.yaml") as gateway:
        yield gateway


async def page(gateway: Gateway, script: str, folder: Path) -> dict[str, Any]:
    where = f'const GATEWAY = "{gateway.url}";'
    found = await found_by_page(where + SENT + FORM + script, folder / "browser")
    assert "error" not in found, found
    assert isinstance(found, dict)
    return found


async def count(gateway: Gateway) -> int:
    """Return the number of changes, as a client without a browser reads it."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{gateway.url}/plain/graphql", json={"query": "{ count }"}
        )
    number: int = answer.json()["data"]["count"]
    return number


async def preflights(gateway: Gateway) -> float:
    async with httpx.AsyncClient() as client:
        metrics = (await client.get(f"{gateway.control}/metrics")).text
    lines = re.findall(r'gateway_requests_total\{.*method="OPTIONS".*\} (\S+)', metrics)
    return sum(map(float, lines))


def refusals(gateway: Gateway) -> list[dict[str, Any]]:
    """Return the log lines of the POST requests that did not pass."""
    return [
        each
        for each in gateway.log
        if each.get("event") == "request"
        and each["method"] == "POST"
        and each["status"] != httpx.codes.OK
    ]


async def test_a_page_of_another_origin_reads_what_cors_allows_and_nothing_else(
    tmp_path: Path,
) -> None:
    async with counting_gateway(tmp_path) as gateway:
        found = await page(
            gateway,
            """
            return {
              allowed: await read("/open/graphql", json),
              missing: await read("/open/missing"),
              cookies: await read("/open/graphql", {...json, credentials: "include"}),
              other: await read("/closed/graphql", json),
              simple: await read("/closed/graphql?query=%7Bcount%7D"),
              none: await read("/plain/graphql", json),
              blind: await read("/plain/graphql?query=%7Bcount%7D", {mode: "no-cors"}),
            };
            """,
            tmp_path,
        )

    allowed = found["allowed"]
    assert (allowed["type"], allowed["status"]) == ("cors", 200)
    assert allowed["text"] == '{"data":{"count":0}}'
    assert allowed["id"]
    assert allowed["hidden"] is None
    # An error can be read as well, so that a page can show it.
    assert found["missing"]["status"] == 404
    # `*` does not cover requests with cookies.
    for name in ("cookies", "other", "simple", "none", "blind"):
        assert found[name]["type"] == "error", name


async def test_preflights_are_cached(tmp_path: Path) -> None:
    async with counting_gateway(tmp_path) as gateway:
        found = await page(
            gateway,
            """
            const statuses = [];
            for (let number = 0; number < 5; number++)
              statuses.push((await read("/open/graphql", json)).status);
            return {statuses};
            """,
            tmp_path,
        )
        asked = await preflights(gateway)

    assert found["statuses"] == [200] * 5
    assert asked == 1


async def test_no_page_of_another_origin_changes_anything(tmp_path: Path) -> None:
    async with counting_gateway(tmp_path) as gateway:
        await page(
            gateway,
            """
            const body = '{"query": "mutation { increase }"}';
            for (const facade of ["/open", "/closed", "/plain"])
              for (const type of [
                "text/plain", "application/x-www-form-urlencoded",
                "multipart/form-data",
              ]) {
                await submitted(`${GATEWAY}${facade}/graphql`, type);
                await read(`${facade}/graphql`, {
                  method: "POST", mode: "no-cors", body,
                  headers: {"content-type": type},
                });
              }
            for (const facade of ["/closed", "/plain"]) {
              await submitted(`${GATEWAY}${facade}/increase`, "text/plain");
              await read(`${facade}/increase`, {method: "POST", mode: "no-cors"});
              await read(`${facade}/increase`, {
                method: "POST", mode: "no-cors", body: new Blob([body]),
              });
              await read(`${facade}/graphql`, {...json, body});
            }
            navigator.sendBeacon(GATEWAY + "/plain/graphql", body);
            await read(
              "/plain/graphql?query=mutation%7Bincrease%7D", {mode: "no-cors"}
            );
            return {};
            """,
            tmp_path,
        )
        assert await count(gateway) == 0
        await until(lambda: len(refusals(gateway)) >= REFUSED)
        codes = {each["code"] for each in refusals(gateway)}
        assert codes <= {"CSRF_PREVENTED", "UNSUPPORTED_MEDIA_TYPE"}

        # The same page can change what CORS allows.
        mutation = """
            const body = '{"query": "mutation { increase }"}';
            return {changed: await read("/open/graphql", {...json, body})};
        """
        found = await page(gateway, mutation, tmp_path)
        assert found["changed"]["status"] == 200
        assert await count(gateway) == 1
