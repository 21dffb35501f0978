"""Services found by DNS, whose answer moves from one instance to the other and back.

As in a deployment that replaces an instance: the name points elsewhere, the gateway
follows when the answer's time is over, and what was asked of the old one is finished.
Every service in turn, under the façades' reads; no read fails.
"""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from examples.streaming.load import running_load
from examples.streaming.ports import OFFSETS
from tests.support import serve_by_dns
from tests.support.chaos import Stage
from tests.support.demo import running_demo
from tests.support.dns_server import DnsServer, dns_server
from tests.support.gateway import demo_config, demo_variables, running_gateway
from tests.support.pace import measured_pace
from tests.support.phases import Phases
from tests.support.troubles import asked_of_each
from weir.gateway.discovery.dns_message import SrvTarget

LEAST_READS = 1500
TTL_S = 1
FOLLOWS_WITHIN_S = 5.0
STAYS_S = 2.0
HOST = "here.weir.test"

_INSTANCES = re.compile(r"    instances:\n(?:      - .*\n){2}")


@dataclass(frozen=True)
class NamedStage(Stage):
    """A stage whose gateway finds every service by its name."""

    dns: DnsServer

    def point(self, service: str, number: int) -> None:
        """Have the name of `service` mean its instance of this number alone."""
        target = SrvTarget(0, 1, self.instances(service)[number].port, HOST)
        self.dns.zone[srv_name(service), "SRV"] = (TTL_S, [target])

    async def until_followed(self, service: str, number: int) -> float:
        """Seconds until the gateway calls this instance alone."""
        instance = self.instances(service)[number]
        url = f"{self.gateway.control}/services/{service}/endpoints"
        began_s = time.monotonic()
        async with asyncio.timeout(FOLLOWS_WITHIN_S), httpx.AsyncClient() as http:
            while True:
                endpoints = (await http.get(url)).json()["endpoints"]
                if [each["url"] for each in endpoints] == [instance.url]:
                    return time.monotonic() - began_s
                await asyncio.sleep(0.02)


def srv_name(service: str) -> str:
    return f"_http._tcp.{service}.weir.test"


def found_by_dns(config: str) -> str:
    for service in OFFSETS:
        dns = f"{{name: {srv_name(service)}, records: srv}}"
        found = f"    discovery: {{dns: {dns}}}\n"
        config, count = _INSTANCES.subn(found, config, count=1)
        assert count == 1, service
    return config


@pytest.fixture
async def named(tmp_path: Path) -> AsyncIterator[NamedStage]:
    text = demo_config()
    config = tmp_path / "weir.yaml"
    config.write_text(found_by_dns(text))
    async with running_demo() as demo, dns_server() as dns:
        dns.zone[HOST, "A"] = (TTL_S, ["127.0.0.1"])
        for service, offset in OFFSETS.items():
            first = SrvTarget(0, 1, demo.base_port + offset + 1, HOST)
            dns.zone[srv_name(service), "SRV"] = (TTL_S, [first])
        host, port = dns.address
        command = (sys.executable, serve_by_dns.__file__, host, str(port))
        variables = demo_variables(demo.base_port)
        async with running_gateway(config, variables, command) as gateway:
            yield NamedStage(gateway, demo.base_port, dns)


async def test_instances_that_move_cost_no_answer(named: NamedStage) -> None:
    wrong_place: dict[str, int] = {}
    pace = await measured_pace(named.gateway.url)
    async with running_load(named.gateway.url, pace.per_second) as report:
        phases = Phases(report)
        await asyncio.sleep(2)
        phases.end("before")
        for service in OFFSETS:
            for number in (1, 0):
                named.point(service, number)
                took_s = await named.until_followed(service, number)
                await asyncio.sleep(0.2)  # what the old one was asked, it finishes
                await asked_of_each(named, service, reset=True)
                await asyncio.sleep(STAYS_S)
                counts = await asked_of_each(named, service)
                name = f"{service} at {number + 1}"
                wrong_place[name] = counts[1 - number]
                asked = f"{counts[number]} asked there, {counts[1 - number]} elsewhere"
                phases.end(name, f"followed after {took_s:.1f} s, {asked}")
                assert counts[number] > 0
    phases.end("after")

    print("\n".join(phases.table(f"names that move, {pace}")))
    assert report.sent >= pace.least(LEAST_READS)
    assert report.clean
    assert not any(wrong_place.values()), wrong_place
