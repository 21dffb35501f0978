"""A host of a façade serves the paths of this façade, without its prefix."""

from pathlib import Path

import httpx
import pytest

from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.testing.gateway import gateway
from weir.bffs.testing.graphql_service import graphql_service

SDL = "type Query { number(id: ID): Int! }"
CONFIG = """
upstreams: {numbers: {instances: [http://127.0.0.1:9]}}
subgraphs: {numbers: {upstream: numbers, sdl: numbers.graphql}}
facades:
  web: {path: /web}
  mobile:
    path: /mobile
    hosts: [m.example.com, "*.mobile.example.com"]
    operations: operations
routes:
  status: {path: /status, respond: {status: 204}}
"""
QUERY = "/graphql?query={number}"
ROWS = [
    ("weir.test", "/web" + QUERY, 200),
    ("weir.test", "/mobile" + QUERY, 200),
    ("weir.test", QUERY, 404),
    ("weir.test", "/status", 204),
    ("m.example.com", QUERY, 200),
    ("M.EXAMPLE.COM:8443", QUERY, 200),
    ("m.example.com.", QUERY, 200),
    ("a.mobile.example.com", QUERY, 200),
    ("m.example.com", "/numbers/1", 200),
    ("m.example.com", "/persisted/Number", 200),
    ("m.example.com", "/mobile" + QUERY, 404),
    ("m.example.com", "/web" + QUERY, 404),
    ("m.example.com", "/../web" + QUERY, 404),
    ("m.example.com", "/%2e%2e/web" + QUERY, 404),
    ("m.example.com", "/status", 404),
    ("m.example.com", "/%zz", 400),
    ("example.com", QUERY, 404),
]


def save(folder: Path, config: str = CONFIG) -> Path:
    (folder / "operations").mkdir()
    operation = 'query Number($id: ID) @rest(path: "/numbers/{id}") { number(id: $id) }'
    (folder / "operations" / "number.graphql").write_text(operation)
    (folder / "numbers.graphql").write_text(SDL)
    (folder / "weir.yaml").write_text(config)
    return folder / "weir.yaml"


async def test_each_host_serves_its_facade_alone(tmp_path: Path) -> None:
    service = graphql_service(SDL, {"number": lambda _, id=None: int(id or 7)})  # noqa: A006
    found = []
    async with gateway(save(tmp_path), {"numbers": service}, {}) as tested:
        for host, target, _ in ROWS:
            # httpx normalises the path of a text.
            url = httpx.URL("http://weir.test", raw_path=target.encode())
            response = await tested.client.get(url, headers={"host": host})
            found.append((host, target, response.status_code))

    assert found == ROWS


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("m.example.com", "m.example.com:80", "expected a host without a port"),
        ("path: /web", "path: /web, hosts: [m.example.com]", "already has"),
        ("path: /status", "path: /status, hosts: [m.example.com]", "already has"),
        ("path: /mobile", "path: ''", "at the root of all hosts"),
        ("path: /web", "path: /mobile/web", "would be served there too"),
    ],
)
def test_a_host_of_two_owners_is_an_error(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(save(tmp_path, CONFIG.replace(old, new, 1)), {})

    assert message in str(error.value)
    assert "weir.yaml:" in str(error.value)
