"""The examples of docs/guides/operation-limits.md do what the page says."""

import json
import re
from pathlib import Path

import httpx
import pytest

from tests.support.demo import ROOT
from tests.support.documents import blocks
from tests.support.gateway import running_gateway
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError

PAGE = (ROOT / "docs" / "guides" / "operation-limits.md").read_text()
FILES = {each.file: each.text for each in blocks(PAGE) if each.file}
(COMMAND,) = (each.text for each in blocks(PAGE) if each.language == "sh")
RESPONSE, LINE = (
    json.loads(each.text) for each in blocks(PAGE) if each.language == "json"
)
SERVER = """
server: {port: "${WEIR_PORT}", control: "${WEIR_CONTROL}", drain_delay: 0s}
"""
ACCEPT = {"accept": "application/graphql-response+json"}
DEEP = "query Deep { product { similar { similar { name } } } }"
LONG = "{ product { similar(first: 21) { name } } }"


async def test_a_facade_lowers_the_limits_or_only_measures_its_own(
    tmp_path: Path,
) -> None:
    for name, text in FILES.items():
        (tmp_path / str(name)).write_text(text)
    config = tmp_path / "weir.yaml"
    config.write_text(SERVER + config.read_text())
    (body,) = re.findall(r"--json '(.*)'", COMMAND)
    async with (
        running_gateway(config) as gateway,
        httpx.AsyncClient(base_url=gateway.url, headers=ACCEPT) as client,
    ):
        refused = await client.post("/tv/graphql", json=json.loads(body))
        assert (refused.status_code, refused.json()) == (400, RESPONSE)

        long = await client.post("/tv/graphql", json={"query": LONG})
        assert long.status_code == 422
        (error,) = long.json()["errors"]
        assert error["extensions"]["code"] == "RESPONSE_TOO_LARGE"
        assert 'have 21 items in "similar"; 20 are allowed' in error["message"]

        for _ in range(2):
            measured = await client.post("/partner/graphql", json={"query": DEEP})
            assert "errors" not in measured.json()
            line = await gateway.logged("operation_limit_exceeded")
            assert line.items() >= LINE.items()
        measured = await client.post("/partner/graphql", json={"query": LONG})
        assert "errors" not in measured.json()
        line = await gateway.logged("operation_limit_exceeded")
        found = line["measured"], line["found"], line["limit"]
        assert found == ("items in the response", 21, 20)
        metrics = (await client.get(f"{gateway.control}/metrics")).text
    counted = 'gateway_operation_limit_exceeded_total{client_type="partner",'
    assert f'{counted}measured="levels"}} 2.0' in metrics
    assert f'{counted}measured="items in the response"}} 1.0' in metrics


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ("{depth: 60}", "60 has no effect, because `limits.depth` of all façades is"),
        ("{mode: measure}", "`mode: measure` has no effect without one of `depth`"),
        ("{depth: 0}", "limits.depth"),
        ("{dept: 3}", 'did you mean "depth"?'),
    ],
)
def test_a_limit_without_effect_is_an_error_with_its_line(
    tmp_path: Path, limits: str, message: str
) -> None:
    config = tmp_path / "weir.yaml"
    config.write_text(
        f'facades:\n  tv:\n    path: ""\n    limits: {limits}\n', encoding="utf-8"
    )

    with pytest.raises(ConfigError, match=re.escape(message)) as error:
        load_config(config, {})
    assert "weir.yaml:4" in str(error.value)
