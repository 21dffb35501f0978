"""Places of clients: from several files, from changed ones and from broken ones."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.calls import request_context
from tests.support.fake_clock import FakeClock
from tests.support.geo_files import NETWORKS, PLACES, write_places
from weir.gateway.edge.context.client_address import TrustedProxies
from weir.gateway.geography.databases import Databases, UnusableDatabase
from weir.gateway.geography.geography import Geography
from weir.gateway.geography.place import UNKNOWN, Place


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    return (
        write_places(tmp_path / "city.mmdb", PLACES),
        write_places(tmp_path / "asn.mmdb", NETWORKS),
    )


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", Place("DE", "DE-BY", 64500)),
        ("192.0.2.200", Place("FR", "", 64500)),
        ("::ffff:192.0.2.1", Place("DE", "DE-BY", 64500)),
        ("2001:db8::7", Place("JP")),
        ("198.51.100.1", UNKNOWN),
        ("", UNKNOWN),
        ("/run/socket", UNKNOWN),
    ],
)
def test_a_place_has_the_parts_of_all_files(
    files: tuple[str, str], address: str, place: Place
) -> None:
    assert Databases(files).place(address) == place


@pytest.mark.parametrize(
    "record",
    [
        {"country": "DE"},
        {"country": {"iso_code": "de"}},
        {"country": {"iso_code": "DE\r\nx-admin: 1"}},
        {"country": {"iso_code": 7}},
        {"subdivisions": {"iso_code": "BY"}},
        {"subdivisions": [{"iso_code": "BY"}]},
        {"autonomous_system_number": "64500"},
        {"autonomous_system_number": True},
        ["DE"],
    ],
)
def test_a_record_of_another_kind_is_no_place(tmp_path: Path, record: Any) -> None:
    file = write_places(tmp_path / "odd.mmdb", {"192.0.2.0/24": record})

    assert Databases([file]).place("192.0.2.1") == UNKNOWN


def test_a_missing_file_is_an_error_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(UnusableDatabase, match="absent cannot be read: No such file"):
        Databases([str(tmp_path / "absent")])


@pytest.mark.parametrize("size", [0, 1000, -1])
def test_a_broken_file_is_an_error_or_knows_no_place(
    files: tuple[str, str], size: int
) -> None:
    content = Path(files[0]).read_bytes()
    Path(files[0]).write_bytes(content[:size] if size >= 0 else b"\xff" * 5000)

    with pytest.raises(UnusableDatabase, match=r"city\.mmdb is not a database"):
        Databases(files)


def test_fields_for_services_are_those_to_send_that_are_known() -> None:
    place = Place("DE", "", 64500)

    assert place.header_fields(("country", "region", "asn")) == (
        (b"x-client-country", b"DE"),
        (b"x-client-asn", b"64500"),
    )
    assert place.header_fields(("region",)) == ()


def geography(files: tuple[str, ...], clock: FakeClock) -> Geography:
    return Geography(files, ("country",), TrustedProxies(), clock)


def test_a_context_has_the_fields_of_its_client(files: tuple[str, str]) -> None:
    places = geography(files, FakeClock())
    context = request_context()

    assert places.located(context) is context
    assert context.client_address == ""


def test_changed_files_are_read_within_a_minute(
    files: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    places = geography(files, clock)
    assert places.place("192.0.2.1").country == "DE"
    moved = {"192.0.2.0/24": {"country": {"iso_code": "AT"}}}
    write_places(Path(files[0]), moved)
    assert places.place("192.0.2.1").country == "DE"

    clock.advance(61)
    until_country(places, "AT")

    Path(files[0]).write_bytes(b"broken")
    clock.advance(61)
    places.place("192.0.2.1")
    until_logged(caplog, "city.mmdb is not a database")
    assert places.place("192.0.2.1").country == "AT"

    write_places(Path(files[0]), PLACES)
    clock.advance(61)
    until_country(places, "DE")


def until_country(places: Geography, country: str) -> None:
    ends_s = time.monotonic() + 30
    while places.place("192.0.2.1").country != country:
        assert time.monotonic() < ends_s
        time.sleep(0.01)


def until_logged(caplog: pytest.LogCaptureFixture, text: str) -> None:
    ends_s = time.monotonic() + 30
    while text not in caplog.text:
        assert time.monotonic() < ends_s
        time.sleep(0.01)
