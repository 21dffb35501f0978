"""A canary shift by the control port under 100 requests per second: none is lost."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.gateway import running_gateway
from tests.support.raw_service import ok, raw_service, responding

PER_SECOND, SHIFTS = 100, (5, 25, 50, 75, 95, 100)
CONFIG = """
server: {{port: "${{WEIR_PORT}}", control: "${{WEIR_CONTROL}}"}}
upstream_defaults: {{health: {{active: false}}, timeout: {{attempt: 50s, total: 50s}}}}
upstreams:
  stable: {{instances: ["{stable}"]}}
  canary: {{instances: ["{canary}"]}}
routes:
  users:
    path: /users/*
    timeout: 50s
    proxy:
      backends:
        stable: {{upstream: stable, weight: 100}}
        canary: {{upstream: canary, weight: 0}}
      sticky: header:x-user
"""


@dataclass
class Load:
    """Requests of 50 users at a fixed rate: the side of each, and what failed."""

    client: httpx.AsyncClient
    sides: list[tuple[int, str]] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    sent: int = 0

    async def run(self, stopped: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            while not stopped.is_set():
                group.create_task(self._send(self.sent % 50))
                self.sent += 1
                await asyncio.sleep(1 / PER_SECOND)

    async def _send(self, user: int) -> None:
        try:
            response = await self.client.get("/users/x", headers={"x-user": str(user)})
        except httpx.HTTPError as error:
            self.failures[repr(error)] += 1
            return
        if response.status_code == httpx.codes.OK:
            self.sides.append((user, response.text))
        else:
            self.failures[response.text] += 1


async def shift(control: httpx.AsyncClient) -> None:
    for share in SHIFTS:
        await asyncio.sleep(2)
        weights = {"stable": 100 - share, "canary": share}
        shifted = await control.post("/routes/users/weights", json=weights)
        assert shifted.status_code == httpx.codes.OK, shifted.text
    await asyncio.sleep(2)


async def test_a_canary_shift_under_load_loses_nothing(tmp_path: Path) -> None:
    async with (
        raw_service(responding(ok(b"stable"))) as stable,
        raw_service(responding(ok(b"canary"))) as canary,
    ):
        file = tmp_path / "weir.yaml"
        file.write_text(CONFIG.format(stable=stable.url, canary=canary.url))
        async with (
            running_gateway(file, {}) as gateway,
            httpx.AsyncClient(base_url=gateway.url, timeout=60) as client,
            httpx.AsyncClient(base_url=gateway.control, timeout=60) as control,
        ):
            load, stopped = Load(client), asyncio.Event()
            loading = asyncio.create_task(load.run(stopped))
            try:
                await shift(control)
            finally:
                stopped.set()
                await loading

    assert not load.failures
    assert len(load.sides) == load.sent
    print(f"{load.sent} requests, {len(SHIFTS)} shifts, none lost")
    assert {side for _, side in load.sides[-20:]} == {"canary"}
    for user in range(50):
        own = [side for each, side in load.sides if each == user]
        assert own == sorted(own, reverse=True), "a user went back to the old side"
