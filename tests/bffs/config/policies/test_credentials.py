"""The configured credentials of the gateway for services."""

from base64 import b64encode
from pathlib import Path

import pytest

from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.policies.upstream import upstream_policies
from weir.bffs.config.redaction import redacted
from weir.gateway.upstreams.model.policy import UpstreamPolicy

BASIC = "{basic: {username: weir, password: '${PASSWORD}'}}"
OAUTH = (
    "{oauth: {token_url: https://h/t, client_id: weir, client_secret: '${PASSWORD}',"
    " scopes: 'a b'}}"
)


def load(folder: Path, credentials: str, more: str = "") -> UpstreamPolicy:
    (folder / "weir.yaml").write_text(
        "upstreams:\n  books:\n    instances: [https://books.example]\n"
        f"    credentials: {credentials}\n{more}"
    )
    loaded = load_config(folder / "weir.yaml", {"PASSWORD": "pä:ss"})
    assert "pä:ss" not in str(redacted(loaded))
    assert "pä:ss" not in repr(upstream_policies(loaded)["books"].grant)
    return upstream_policies(loaded)["books"]


def test_basic_is_a_fixed_field(tmp_path: Path) -> None:
    ((name, value),) = load(tmp_path, BASIC).headers.set

    assert name == b"authorization"
    assert value == b"Basic " + b64encode("weir:pä:ss".encode())


def test_scopes_may_be_written_as_in_the_protocol(tmp_path: Path) -> None:
    grant = load(tmp_path, OAUTH).grant

    assert grant is not None
    assert grant.scopes == ("a", "b")
    assert grant.client.client_secret == "pä:ss"  # noqa: S105 - of the test


@pytest.mark.parametrize(
    ("credentials", "more", "message"),
    [
        ("{}", "", "expected either `basic` or `oauth`"),
        (f"{{{BASIC[1:-1]}, {OAUTH[1:-1]}}}", "", "expected either"),
        (BASIC.replace("weir", "'we:ir'"), "", "without a colon"),
        (BASIC.replace("'${PASSWORD}'", '"a\\nb"'), "", "control characters"),
        (OAUTH.replace("https://h/t", "http://h/t"), "", "expected https"),
        (OAUTH.replace("'a b'", "['a b']"), "", "a scope without spaces"),
        (OAUTH.replace("scopes", "scope"), "", 'did you mean "scopes"?'),
        (BASIC, "    headers: {set: {authorization: x}}\n", "has no effect"),
        (OAUTH, "    headers: {forward: [Authorization]}\n", "has no effect"),
        (
            BASIC,
            "upstream_defaults: {headers: {forward: [authorization]}}\n",
            "has no effect",
        ),
    ],
)
def test_wrong_credentials_are_refused_with_their_line(
    tmp_path: Path, credentials: str, more: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=r"weir\.yaml:\d+") as raised:
        load(tmp_path, credentials, more)

    assert message in str(raised.value)
    assert "pä:ss" not in str(raised.value)
