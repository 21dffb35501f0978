import subprocess
import sys
from pathlib import Path

import pytest

from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.errors import ConfigError


def load(folder: Path, url: str) -> LoadedConfig:
    file = folder / "weir.yaml"
    file.write_text("redis:\n  url: ${REDIS_URL}\n")
    return load_config(file, {"REDIS_URL": url})


URLS = [
    "redis://10.0.0.1",
    "redis://:s3cret@10.0.0.1:6379/0",
    "rediss://user:s3cret@redis.internal:6380/1",
    "rediss://redis.internal/0?ssl_ca_certs=/etc/ca.pem",
    "unix:///run/redis.sock?db=1",
]


@pytest.mark.parametrize("url", URLS)
def test_a_url_of_redis_is_taken_as_it_is(tmp_path: Path, url: str) -> None:
    redis = load(tmp_path, url).config.redis

    assert redis is not None
    assert (redis.url, redis.prefix, redis.timeout) == (url, "weir", 0.005)


BAD = [
    ("http://:s3cret@10.0.0.1", "write a URL such as"),
    (":s3cret@10.0.0.1:6379", "write a URL such as"),
    ("redis://:s3cret@", "no host"),
    ("unix://", "no path"),
    ("redis://10.0.0.1?password=s3cret", "redis://:password@host"),
    (
        "redis://10.0.0.1?socket_timeout=s3cret",
        "unsupported query parameter; allowed: db",
    ),
    ("redis://10.0.0.1?db=s3cret", "expected a number"),
    ("redis://user:s3cret/x@10.0.0.1", "an invalid host or port"),
    ("redis://:s3cret@10.0.0.1:port", "an invalid host or port"),
]


@pytest.mark.parametrize(("url", "way_out"), BAD)
def test_another_url_is_refused_without_being_repeated(
    tmp_path: Path, url: str, way_out: str
) -> None:
    with pytest.raises(ConfigError, match=r"redis\.url") as refused:
        load(tmp_path, url)

    assert way_out in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_the_client_is_imported_only_where_redis_is_configured() -> None:
    program = "import weir.bffs.app, sys; sys.exit('redis' in sys.modules)"

    outcome = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)

    assert outcome.returncode == 0
