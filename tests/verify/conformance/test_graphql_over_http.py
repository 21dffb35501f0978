"""The audits of the GraphQL-over-HTTP specification, by graphql-http's own suite.

https://github.com/graphql/graphql-http: MUST, SHOULD and MAY of the specification, each
an audit that says ok, notice (a MAY), warn (a SHOULD) or error (a MUST).
"""

import asyncio
import json
from asyncio.subprocess import PIPE
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.demo import ROOT, Demo
from tests.support.gateway import demo_variables, running_gateway
from tests.support.npm_packages import install, npm
from tests.support.partner_demo import partner_demo
from tests.verify.conformance.conftest import Report

_SOURCES = ROOT / "tests" / "verify" / "conformance" / "graphql_http"
_LIMIT_S = 120


@pytest.fixture(scope="module")
def audit(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The command that audits a URL; kept in pytest's cache folder."""
    if (found := npm()) is None:
        pytest.skip("graphql-http needs Node and npm, which are not here")
    cache: pytest.Cache = request.config.cache
    return install(found, _SOURCES, "audit.mjs", cache.mkdir("graphql-http"))


@pytest.mark.parametrize("facade", ["web", "mobile", "tv", "console", "partner"])
async def test_a_facade_speaks_graphql_over_http_to_the_letter(
    audit: tuple[str, ...],
    report: Report,
    demo: Demo,
    tmp_path: Path,
    facade: str,
) -> None:
    # The audits are operations of their own, which partners of the demo may not run.
    partner = partner_demo(tmp_path)
    variables = demo_variables(demo.base_port)
    async with running_gateway(partner.config, variables) as gateway:
        url = f"{gateway.url}/{facade}/graphql"
        results = await _audited((*audit, url, partner.key))

    counts = Counter(result["status"] for result in results)
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    report(f"GraphQL over HTTP, /{facade}/graphql, of {len(results)} audits: {told}")
    failed = [result for result in results if result["status"] != "ok"]
    for result in failed:
        report(f"  {result['status']}: {result['name']}: {result['reason']}")
    assert len(results) > 50
    assert failed == []


async def _audited(command: tuple[str, ...]) -> list[dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    async with asyncio.timeout(_LIMIT_S):
        said, _ = await process.communicate()
    assert process.returncode == 0
    results: list[dict[str, Any]] = json.loads(said)
    return results
