"""TLS to clients, over real sockets: versions, certificates, limits and closes."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.calls import DeafSink
from tests.support.certificates import Authority, Pem
from tests.support.conditions import until
from tests.support.limited_server import GET, PATIENT, answer, assert_refused
from tests.support.local_listener import pipeline_of
from tests.support.served_process import Connection
from weir.gateway.clock import SystemClock
from weir.gateway.server.address import Address
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.listener import Listener, bind
from weir.gateway.server.tls import ServerTls, TlsServer, server_context

STALLED = 400


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def own(authority: Authority) -> Pem:
    return authority.issue("server", "IP:127.0.0.1")


def tls_of(own: Pem, **changes: str) -> ServerTls:
    return replace(
        ServerTls(certificate=str(own.cert), key=str(own.key)),
        **changes,  # type: ignore[arg-type]
    )


@asynccontextmanager
async def listening(
    tls: ServerTls, limits: ConnectionLimits = PATIENT
) -> AsyncIterator[tuple[int, Listener, list[str]]]:
    refused: list[str] = []
    listener = Listener(
        pipeline_of(answer, DeafSink(), 1000),
        limits,
        SystemClock(),
        refused.append,
        tls=TlsServer(tls),
    )
    bound = bind(Address("127.0.0.1", 0))
    await listener.open(bound)
    try:
        yield bound.address.port, listener, refused
    finally:
        await listener.close(0)


def client_context(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.own.cert))


async def connected(port: int, context: ssl.SSLContext) -> Connection:
    return Connection(*await asyncio.open_connection("127.0.0.1", port, ssl=context))


async def first_byte(port: int, context: ssl.SSLContext) -> bytes:
    """Read after the handshake, as a server of TLS 1.3 rejects a client after it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        return await reader.readexactly(1)
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError from error
    finally:
        writer.close()


async def test_a_request_over_tls_has_its_response(
    authority: Authority, own: Pem
) -> None:
    async with listening(tls_of(own)) as (port, _, _):
        client = await connected(port, client_context(authority))
        for _ in range(2):
            await client.send(GET)
            assert (await client.reply()).body == b"ok"
        found = client.writer.get_extra_info("ssl_object")
        assert found.version() == "TLSv1.3"
        assert found.selected_alpn_protocol() is None
        client.close()


