"""Instances by Docker, from a server that speaks its API at a socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.discovery_sources.docker import (
    USERS,
    FakeDocker,
    container,
    fake_docker,
)
from tests.support.discovery_sources.following import first, following
from weir.gateway.discovery.docker import DockerDiscovery
from weir.gateway.discovery.errors import DiscoveryError
from weir.gateway.discovery.policy import DockerPolicy


@pytest.fixture
async def docker(tmp_path: Path) -> AsyncIterator[FakeDocker]:
    async with fake_docker(tmp_path) as server:
        yield server


def discovery(docker: FakeDocker, network: str = "") -> DockerDiscovery:
    name, _, value = USERS.partition("=")
    return DockerDiscovery(
        DockerPolicy(
            labels=((name, value),),
            port=8080,
            network=network,
            socket=str(docker.socket),
        )
    )


async def test_running_containers_with_the_labels_are_instances(
    docker: FakeDocker,
) -> None:
    docker.containers = [
        container("a", shop="10.0.0.1"),
        container("b", shop="fd00::1"),
        container("c", "com.docker.compose.service=orders", shop="10.0.0.3"),
    ]

    found = await first(discovery(docker))

    assert found == {"http://10.0.0.1:8080": 1, "http://[fd00::1]:8080": 1}
    path, filters = docker.queries[0]
    assert path == "/containers/json"
    assert filters == {
        "status": ["running"],
        "health": ["healthy", "none"],
        "label": [USERS],
    }


async def test_containers_are_listed_again_after_an_event(docker: FakeDocker) -> None:
    docker.containers = [container("a", shop="10.0.0.1")]
    async with following(discovery(docker)) as changes:
        assert await anext(changes) == {"http://10.0.0.1:8080": 1}
        docker.change(container("b", shop="10.0.0.2"))
        assert await anext(changes) == {"http://10.0.0.2:8080": 1}
        docker.change()
        assert await anext(changes) == {}
        docker.lines.put_nowait(None)
        with pytest.raises(StopAsyncIteration):
            await anext(changes)

    paths = [path for path, _ in docker.queries]
    assert paths == ["/containers/json", "/events", *["/containers/json"] * 2]
    assert "health_status" in docker.queries[1][1]["event"]


async def test_the_address_is_that_in_the_configured_network(
    docker: FakeDocker,
) -> None:
    docker.containers = [container("a", shop="10.0.0.1", other="10.1.0.1")]

    assert await first(discovery(docker, "other")) == {"http://10.1.0.1:8080": 1}


@pytest.mark.parametrize(
    ("networks", "network", "reason"),
    [
        ({"a": "10.0.0.1", "b": "10.0.0.2"}, "", "are: a, b; expected exactly one"),
        ({"a": "10.0.0.1"}, "shop", 'are: a; expected "shop"'),
        ({"host": ""}, "", "are: none; expected exactly one, or set `network`"),
    ],
)
async def test_a_container_without_one_address_is_an_error_with_its_networks(
    docker: FakeDocker, networks: dict[str, str], network: str, reason: str
) -> None:
    docker.containers = [container("a", **networks)]

    with pytest.raises(DiscoveryError, match=reason):
        await first(discovery(docker, network))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"<html>Welcome</html>", "JSON is malformed"),
        (b'{"message": "no"}', "Expected `array`, got `object`"),
        (b"[{}]", "missing required field `Id`"),
        (b'[{"Id": "a", "NetworkSettings": {"Networks": 1}}]', "Networks"),
        (
            b'[{"Id":"a","NetworkSettings":{"Networks":{"n":{"IPAddress":"a/b"}}}}]',
            "'a/b' is not a host name",
        ),
        (b"x" * 5_000_000, "larger than 4194304 bytes"),
    ],
    ids=range(6),
)
async def test_a_hostile_response_is_one_clear_error(
    docker: FakeDocker, answer: bytes, reason: str
) -> None:
    docker.answer = answer

    with pytest.raises(DiscoveryError, match=reason) as caught:
        await first(discovery(docker))

    assert len(str(caught.value)) < 400


async def test_a_missing_socket_is_an_error_with_its_path(tmp_path: Path) -> None:
    missing = FakeDocker(socket=tmp_path / "none.sock")

    with pytest.raises(DiscoveryError, match=r"none\.sock: .*no response"):
        await first(discovery(missing))
