"""The ways to Redis that are not plain TCP, and for how long answers lie there."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.gateway.upstreams.middleware.cache.test_store_contract import STORED, key
from tests.support.certificates import Authority
from tests.support.ports import free_port
from tests.support.redis_server import redis_binary
from tests.support.redis_stores import SharingStore, until_available
from weir.gateway.upstreams.middleware.cache.redis.layout import (
    key_digest,
    time_to_live_s,
)
from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse


@contextmanager
def listening(*arguments: str) -> Iterator[None]:
    command = (redis_binary(), "--save", "", *arguments)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def is_used(url: str) -> bool:
    store = SharingStore(url)
    await store.start()
    await until_available(store)
    await store.put(key("/1"), STORED)
    await store.remove(key("/2"))
    await store.close()
    return store.sink.availability[-1]


async def test_redis_is_used_over_a_unix_socket(tmp_path: Path) -> None:
    socket = str(tmp_path / "redis.sock")
    with listening("--port", "0", "--unixsocket", socket):
        assert await is_used(f"unix://{socket}?db=1")


async def test_redis_is_used_over_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    pem = authority.issue("redis", "IP:127.0.0.1")
    port = free_port()
    with listening(
        *("--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no"),
        *("--tls-cert-file", str(pem.cert), "--tls-key-file", str(pem.key)),
        *("--tls-ca-cert-file", str(authority.own.cert)),
    ):
        trusting = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={authority.own.cert}"
        assert await is_used(trusting)

        # Without the authority, its certificate proves nothing.
        store = SharingStore(f"rediss://127.0.0.1:{port}/0")
        await store.start()
        await store.close()
        assert store.sink.availability == [False]


AT_ONCE = replace(
    STORED,
    received_s=1000.0,
    initial_age_s=0.0,
    lifetime_s=60.0,
    stale_while_revalidate_s=0.0,
    stale_if_error_s=0.0,
    headers=(),
)
LIVES = [
    (AT_ONCE, 60),
    (replace(AT_ONCE, initial_age_s=20.0), 40),
    (replace(AT_ONCE, stale_while_revalidate_s=5.0, stale_if_error_s=30.0), 90),
    (replace(AT_ONCE, stale_if_error_s=5.0, fallback_stale_s=40.0), 100),
    (replace(AT_ONCE, headers=((b"etag", b'"1"'),)), 3660),
    (replace(AT_ONCE, initial_age_s=100.0), 0),
    (replace(AT_ONCE, lifetime_s=2.0**31), 7 * 24 * 3600),
]


@pytest.mark.parametrize(("stored", "seconds"), LIVES)
def test_an_answer_lies_there_for_as_long_as_it_may_be_of_use(
    stored: StoredResponse, seconds: int
) -> None:
    assert time_to_live_s(stored, 1000.0) == seconds


def test_moving_text_between_the_parts_of_a_key_makes_another_key() -> None:
    parts = [("u", "ab", "GET", "/"), ("u", "a", "bGET", "/"), ("ua", "b", "GET", "/")]
    keys = [
        CacheKey(upstream=upstream, partition=partition, method=method, path=path)
        for upstream, partition, method, path in parts
    ]

    assert len(set(map(key_digest, keys))) == 3
