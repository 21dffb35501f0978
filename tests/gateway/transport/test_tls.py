"""TLS over real sockets: who is trusted, and who is not."""

import os
import ssl
import subprocess
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest

from tests.gateway.transport.conftest import server_context
from tests.support.calls import upstream_request
from tests.support.certificates import Authority, Pem
from tests.support.http2_server import ServedStream, http2_server
from tests.support.scripted_server import Scripted, scripted_server
from weir.gateway.clock import SystemClock
from weir.gateway.transport.errors import UpstreamConnectFailed, UpstreamError
from weir.gateway.transport.http1.transport import Http1Transport
from weir.gateway.transport.http2.transport import Http2Transport
from weir.gateway.transport.httpx.transport import HttpxTransport
from weir.gateway.transport.origin import parse_origin
from weir.gateway.transport.policy import TlsPolicy, TransportPolicy
from weir.gateway.transport.transport import Transport
from weir.gateway.upstreams import factories

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


async def ask(server: ssl.SSLContext, policy: TlsPolicy) -> bytes:
    async with scripted_server(server) as scripted:
        transport = new_transport(scripted.url, policy)
        request = upstream_request()
        scripted.play(Scripted(OK, "close"))
        body = (await transport.call(request, (), request.deadline_s)).body
        await transport.close()
    return body


def new_transport(url: str, tls: TlsPolicy, kind: str = "http1") -> Transport:
    policy = TransportPolicy(tls=tls)
    match kind:
        case "http1":
            return Http1Transport(parse_origin(url), policy, SystemClock())
        case "http2":
            return Http2Transport(parse_origin(url), policy, SystemClock())
        case _:
            return HttpxTransport(parse_origin(url), policy, SystemClock())


async def test_a_verified_instance_answers(authority: Authority, loopback: Pem) -> None:
    policy = TlsPolicy(ca_file=str(authority.own.cert))

    assert await ask(server_context(loopback), policy) == b"ok"


async def test_a_certificate_of_an_unknown_authority_is_refused(loopback: Pem) -> None:
    with pytest.raises(UpstreamConnectFailed, match="certificate is not valid"):
        await ask(server_context(loopback), TlsPolicy())


async def test_a_certificate_for_another_host_is_refused(authority: Authority) -> None:
    elsewhere = authority.issue("elsewhere", "DNS:elsewhere.test")
    policy = TlsPolicy(ca_file=str(authority.own.cert))

    with pytest.raises(UpstreamConnectFailed, match="certificate is not valid"):
        await ask(server_context(elsewhere), policy)
    named = replace(policy, server_name="catalog.test")
    with pytest.raises(UpstreamConnectFailed, match="certificate is not valid"):
        await ask(server_context(elsewhere), named)


async def test_the_server_name_of_the_policy_is_asked_for_and_verified(
    authority: Authority, loopback: Pem
) -> None:
    asked: list[str | None] = []
    server = server_context(loopback)
    server.sni_callback = lambda _, name, __: asked.append(name)
    policy = TlsPolicy(ca_file=str(authority.own.cert), server_name="catalog.test")

    assert await ask(server, policy) == b"ok"
    assert asked == ["catalog.test"]


async def test_an_instance_that_asks_for_our_certificate_gets_it(
    authority: Authority, loopback: Pem
) -> None:
    ours = authority.issue("gateway", "DNS:gateway.test")
    server = server_context(loopback, clients=authority.own.cert)
    anonymous = TlsPolicy(ca_file=str(authority.own.cert))
    known = replace(anonymous, cert_file=str(ours.cert), key_file=str(ours.key))

    assert await ask(server, known) == b"ok"
    with pytest.raises(UpstreamError):
        await ask(server, anonymous)


@pytest.mark.parametrize("kind", ["http1", "http2", "httpx"])
async def test_the_newest_version_and_the_protocol_of_the_kind_are_agreed_on(
    kind: str, authority: Authority, loopback: Pem
) -> None:
    agreed: list[tuple[str | None, str | None]] = []

    def note(tls: ssl.SSLObject, *_: object) -> None:
        agreed.append((tls.version(), tls.selected_alpn_protocol()))

    async def answer(stream: ServedStream) -> None:
        note(stream.peer.transport.get_extra_info("ssl_object"))
        await stream.answer(b"ok")

    server = server_context(loopback, alpn=("h2", "http/1.1"))
    policy = TlsPolicy(ca_file=str(authority.own.cert))
    request = upstream_request()
    async with http2_server(answer, server) as served:
        transport = new_transport(served.url, policy, kind)
        if kind == "http1":
            with pytest.raises(UpstreamError):
                await transport.call(request, (), request.deadline_s)
            (connection,) = served.connections
            note(connection.transport.get_extra_info("ssl_object"))
        else:
            await transport.call(request, (), request.deadline_s)
        await transport.close()

    assert agreed == [("TLSv1.3", "http/1.1" if kind == "http1" else "h2")]


