"""The configuration of docs/guides/audit.md writes the line that is on the page."""

import json
import re
from pathlib import Path

from tests.support.identified_gateway import bearer, identified_gateway
from tests.support.tokens import claims, rsa_key, token
from weir.gateway.telemetry.metrics.store import MetricsStore

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "audit.md").read_text()
(CONFIG,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
(LINE,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
GRAPH = """\
upstreams:
  books: {instances: [http://127.0.0.1:1], health: {active: false}}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
"""


async def test_a_rejected_token_leaves_the_line_of_the_page(tmp_path: Path) -> None:
    config = CONFIG.replace("discovery: true", "keys: keys.json") + GRAPH
    wrong = claims(iss="https://login.example.com", aud="another")
    async with identified_gateway(tmp_path, config) as gateway:
        await gateway.send("account", bearer(token(rsa_key(), "RS256", wrong)))

    text = (tmp_path / "audit.log").read_text()
    lines = [json.loads(each) for each in text.splitlines()]
    (line,) = (each for each in lines if each["kind"] == "access")
    changing = {"ts": line["ts"], "request_id": line["request_id"]}
    assert line == {**json.loads(LINE), **changing}


def test_the_metric_exists() -> None:
    name = MetricsStore().dropped_lines.snapshot().about.name

    assert f"`{name}_total" in PAGE