@pytest.mark.parametrize(("minimum", "accepted"), [("1.3", False), ("1.2", True)])
async def test_the_oldest_version_is_configured(
    authority: Authority, own: Pem, minimum: str, *, accepted: bool
) -> None:
    context = client_context(authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with listening(tls_of(own, minimum=minimum)) as (port, _, _):
        if accepted:
            client = await connected(port, context)
            await client.send(GET)
            assert (await client.reply()).status == 200
            client.close()
        else:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await connected(port, context)


async def test_a_client_without_a_certificate_of_the_authority_is_refused(
    authority: Authority, own: Pem
) -> None:
    tls = tls_of(own, client_ca=str(authority.own.cert))
    async with listening(tls) as (port, _, refused):
        with_certificate = client_context(authority)
        pem = authority.issue("client", "DNS:client.test")
        with_certificate.load_cert_chain(pem.cert, pem.key)
        client = await connected(port, with_certificate)
        await client.send(GET)
        assert (await client.reply()).status == 200
        client.close()

        with pytest.raises((ssl.SSLError, ConnectionError)):
            await first_byte(port, client_context(authority))
        assert refused == ["TLS_HANDSHAKE_FAILED"]


async def test_a_requested_certificate_is_optional_and_one_of_a_stranger_is_refused(
    authority: Authority, own: Pem, tmp_path: Path
) -> None:
    tls = tls_of(own, client_ca=str(authority.own.cert), client_certificates="request")
    async with listening(tls) as (port, _, refused):
        client = await connected(port, client_context(authority))
        await client.send(GET)
        assert (await client.reply()).status == 200
        client.close()

        stranger = client_context(authority)
        pem = Authority(tmp_path, "other").issue("stranger", "DNS:client.test")
        stranger.load_cert_chain(pem.cert, pem.key)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await first_byte(port, stranger)
        assert refused == ["TLS_HANDSHAKE_FAILED"]


async def test_a_certificate_that_is_replaced_is_used_by_new_connections(
    authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def install(pem: Pem) -> None:
        cert.write_bytes(pem.cert.read_bytes())
        key.write_bytes(pem.key.read_bytes())

    async def served_name(port: int) -> object:
        client = await connected(port, client_context(authority))
        found = client.writer.get_extra_info("peercert")["subject"][0][0][1]
        client.close()
        return found

    install(authority.issue("first", "IP:127.0.0.1"))
    async with listening(tls_of(Pem(cert, key))) as (port, _, _):
        assert await served_name(port) == "first"
        cert.write_text("-----BEGIN CERTIFICATE-----\n")
        assert await served_name(port) == "first"
        assert "stays in use" in caplog.text
        install(authority.issue("second", "IP:127.0.0.1"))
        assert await served_name(port) == "second"


async def test_stalled_handshakes_count_and_end(authority: Authority, own: Pem) -> None:
    await check_stalled(authority, own, STALLED, head_s=5)


async def check_stalled(
    authority: Authority, own: Pem, count: int, head_s: float
) -> None:
    """Fill a listener with stalled handshakes: they count, end, and leave room."""
    limits = replace(PATIENT, head_s=head_s, connections=count)
    async with listening(tls_of(own), limits) as (port, listener, refused):
        stalled = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        begun = time.monotonic()
        # The limit is reached, so that one more client is refused after its handshake.
        client = await connected(port, client_context(authority))
        await assert_refused(client, 503, "TOO_MANY_CONNECTIONS")
        client.close()
        await until(lambda: len(refused) == count + 1, within_s=60 + head_s)

        assert time.monotonic() - begun > 1
        assert refused.count("TLS_HANDSHAKE_FAILED") == count
        client = await connected(port, client_context(authority))
        await client.send(GET)
        assert (await client.reply()).status == 200
        client.close()
        assert listener.connections <= 1
        for each in stalled:
            each.close()


async def test_what_is_not_tls_is_closed(own: Pem) -> None:
    async with listening(tls_of(own)) as (port, _, refused):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        assert b"HTTP" not in await reader.read()
        writer.close()
        await until(lambda: bool(refused))
        assert refused == ["TLS_HANDSHAKE_FAILED"]


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET /" + b"x" * 2000 + b" HTTP/1.1\r\n", 414, "URI_TOO_LONG"),
    ],
)
async def test_a_refusal_is_read_whole_before_the_connection_ends(
    authority: Authority, own: Pem, sent: bytes, status: int, code: str
) -> None:
    async with listening(tls_of(own)) as (port, _, _):
        client = await connected(port, client_context(authority))
        await client.send(sent + b"x" * 100_000)
        await assert_refused(client, status, code)
        client.close()


async def test_a_drain_does_not_wait_for_stalled_handshakes(own: Pem) -> None:
    async with listening(tls_of(own)) as (port, listener, _):
        stalled = socket.create_connection(("127.0.0.1", port))
        await asyncio.sleep(0.1)
        async with asyncio.timeout(20):
            await listener.close(30)
        assert not listener.cut_off
        stalled.close()


def test_a_key_with_a_password_is_an_error(tmp_path: Path, own: Pem) -> None:
    other = tmp_path / "other.key"
    other.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")

    with pytest.raises(OSError):  # noqa: PT011 - ssl's own message
        server_context(tls_of(own, key=str(other)))


async def test_a_client_that_stops_reading_is_cut_off(
    authority: Authority, own: Pem
) -> None:
    limits = replace(PATIENT, write_s=0.3)
    async with listening(tls_of(own), limits) as (port, listener, _):
        client = await connected(port, client_context(authority))
        await client.send(b"GET /big?20000000 HTTP/1.1\r\nhost: a\r\n\r\n")
        await until(lambda: listener.requests == 1)
        await until(lambda: listener.connections == 0)
        client.close()
