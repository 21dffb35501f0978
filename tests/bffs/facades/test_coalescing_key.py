"""The services whose queries a façade executes once for identical requests."""

from pathlib import Path

import pytest

from tests.support.routed_gateway import generation_of
from weir.bffs.config.errors import ConfigError

CONFIG = """
upstreams:
  a: {{instances: ["http://h"]{a}}}
  b: {{instances: ["http://h"]}}
subgraphs:
  first: {{upstream: a, sdl: first.graphql}}
  second: {{upstream: b, sdl: second.graphql}}
facades:
  web: {{path: /web{web}}}
"""


@pytest.mark.parametrize(
    ("upstream", "facade", "shared"),
    [
        ("", "", {"first", "second"}),
        (", coalesce: false", "", {"second"}),
        ("", ", coalesce: false", set[str]()),
        ("", ", cost: {maximum: 10}", set[str]()),
    ],
    ids=["default", "a service", "the façade", "costs are charged to each"],
)
async def test_shared_subgraphs(
    upstream: str, facade: str, shared: set[str], tmp_path: Path
) -> None:
    (tmp_path / "first.graphql").write_text("type Query { a: Int }")
    (tmp_path / "second.graphql").write_text("type Query { b: Int }")

    text = CONFIG.format(a=upstream, web=facade)
    generation = await generation_of(text, folder=tmp_path)
    await generation.close()

    (served,) = generation.facades
    assert served.shared == shared


async def test_sharing_cannot_be_configured_beside_costs(tmp_path: Path) -> None:
    (tmp_path / "first.graphql").write_text("type Query { a: Int }")
    (tmp_path / "second.graphql").write_text("type Query { b: Int }")
    text = CONFIG.format(a="", web=", cost: {maximum: 10}, coalesce: true")

    with pytest.raises(ConfigError, match=r":9:.*coalesce: has no effect"):
        await generation_of(text, folder=tmp_path)
