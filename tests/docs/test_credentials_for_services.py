"""The examples of docs/guides/credentials-for-services.md, and what they send."""

import re
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import pytest

from weir.bffs.config.decode import load_config
from weir.bffs.config.policies.upstream import upstream_policies
from weir.gateway.transport.errors import ServiceTokenUnavailable
from weir.gateway.upstreams.model.policy import UpstreamPolicy

PAGE = (
    Path(__file__).parents[2] / "docs" / "guides" / "credentials-for-services.md"
).read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def policies(tmp_path: Path) -> Mapping[str, UpstreamPolicy]:
    (tmp_path / "secrets").mkdir()
    for name in ("orders", "weather-key"):
        (tmp_path / "secrets" / name).write_text(f"secret of {name}\n")
    environment = {
        "LEGACY_PASSWORD": "secret of legacy",
        "CREDENTIALS_DIRECTORY": str(tmp_path / "secrets"),
    }
    found: dict[str, UpstreamPolicy] = {}
    for text in EXAMPLES:
        (tmp_path / "weir.yaml").write_text(text)
        loaded = load_config(tmp_path / "weir.yaml", environment)
        found |= upstream_policies(loaded)
    return found


def test_each_example_has_its_credential(
    policies: Mapping[str, UpstreamPolicy],
) -> None:
    grant = policies["orders"].grant
    assert grant is not None
    assert grant.client.client_secret == "secret of orders"  # noqa: S105 - of the test
    assert policies["legacy"].headers.set == (
        (b"authorization", b"Basic " + b64encode(b"weir:secret of legacy")),
    )
    assert policies["weather"].headers.set == (
        (b"x-api-key", b"secret of weather-key"),
    )


def test_the_error_exists() -> None:
    assert f"`{ServiceTokenUnavailable.row.code}`" in PAGE
