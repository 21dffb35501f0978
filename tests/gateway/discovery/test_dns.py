"""Instances by DNS, from a server of the test's own."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from tests.support.dns_server import DnsServer, dns_server, message
from weir.gateway.discovery.dns import DnsDiscovery
from weir.gateway.discovery.dns_client import DnsClient, system_servers
from weir.gateway.discovery.dns_message import Kind, RecordSet, SrvTarget
from weir.gateway.discovery.errors import InvalidResponse, NoResponse, NoSuchName
from weir.gateway.discovery.policy import DnsPolicy, InstanceSpec

NAME = "catalog.example"
RNG = Random(1)  # noqa: S311 - chance, not secrecy


@pytest.fixture
async def server() -> AsyncIterator[DnsServer]:
    async with dns_server() as running:
        yield running


def discovery(server: DnsServer, policy: DnsPolicy | None = None) -> DnsDiscovery:
    client = DnsClient([server.address], timeout_s=0.05)
    return DnsDiscovery(policy or DnsPolicy(name=NAME, port=5101), client, RNG)


async def test_addresses_of_both_families_are_instances(server: DnsServer) -> None:
    server.zone = {
        (NAME, "A"): (60, ["10.0.0.2", "10.0.0.1"]),
        (NAME, "AAAA"): (30, ["fd00::1"]),
    }

    found = await discovery(server).look_up()

    assert [spec.url for spec in found.instances] == [
        "http://10.0.0.1:5101",
        "http://10.0.0.2:5101",
        "http://[fd00::1]:5101",
    ]
    assert found.ttl_s == 30.0


async def test_service_records_bring_ports_and_weights_of_the_first_priority(
    server: DnsServer,
) -> None:
    server.zone = {
        ("_http._tcp.catalog", "SRV"): (
            60,
            [
                SrvTarget(1, 3, 5101, "a.example"),
                SrvTarget(1, 0, 5102, "b.example"),
                SrvTarget(2, 9, 5103, "spare.example"),
            ],
        ),
        ("a.example", "A"): (10, ["10.0.0.1"]),
        ("b.example", "A"): (60, ["10.0.0.2"]),
    }
    policy = DnsPolicy(name="_http._tcp.catalog", records="srv", scheme="https")

    found = await discovery(server, policy).look_up()

    assert found.instances == (
        InstanceSpec("https://10.0.0.1:5101", 3),
        InstanceSpec("https://10.0.0.2:5102", 1),
    )
    assert found.ttl_s == 10.0


async def test_an_instance_under_two_names_is_one_with_both_weights(
    server: DnsServer,
) -> None:
    server.zone = {
        (NAME, "SRV"): (
            60,
            [SrvTarget(1, 3, 80, "a.example"), SrvTarget(1, 2, 80, "b.example")],
        ),
        ("a.example", "A"): (60, ["10.0.0.1"]),
        ("b.example", "A"): (60, ["10.0.0.1"]),
    }

    found = await discovery(server, DnsPolicy(name=NAME, records="srv")).look_up()

    assert found.instances == (InstanceSpec("http://10.0.0.1", 5),)


async def test_a_service_record_needs_a_port(server: DnsServer) -> None:
    server.zone = {
        (NAME, "SRV"): (60, [SrvTarget(1, 1, 0, "a.example")]),
        ("a.example", "A"): (60, ["10.0.0.1"]),
    }

    with pytest.raises(InvalidResponse, match=r"the port of 10\.0\.0\.1 is 0"):
        await discovery(server, DnsPolicy(name=NAME, records="srv")).look_up()


async def test_an_answer_too_large_for_a_datagram_is_fetched_by_tcp(
    server: DnsServer,
) -> None:
    addresses = [f"10.0.{number}.1" for number in range(60)]
    server.zone = {(NAME, "A"): (60, list(addresses))}

    found = await discovery(server).look_up()

    assert len(found.instances) == 60


async def test_datagrams_that_answer_something_else_are_not_believed(
    server: DnsServer,
) -> None:
    server.zone = {(NAME, "A"): (60, ["10.0.0.1"])}
    forged = b"\x12\x34\x81\x80\0\1\0\0\0\0\0\0\4evil\0\0\1\0\1"
    server.noise = [b"", b"noise", forged, message(forged, [])]

    found = await discovery(server).look_up()

    assert [spec.url for spec in found.instances] == ["http://10.0.0.1:5101"]


async def test_a_name_that_does_not_exist_is_said_so(server: DnsServer) -> None:
    with pytest.raises(NoSuchName, match=NAME):
        await discovery(server).look_up()


async def test_a_service_that_is_decidedly_not_there_is_said_so() -> None:
    class Nowhere:
        async def query(self, name: str, kind: Kind) -> RecordSet:
            del name, kind
            return RecordSet((SrvTarget(0, 0, 0, ""),), 60.0)

    policy = DnsPolicy(name="_http._tcp.catalog", records="srv")

    with pytest.raises(NoSuchName, match="not available"):
        await DnsDiscovery(policy, Nowhere(), RNG).look_up()


@pytest.mark.parametrize("name", ["", "a..b", "bücher.example"])
async def test_what_is_no_name_is_not_asked_for(name: str, server: DnsServer) -> None:
    with pytest.raises(NoSuchName):
        await DnsClient([server.address]).query(name, "A")
    assert server.asked == []


async def test_a_silent_or_failing_server_is_passed_over(server: DnsServer) -> None:
    server.zone = {(NAME, "A"): (60, ["10.0.0.1"])}
    async with dns_server() as silent, dns_server() as failing:
        silent.down = True
        failing.code = 2
        servers = [silent.address, failing.address, server.address]
        answer = await DnsClient(servers, timeout_s=0.05).query(NAME, "A")

    assert answer.records == ("10.0.0.1",)


async def test_no_answer_from_anybody_is_an_error_in_time(server: DnsServer) -> None:
    server.down = True

    with pytest.raises(NoResponse, match=NAME):
        await discovery(server).look_up()


def test_the_name_servers_are_those_of_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text(
        "# comment\nnameserver 10.0.0.53\nsearch a b\nnameserver fd00::53\n"
    )

    assert system_servers(path) == (("10.0.0.53", 53), ("fd00::53", 53))
    assert system_servers(tmp_path / "absent") == (("127.0.0.1", 53),)
