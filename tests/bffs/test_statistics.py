"""The statistics of the control port are those of this process."""

import os
from pathlib import Path
from typing import Any

from msgspec import structs

from tests.support import events
from tests.support.controlled_app import controlled_app


async def test_requests_are_counted_by_facade_route_and_service(tmp_path: Path) -> None:
    async with controlled_app(tmp_path) as running:
        request = structs.replace(
            events.REQUEST, method="POST", route="/web/graphql", operation=""
        )
        running.app.sink.emit(request)
        running.app.sink.emit(structs.replace(request, status=500))
        running.app.sink.emit(structs.replace(events.ATTEMPT, upstream="books"))
        response = await running.control.get("/api/v1/metrics/requests")

    windows: list[dict[str, Any]] = response.json()["windows"]
    assert [each["window_s"] for each in windows] == [60, 300, 3600]
    (facade,) = windows[0]["facades"]
    assert (facade["name"], facade["error_share"]) == ("web", 0.5)
    assert facade["requests_per_s"] > 0
    assert windows[0]["operations"] == []
    assert windows[0]["routes"][0]["name"] == "POST /web/graphql"
    assert windows[0]["services"][0]["name"] == "books"


async def test_the_use_of_the_machine_is_plausible(tmp_path: Path) -> None:
    async with controlled_app(tmp_path) as running:
        response = await running.control.get("/api/v1/metrics/system")

    system = response.json()
    process, machine = system["process"], system["machine"]
    assert process["pid"] == os.getpid()
    assert process["cpu_s"] > 0
    assert 0 < process["descriptors"] < process["max_descriptors"]
    assert 0 < process["memory_bytes"] < machine["memory_bytes"]
    assert machine["cpus"] == os.cpu_count()
    assert 0 < machine["disk_free_bytes"] < machine["disk_bytes"]
