"""The number of workers, and the share of each."""

from pathlib import Path

import pytest

from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.server import ServerSection
from weir.bffs.config.policies.server import (
    reply_memory_bytes,
    worker_count,
    worker_share,
)
from weir.gateway.server.process.available_cpus import available_cpus

CONFIG = """
server: {{workers: {}}}
upstreams: {{u: {{instances: ["http://127.0.0.1:9"]}}}}
subgraphs: {{s: {{upstream: u}}}}
facades: {{web: {{path: /web}}}}
"""


def loaded(folder: Path, workers: str, more: str = "") -> ServerSection:
    file = folder / "weir.yaml"
    file.write_text(CONFIG.format(workers) + more)
    return load_config(file, {"COUNT": "3"}).config.server


@pytest.mark.parametrize(
    ("written", "count"),
    [("1", 1), ("4", 4), ('"${COUNT}"', 3), ("auto", available_cpus())],
)
def test_the_number_of_workers(tmp_path: Path, written: str, count: int) -> None:
    assert worker_count(loaded(tmp_path, written)) == count


@pytest.mark.parametrize("written", ["0", "257", "-1", "2.5", "yes", "many", "[2]"])
def test_another_number_is_an_error_with_its_line(tmp_path: Path, written: str) -> None:
    with pytest.raises(ConfigError, match=r"weir.yaml:2:.*1 to 256, or \"auto\""):
        loaded(tmp_path, written)


def test_each_worker_has_its_share() -> None:
    server = ServerSection(workers=3, connections=10, max_in_flight=9)
    share = worker_share(server)

    assert (share.connections, share.max_in_flight) == (4, 3)
    assert 3 * share.bodies >= server.bodies - 3
    assert 3 * share.cache >= server.cache
    assert worker_share(ServerSection()) == ServerSection()


def test_memory_for_bodies_is_enough_for_two() -> None:
    server = ServerSection.model_validate(
        {"workers": 256, "bodies": "4MiB", "max_body": "2MiB"}
    )
    assert worker_share(server).bodies == 4 * 2**20


@pytest.mark.parametrize(
    ("workers", "share_mib"), [(1, 64), (2, 32), (4, 24), (256, 24)]
)
def test_memory_for_responses_is_enough_for_four(workers: int, share_mib: int) -> None:
    upstream = {"instances": ["http://127.0.0.1:9"], "max_response": "6MiB"}
    config = Config.model_validate(
        {"server": {"workers": workers}, "upstreams": {"u": upstream}}
    )
    assert reply_memory_bytes(config) == share_mib * 2**20


def test_limits_that_each_worker_would_count_are_an_error(tmp_path: Path) -> None:
    limits = 'rate_limits: {all: {rate: "10 per 1s"}}\n'
    with pytest.raises(ConfigError, match=r"weir.yaml:6:.*set `server.workers` to 1"):
        loaded(tmp_path, "2", limits)
    assert loaded(tmp_path, "1", limits).workers == 1


def test_limits_of_an_upstream_that_each_worker_would_count_are_an_error(
    tmp_path: Path,
) -> None:
    limits = ', rate_limits: {all: {rate: "10 per 1s"}}'
    file = tmp_path / "weir.yaml"
    file.write_text(CONFIG.format(2).replace("]}}", f"]{limits}}}}}"))

    with pytest.raises(ConfigError, match=r"weir.yaml:3:\d+: upstreams.u.rate_limits:"):
        load_config(file, {})


@pytest.mark.parametrize(
    ("quota", "cpus"),
    [("max 100000", None), ("50000 100000", 1), ("garbage", None), ("", None)],
)
def test_the_quota_of_a_container_counts(
    tmp_path: Path, quota: str, cpus: int | None
) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(quota)
    everything = available_cpus(tmp_path / "missing")
    assert available_cpus(file) == (cpus or everything)
