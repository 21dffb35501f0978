"""The configurations of docs/guides/tls-to-clients.md, and files that are wrong."""

import re
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.policies.server import serve_options
from weir.bffs.config.policies.server_tls import check_server_tls

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "tls-to-clients.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def loaded(folder: Path, text: str) -> LoadedConfig:
    authority = Authority(folder, "clients")
    pem = authority.issue("server", "IP:127.0.0.1")
    assert pem.key.name == "server.key"
    (folder / "weir.yaml").write_text(text)
    return load_config(folder / "weir.yaml", {})


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_configuration_can_be_used(tmp_path: Path, text: str) -> None:
    config = loaded(tmp_path, text)

    check_server_tls(config)
    tls = serve_options(config.config.server, tmp_path).tls
    assert tls is not None
    assert bool(tls.client_ca) == ("client_ca" in text)


@pytest.mark.parametrize(
    ("part", "changed", "message"),
    [
        ("key: server.key", "key: none.key", "a file does not exist"),
        ("key: server.key", "key: clients.key", "mismatch|MISMATCH"),
        ("key: server.key", "key: server.pem", "cannot be used"),
        ("key: server.key", "minimum: '1.1', key: server.key", "Input should be"),
        ("    key: server.key", "", "missing required key"),
    ],
)
def test_files_that_cannot_be_used_are_refused_with_their_line(
    tmp_path: Path, part: str, changed: str, message: str
) -> None:
    changed = changed.replace(", ", "\n    ")

    with pytest.raises(ConfigError, match=message) as raised:
        check_server_tls(loaded(tmp_path, EXAMPLES[0].replace(part, changed)))

    assert re.search(r"weir\.yaml:[0-9]+", str(raised.value))
