"""The registry at run time: an instance drained, added and taken out under load."""

import asyncio
import resource
from pathlib import Path

import httpx

from examples.streaming.load import running_load
from tests.support.chaos import Stage
from tests.support.demo import running_demo
from tests.support.gateway import demo_config, demo_variables, running_gateway


async def endpoints(control: httpx.AsyncClient) -> set[str]:
    answer = await control.get("/services/catalog/endpoints")
    return {each["url"] for each in answer.json()["endpoints"]}


async def test_instances_come_and_go_without_a_failed_answer(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text(demo_config())
    async with (
        running_demo() as demo,
        running_gateway(file, demo_variables(demo.base_port)) as gateway,
        httpx.AsyncClient(base_url=gateway.control, timeout=30) as control,
    ):
        first, second = (
            each.url for each in Stage(gateway, demo.base_port).instances("catalog")
        )
        place = f"/services/catalog/endpoints/{first.removeprefix('http://')}"
        async with running_load(gateway.url, per_second=50) as report:
            drained = await control.put(place, json={"enabled": False})
            after_drain = await endpoints(control)
            await asyncio.sleep(1)
            back = await control.put(place, json={"enabled": True, "weight": 2})
            after_back = await endpoints(control)
            await asyncio.sleep(1)
            gone = await control.delete(place)
            after_gone = await endpoints(control)
        refused = await control.delete("/services/catalog")
        unknown = await control.put("/services/x/endpoints/h:1", json={})
        wrong = await control.put(place, json={"wieght": 2})

    assert [each.status_code for each in (drained, back, gone)] == [200, 200, 200]
    assert after_drain == {second}
    assert after_back == {first, second}
    assert after_gone == {second}
    assert report.clean, "\n".join(report.lines())
    assert refused.status_code == 422
    assert 'unknown upstream "catalog"' in refused.json()["detail"]
    assert unknown.json()["code"] == "NOT_REGISTERED"
    assert wrong.status_code == 400


async def test_a_change_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text(demo_config())
    async with (
        running_demo() as demo,
        running_gateway(file, demo_variables(demo.base_port)) as gateway,
        httpx.AsyncClient(base_url=gateway.control, timeout=30) as control,
    ):
        first, _ = Stage(gateway, demo.base_port).instances("catalog")
        before = await endpoints(control)
        # As on a full disk: the gateway can write no byte into a file.
        resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (0, 0))
        place = f"/services/catalog/endpoints/{first.url.removeprefix('http://')}"
        refused = await control.put(place, json={"enabled": False})
        after = await endpoints(control)

    assert refused.json()["code"] == "CONFIG_READ_ONLY"
    assert after == before
