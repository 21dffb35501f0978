"""Every configuration of docs/guides/identity.md is one, and the metric exists."""

import re
from pathlib import Path

import pytest
from msgspec import structs
from typer.testing import CliRunner

from tests.support.contexts import a_context
from tests.support.identified_gateway import identified_gateway
from tests.support.tokens import SECRET, rsa_key
from weir.bffs.cli.main import app
from weir.bffs.config.decode import load_config
from weir.bffs.config.policies.identity import (
    access_rule,
    issuer_policies,
    stored_keys,
)
from weir.bffs.extensions.named_policies import named_policies
from weir.bffs.facades.stored.folder import load_operations
from weir.gateway.context import Identity
from weir.gateway.identity.access_rule import AccessRule
from weir.gateway.identity.policies.policies import Policies

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "identity.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

GRAPH = """\
upstreams:
  books: {instances: [http://127.0.0.1:1], health: {active: false}}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
"""


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_configuration_can_be_used(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.pem").write_bytes(rsa_key().as_pem(private=False))
    (tmp_path / "api-keys.json").write_text('{"keys": []}')
    (tmp_path / "weir.yaml").write_text(text)

    loaded = load_config(
        tmp_path / "weir.yaml", {"TOKEN_SECRET": SECRET, "GATEWAY_SECRET": "s"}
    )

    assert loaded.config.identity is not None
    assert (stored_keys(loaded) is None) == (loaded.config.identity.api_keys is None)
    assert len(issuer_policies(loaded)) == len(loaded.config.identity.jwt)


SUPPORT = Identity(
    method="jwt",
    subject="ann",
    roles=frozenset({"support"}),
    claims={"email": "ann@example.com"},
)


async def test_api_keys_are_made_and_sent_as_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (text,) = (each for each in EXAMPLES if "query: api_key" in each)
    (tmp_path / "weir.yaml").write_text(text + GRAPH)
    create, later, list_, rotate, revoke = re.findall(
        r"^weir (keys .+)$", PAGE, re.MULTILINE
    )
    key = weir(create)
    early = weir(later.replace("2030", "2999"))
    key_id = re.findall(r"k_\w+", weir(list_))[0]
    rotated = weir(rotate.replace("k_0123456789ab", key_id))
    weir(revoke.replace("k_0123456789ab", key_id))
    async with identified_gateway(tmp_path, text + GRAPH) as gateway:
        codes = [
            (await gateway.send("partners", query=f"api_key={each}")).code
            for each in (key, early, rotated)
        ]

    assert codes == ["API_KEY_DISABLED", "API_KEY_NOT_YET_VALID", ""]
    assert 'partners/v1/orders?api_key=$API_KEY"' in PAGE


def weir(command: str) -> str:
    outcome = CliRunner().invoke(app, command.split())
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout.strip()


async def test_the_policies_of_the_example_are_as_on_the_page(
    tmp_path: Path,
) -> None:
    (text,) = (each for each in EXAMPLES if "policies:" in each)
    (function,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "rights.py").write_text(function)
    (tmp_path / "weir.yaml").write_text(text)

    policies = Policies(named_policies(load_config(tmp_path / "weir.yaml", {})))
    allowed = {
        amount: await policies.satisfied(
            policies.names,
            structs.replace(a_context(), identity=SUPPORT, client_address="192.0.2.7"),
            "Refund",
            {"customer": "bob", "amount": amount},
        )
        for amount in (100, 101, "a")
    }

    assert sorted(policies.names) == ["may_refund", "office", "own_order", "staff"]
    assert allowed[100] == {"may_refund", "office", "staff"}
    assert allowed[101] == allowed["a"] == {"office", "staff"}


def test_the_access_of_the_example_is_as_on_the_page(tmp_path: Path) -> None:
    (text,) = (each for each in EXAMPLES if "back-office" in each)
    (tmp_path / "weir.yaml").write_text(text)

    facades = load_config(tmp_path / "weir.yaml", {}).config.facades

    rule = access_rule(facades["partners"].access)
    assert rule.scopes == {
        frozenset({"orders:read", "orders:write"}),
        frozenset({"admin"}),
    }
    assert not access_rule(facades["web"].access).restricts


def test_the_rule_of_the_stored_operation_is_as_on_the_page(tmp_path: Path) -> None:
    (text,) = re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "orders.graphql").write_text(text)

    (operation,) = load_operations(tmp_path)

    assert operation.access is not None
    assert access_rule(operation.access.section) == AccessRule(
        scopes=frozenset({frozenset({"orders:read"}), frozenset({"admin"})}),
        policies=frozenset({"own_order"}),
    )
