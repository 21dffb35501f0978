"""Secrets in files, and as credentials of systemd."""

from pathlib import Path

import pytest

from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.redaction import redacted
from weir.bffs.config.variables import fill

CONFIG = """\
upstreams:
  weather:
    instances: [https://weather.example]
    headers: {set: {x-api-key: "Key ${file:secrets/key}"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secrets").mkdir()
    for name, content in {
        "key": b"s3cr3t\n",
        "dos": b"s3cr3t\r\n",
        "lines": b"a\nb\n\n",
        "empty": b"\n",
        "binary": b"\xff",
        "large": b"x" * 65_537,
    }.items():
        (tmp_path / "secrets" / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("a ${file:secrets/key} b", "a s3cr3t b"),
        ("${file:secrets/dos}", "s3cr3t"),
        ("${file:secrets/lines}", "a\nb\n"),
        ("${credential:key}", "s3cr3t"),
        ("$${file:secrets/key}", "${file:secrets/key}"),
        ("${file:-otherwise}", "otherwise"),
    ],
)
def test_a_secret_is_read_from_its_file(folder: Path, text: str, filled: str) -> None:
    environment = {"CREDENTIALS_DIRECTORY": str(folder / "secrets")}

    found = fill(text, environment, folder)

    assert (found.text, found.errors) == (filled, ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${file:secrets/missing}", "secrets/missing cannot be read: No such file"),
        ("${file:secrets}", "cannot be read: Is a directory"),
        ("${file:secrets/empty}", "secrets/empty is empty"),
        ("${file:secrets/binary}", "secrets/binary cannot be read: it is not UTF-8"),
        ("${file:secrets/large}", "secrets/large is larger than 65536 bytes"),
        ("${file:a\0b}", "cannot be read"),
        ("${credential:key}", "set `LoadCredential=key:...` in the unit"),
        ("${file:}", "malformed reference"),
        ("${files:key}", "malformed reference"),
    ],
)
def test_a_secret_that_cannot_be_used_is_an_error(
    folder: Path, text: str, message: str
) -> None:
    (error,) = fill(text, {}, folder).errors

    assert message in error


def test_a_credential_has_no_path(folder: Path) -> None:
    environment = {"CREDENTIALS_DIRECTORY": str(folder / "secrets")}

    assert fill("${credential:../key}", environment, folder).errors
    assert fill("${credential:..}", environment, folder).errors


def test_secrets_are_shown_as_their_references(folder: Path) -> None:
    (folder / "weir.yaml").write_text(CONFIG)
    loaded = load_config(folder / "weir.yaml", {})

    fields = loaded.config.upstreams["weather"].headers.set
    assert fields == {"x-api-key": "Key s3cr3t"}
    assert "s3cr3t" not in str(redacted(loaded))
    assert "${file:secrets/key}" not in str(loaded.config)


def test_messages_do_not_quote_secrets(folder: Path) -> None:
    (folder / "weir.yaml").write_text('mode: "${file:secrets/key}"\n')

    with pytest.raises(ConfigError, match=r"weir\.yaml:1") as raised:
        load_config(folder / "weir.yaml", {})

    assert "s3cr3t" not in str(raised.value)
    assert "${file:secrets/key}" in str(raised.value)
