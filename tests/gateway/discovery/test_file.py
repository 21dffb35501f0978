"""Instances in a file, which is read again and again."""

from pathlib import Path

import pytest

from tests.support.discovery_sources.following import first, following
from weir.gateway.discovery import file
from weir.gateway.discovery.errors import DiscoveryError
from weir.gateway.discovery.file import FileDiscovery
from weir.gateway.discovery.policy import FilePolicy


async def test_a_changed_file_changes_the_instances(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "_INTERVAL_S", 0.01)
    path = tmp_path / "users.json"
    path.write_text('["http://10.0.0.2", {"url": "http://10.0.0.1:80", "weight": 2}]')
    async with following(FileDiscovery(FilePolicy(path=str(path)))) as changes:
        assert await anext(changes) == {"http://10.0.0.1": 2, "http://10.0.0.2": 1}
        other = tmp_path / "new.json"
        other.write_text('["https://users.internal:8443"]')
        other.replace(path)
        while (found := await anext(changes)) != {"https://users.internal:8443": 1}:
            assert len(found) == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "truncated"),
        (b"- http://10.0.0.1", "malformed"),
        (b"{}", "Expected `array`"),
        (b"[3]", "Expected `str | object`"),
        (b'[{"weight": 1}]', "missing required field `url`"),
        (b'["users:80"]', "expected http://host:port"),
        (b"[" * 100_000, "cannot be used"),
        (b" " * (1024 * 1024 + 1), "larger than 1048576 bytes"),
    ],
    ids=range(8),
)
async def test_a_wrong_file_is_an_error_with_its_path(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "users.json"
    path.write_bytes(content)

    with pytest.raises(DiscoveryError, match=rf"users\.json.*{reason}"):
        await first(FileDiscovery(FilePolicy(path=str(path))))


async def test_a_missing_file_is_an_error_with_its_path(tmp_path: Path) -> None:
    policy = FilePolicy(path=str(tmp_path / "absent"))

    with pytest.raises(DiscoveryError, match="absent cannot be read: No such file"):
        await first(FileDiscovery(policy))
