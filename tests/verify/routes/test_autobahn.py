"""The cases of Autobahn's test suite for WebSocket, through the gateway.

Each case is a connection of the suite to its own echo server, with the gateway between.
What the server does with broken frames has to arrive, as if there were no gateway.
"""

import asyncio
import json
from collections import Counter
from pathlib import Path

from tests.support.autobahn import Autobahn, autobahn, echo_server, report
from tests.support.routed_gateway import routed_gateway

CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]
COMPRESSED = ["12.1.1", "12.1.5", "12.2.3", "12.4.2", "13.1.1", "13.3.2", "13.7.1"]
CONFIG = """
upstreams:
  echo: {{instances: ["{url}"], health: {{active: false}}}}
routes:
  echo: {{path: /*, proxy: {{upstream: echo, websocket: true}}}}
"""


async def test_the_cases_of_autobahn_pass_through_the_gateway(tmp_path: Path) -> None:
    suite = autobahn(tmp_path)
    async with (
        echo_server(suite) as url,
        routed_gateway(CONFIG.format(url=url)) as gateway,
    ):
        await _run(suite, gateway.port)
    outcomes = report(tmp_path)

    counts = Counter(
        (case.partition(".")[0], outcome["behavior"])
        for case, outcome in outcomes.items()
    )
    for (group, behaviour), count in sorted(counts.items()):
        print(f"{group:>3} {behaviour:<14} {count}")
    good = {"OK", "NON-STRICT", "INFORMATIONAL"}
    failed = {
        case: outcome
        for case, outcome in outcomes.items()
        if outcome["behavior"] not in good or outcome["behaviorClose"] not in good
    }
    assert len(outcomes) > 240
    assert not failed


async def _run(suite: Autobahn, port: int) -> None:
    """Let the suite connect to the gateway for each case."""
    spec = {
        "outdir": str(suite.folder / "reports"),
        "servers": [{"agent": "weir", "url": f"ws://127.0.0.1:{port}"}],
        "cases": [*CASES, *COMPRESSED],
        "exclude-cases": [],
        "exclude-agent-cases": {},
    }
    file = suite.folder / "spec.json"
    file.write_text(json.dumps(spec))
    process = suite.start("--mode", "fuzzingclient", "--spec", str(file))
    try:
        async with asyncio.timeout(1200):
            while process.poll() is None:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.5)
    finally:
        process.kill()
        process.wait()
