"""The registry at run time: an instance drained, added and taken out under load."""

import resource

import httpx

from tests.support.chaos import Stage
from tests.support.steady_load import assert_clean, steady_load


async def endpoints(control: httpx.AsyncClient) -> set[str]:
    answer = await control.get("/services/catalog/endpoints")
    return {each["url"] for each in answer.json()["endpoints"]}


async def test_instances_come_and_go_without_a_failed_answer(stage: Stage) -> None:
    gateway = stage.gateway
    first, second = (each.url for each in stage.instances("catalog"))
    place = f"/services/catalog/endpoints/{first.removeprefix('http://')}"
    async with httpx.AsyncClient(base_url=gateway.control, timeout=60) as control:
        async with steady_load(gateway.url) as load:
            drained = await control.put(place, json={"enabled": False})
            after_drain = await endpoints(control)
            await load.responses(40)
            back = await control.put(place, json={"enabled": True, "weight": 2})
            after_back = await endpoints(control)
            await load.responses(40)
            gone = await control.delete(place)
            after_gone = await endpoints(control)
            await load.responses(40)
        refused = await control.delete("/services/catalog")
        unknown = await control.put("/services/x/endpoints/h:1", json={})
        wrong = await control.put(place, json={"wieght": 2})

    assert [each.status_code for each in (drained, back, gone)] == [200, 200, 200]
    assert after_drain == {second}
    assert after_back == {first, second}
    assert after_gone == {second}
    assert_clean(load.report)
    assert refused.status_code == 422
    assert 'unknown upstream "catalog"' in refused.json()["detail"]
    assert unknown.json()["code"] == "NOT_REGISTERED"
    assert wrong.status_code == 400


async def test_a_change_that_cannot_be_written_changes_nothing(stage: Stage) -> None:
    gateway = stage.gateway
    first, _ = stage.instances("catalog")
    async with httpx.AsyncClient(base_url=gateway.control, timeout=60) as control:
        before = await endpoints(control)
        # As on a full disk: the gateway can write no byte into a file.
        resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (0, 0))
        place = f"/services/catalog/endpoints/{first.url.removeprefix('http://')}"
        refused = await control.put(place, json={"enabled": False})
        after = await endpoints(control)

    assert refused.json()["code"] == "CONFIG_READ_ONLY"
    assert after == before
