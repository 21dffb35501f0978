"""TLS over real sockets: who is trusted, and who is not."""

import os
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.transport.http1 import Http1Transport
from gateway.transport.origin import parse_origin
from gateway.upstreams.errors import UpstreamConnectFailed, UpstreamError
from gateway.upstreams.policy import InstanceSpec, TlsPolicy, UpstreamPolicy
from tests.support.calls import upstream_request
from tests.support.certificates import Authority, Pem
from tests.support.scripted_server import Scripted, scripted_server

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def loopback(authority: Authority) -> Pem:
    return authority.issue("loopback", "IP:127.0.0.1,DNS:catalog.test")


def server_context(pem: Pem, clients: Path | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem.cert, pem.key)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    return context


async def ask(server: ssl.SSLContext, policy: TlsPolicy, times: int = 1) -> bytes:
    """Return the last body of so many calls, each on a connection of its own."""
    async with scripted_server(server) as scripted:
        transport = new_transport(scripted.url, policy)
        request = upstream_request()
        body = b""
        for _ in range(times):
            scripted.play(Scripted(OK, "close"))
            body = (await transport.call(request, (), request.deadline_s)).body
        await transport.close()
    return body


def new_transport(url: str, tls: TlsPolicy) -> Http1Transport:
    policy = UpstreamPolicy(name="catalog", instances=(InstanceSpec(url),), tls=tls)
    return Http1Transport(parse_origin(url), policy, SystemClock())


async def test_a_verified_instance_answers(authority: Authority, loopback: Pem) -> None:
    policy = TlsPolicy(ca_file=str(authority.own.cert))

    assert await ask(server_context(loopback), policy) == b"ok"


async def test_a_certificate_of_an_unknown_authority_is_refused(loopback: Pem) -> None:
    with pytest.raises(UpstreamConnectFailed, match="certificate verify failed"):
        await ask(server_context(loopback), TlsPolicy())


async def test_a_certificate_for_another_host_is_refused(authority: Authority) -> None:
    elsewhere = authority.issue("elsewhere", "DNS:elsewhere.test")
    policy = TlsPolicy(ca_file=str(authority.own.cert))

    with pytest.raises(UpstreamConnectFailed, match="certificate verify failed"):
        await ask(server_context(elsewhere), policy)
    named = replace(policy, server_name="catalog.test")
    with pytest.raises(UpstreamConnectFailed, match="certificate verify failed"):
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
        with pytest.raises(UpstreamConnectFailed, match="certificate verify failed"):
            await transport.call(request, (), request.deadline_s)
