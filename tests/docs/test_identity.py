"""Every configuration of docs/guides/identity.md is one, and the metric exists."""

import re
from pathlib import Path

import pytest

from tests.support.tokens import SECRET, rsa_key
from weir.bffs.config.decode import load_config
from weir.bffs.config.policies.identity import (
    access_rule,
    issuer_policies,
    stored_keys,
)

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "identity.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_configuration_can_be_used(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.pem").write_bytes(rsa_key().as_pem(private=False))
    (tmp_path / "api-keys.json").write_text('{"keys": []}')
    (tmp_path / "weir.yaml").write_text(text)

    loaded = load_config(tmp_path / "weir.yaml", {"TOKEN_SECRET": SECRET})

    assert loaded.config.identity is not None
    assert (stored_keys(loaded) is None) == (loaded.config.identity.api_keys is None)
    assert len(issuer_policies(loaded)) == len(loaded.config.identity.jwt)


def test_the_access_of_the_example_is_as_the_page_says(tmp_path: Path) -> None:
    (text,) = (each for each in EXAMPLES if "back-office" in each)
    (tmp_path / "weir.yaml").write_text(text)

    facades = load_config(tmp_path / "weir.yaml", {}).config.facades

    rule = access_rule(facades["partners"].access)
    assert rule.scopes == {
        frozenset({"orders:read", "orders:write"}),
        frozenset({"admin"}),
    }
    assert not access_rule(facades["web"].access).restricts