@pytest.mark.parametrize("kind", ["http1", "http2", "httpx"])
async def test_our_certificate_replaced_on_disk_is_shown_by_the_next_connection(
    kind: str, authority: Authority, loopback: Pem, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger").issue("us", "DNS:gateway.test")
    ours = authority.issue("us", "DNS:gateway.test")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    policy = TlsPolicy(
        ca_file=str(authority.own.cert), cert_file=str(cert), key_file=str(key)
    )
    request = upstream_request()

    def install(pem: Pem, at_ns: int) -> None:
        cert.write_bytes(pem.cert.read_bytes())
        key.write_bytes(pem.key.read_bytes())
        os.utime(cert, ns=(at_ns, at_ns))

    install(stranger, 1)
    server = server_context(loopback, clients=authority.own.cert)
    async with scripted_server(server) as scripted:
        scripted.play(Scripted(OK, "close"))
        transport = new_transport(scripted.url, policy, kind)
        with pytest.raises(UpstreamError):
            await transport.call(request, (), request.deadline_s)
        install(ours, 2)

        assert (await transport.call(request, (), request.deadline_s)).body == b"ok"
        await transport.close()


def pin_of(pem: Pem) -> bytes:
    """Return the pin of a certificate, computed by openssl."""

    def openssl(arguments: str, data: bytes = b"") -> bytes:
        command = ["openssl", *arguments.split()]
        return subprocess.run(
            command, check=True, capture_output=True, input=data
        ).stdout

    key = openssl(f"x509 -in {pem.cert} -noout -pubkey")
    return openssl("dgst -sha256 -binary", openssl("pkey -pubin -outform der", key))


@pytest.mark.parametrize("kind", ["http1", "http2", "httpx"])
async def test_a_key_that_is_not_pinned_is_refused_before_a_request_is_sent(
    kind: str, authority: Authority, loopback: Pem
) -> None:
    async def answer(stream: ServedStream) -> None:
        await stream.answer(b"ok")

    own, spare = pin_of(loopback), pin_of(authority.own)
    policy = TlsPolicy(ca_file=str(authority.own.cert), pins=frozenset({own, spare}))
    request = upstream_request()
    async with (
        http2_server(answer, server_context(loopback, alpn=("h2",))) as served,
        scripted_server(server_context(loopback)) as scripted,
    ):
        url = scripted.url if kind == "http1" else served.url
        transport = new_transport(url, policy, kind)
        scripted.play(Scripted(OK, "close"))
        response = await transport.call(request, (), request.deadline_s)
        assert response.status == 200
        await transport.close()

        wrong = replace(policy, pins=frozenset({spare}))
        transport = new_transport(url, wrong, kind)
        with pytest.raises(UpstreamConnectFailed) as refused:
            await transport.call(request, (), request.deadline_s)
        await transport.close()

        assert "its certificate is not pinned: the pin of its public key is" in str(
            refused.value
        )
        assert b64encode(own).decode() in str(refused.value)
        assert len(served.streams) + len(scripted.requests) == 1


async def test_an_instance_without_tls_is_not_called_if_keys_are_pinned() -> None:
    policy = TransportPolicy(tls=TlsPolicy(pins=frozenset({b"a", b"b"})))
    request = upstream_request()
    async with scripted_server() as scripted:
        transport = factories.new_transport(scripted.url, policy, SystemClock())

        with pytest.raises(UpstreamConnectFailed, match="its key is pinned"):
            await transport.call(request, (), request.deadline_s)
        with pytest.raises(UpstreamConnectFailed, match="its key is pinned"):
            await transport.open(request, (), request.deadline_s)

        await transport.close()
        assert scripted.connections == 0


async def test_old_versions_are_refused(authority: Authority, loopback: Pem) -> None:
    server = server_context(loopback)
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    policy = TlsPolicy(ca_file=str(authority.own.cert))

    assert await ask(server, policy) == b"ok"
    with pytest.raises(UpstreamConnectFailed):
        await ask(server, replace(policy, minimum="1.3"))


async def test_a_certificate_replaced_on_disk_is_used_by_the_next_connection(
    authority: Authority, loopback: Pem, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(authority.own.cert.read_bytes())
    request = upstream_request()
    async with scripted_server(server_context(loopback)) as scripted:
        transport = new_transport(scripted.url, TlsPolicy(ca_file=str(trusted)))
        scripted.play(Scripted(OK, "close"), Scripted(OK, "close"))
        await transport.call(request, (), request.deadline_s)

        trusted.write_bytes(b"half written")
        os.utime(trusted, ns=(1, 1))
        await transport.call(request, (), request.deadline_s)

        trusted.write_bytes(stranger.own.cert.read_bytes())
        with pytest.raises(UpstreamConnectFailed, match="certificate is not valid"):
            await transport.call(request, (), request.deadline_s)
