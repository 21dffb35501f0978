"""Paths that a service may read in another way than the gateway."""

import pytest

from tests.support.raw_service import ok, raw_service, responding
from tests.support.routed_gateway import routed_gateway
from weir.gateway.routes.matching.lenient_path import is_ambiguous, lenient_segments
from weir.gateway.routes.matching.path import segments_of

CONFIG = """
upstreams:
  service: {{instances: ["{url}"], health: {{active: false}}}}
routes:
  api: {{path: /api/*, proxy: service}}
  admin: {{path: /api/admin/*, proxy: service, addresses: {{allow: [192.0.2.0/24]}}}}
  internal: {{path: /api/internal, respond: {{status: 404}}}}
  files: {{path: "/api/files/{{name}}", proxy: service}}
"""


@pytest.mark.parametrize(
    ("path", "lenient"),
    [
        ("/a//b", "/a/b"),
        ("//a/b//", "/a/b"),
        ("/a%2Fb", "/a/b"),
        ("/a%2fb", "/a/b"),
        ("/a\\b", "/a/b"),
        ("/a%5cb", "/a/b"),
        ("/a;x=1/b", "/a/b"),
        ("/a/;x/b", "/a/b"),
        ("/%2561/b", "/a/b"),
        ("/a%3bx/b", "/a/b"),
        ("/a%252Fb", "/a/b"),
    ],
)
def test_lenient_services_read_a_path_in_another_way(path: str, lenient: str) -> None:
    assert is_ambiguous(path)
    assert "/".join(lenient_segments(segments_of(path))) == lenient


@pytest.mark.parametrize("path", ["/a/b", "/a/b/", "/%61/b%20c", "/a,b/c:d@e", "/a%C3"])
def test_other_paths_have_one_reading(path: str) -> None:
    assert not is_ambiguous(path)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/admin/x", 403),
        ("/api/%61dmin/x", 403),
        ("/api//admin/x", 400),
        ("/api/admin%2fx", 400),
        ("/api/admin;a=b/x", 400),
        ("/api/;/admin/x", 400),
        ("/api/admin%5cx", 400),
        ("/api/%2561dmin/x", 400),
        ("/api//internal", 400),
        ("/api/internal;x", 400),
        # The callers of both routes are the same.
        ("/api/files%2Fa", 200),
        ("/api/files/a%2Fb", 200),
        ("/api/x;y=1//z", 200),
        ("/api//", 200),
    ],
)
async def test_the_rules_of_a_route_cannot_be_avoided_by_another_reading(
    path: str, status: int
) -> None:
    async with (
        raw_service(responding(ok(b"hi"))) as service,
        routed_gateway(CONFIG.format(url=service.url)) as gateway,
    ):
        client = await gateway.connect()

        assert (await client.ask(path)).status == status
        assert bool(service.heads) is (status == 200)
