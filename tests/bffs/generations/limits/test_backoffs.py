"""A client that goes on beyond its limit, over real connections."""

import pytest

from tests.support.routed_gateway import RoutedGateway, routed_gateway
from tests.support.served_process import Connection, Reply
from weir.bffs.config.decode import decode_document
from weir.bffs.config.document import read_document
from weir.bffs.config.errors import ConfigError

CONFIG = """\
routes:
  hello:
    path: /hello
    respond: {body: hello}
    rate_limits: {each: {rate: 1 per 1m, key: "header:x-key"LIMIT}}
"""


async def ask(connection: Connection, key: str) -> Reply:
    head = f"GET /hello HTTP/1.1\r\nhost: localhost\r\nx-key: {key}\r\n\r\n"
    await connection.send(head.encode())
    return await connection.reply()


async def refused(gateway: RoutedGateway, count: int) -> list[Reply]:
    """Send requests beyond the limit on one connection, until it is closed."""
    connection, replies = await gateway.connect(), list[Reply]()
    for _ in range(count):
        replies.append(await ask(connection, "loud"))
        if replies[-1].headers.get("connection") == "close":
            assert await connection.closed() == b""
            break
    return replies


async def test_the_connection_of_a_client_that_goes_on_is_closed() -> None:
    async with routed_gateway(CONFIG.replace("LIMIT", "")) as gateway:
        first = await refused(gateway, 200)
        again = await ask(await gateway.connect(), "loud")
        quiet = await ask(await gateway.connect(), "quiet")

        # The last reply before it is that of the limit itself.
        assert [each.status for each in first] == [200] + [429] * 101
        assert first[-2].headers["retry-after"] == "60"
        assert first[-1].headers["retry-after"] == "1"
        assert b"RATE_LIMITED" in again.body
        # On a slow machine the first back-off is over, and the next one begins.
        begins = again.headers.get("connection") == "close"
        assert again.headers["retry-after"] == ("2" if begins else "1")
        assert quiet.status == 200
        assert quiet.headers.get("connection") != "close"

        await gateway.reload(CONFIG.replace("LIMIT", "").replace("hello}", "hi}"))
        reloaded = await ask(await gateway.connect(), "loud")
        assert reloaded.status == 429
        assert int(reloaded.headers["retry-after"]) < 10


@pytest.mark.parametrize("limit", [", max_backoff: 0s", ", adaptive: ADAPTIVE"])
async def test_a_limit_without_back_offs_closes_no_connection(limit: str) -> None:
    config = CONFIG.replace("LIMIT", limit)
    if "ADAPTIVE" in limit:
        config = config.replace("1 per 1m", "2 per 1m")
        config = config.replace("ADAPTIVE", "{service: u, floor: 1 per 1m}")
        config += "upstreams: {u: {instances: [http://127.0.0.1:1]}}\n"
    async with routed_gateway(config) as gateway:
        replies = await refused(gateway, 150)

    assert len(replies) == 150


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("{rate: 1 per 1s, max_backoff: 5s}", "is only used with a `key`"),
        (
            "{rate: 1 per 1s, key: address, max_backoff: 500ms}",
            "has to be `0s`, or at least `1s`",
        ),
    ],
)
def test_a_back_off_without_effect_is_an_error(section: str, message: str) -> None:
    text = f"rate_limits: {{each: {section}}}\nfacades: {{web: {{path: /web}}}}"

    with pytest.raises(ConfigError, match=message):
        decode_document(read_document(text, "weir.yaml", {}))
