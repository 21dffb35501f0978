"""The example of docs/guides/geography.md does what the page says."""

import re
from pathlib import Path

import httpx
import pytest

from tests.support.geo_files import NETWORKS, PLACES, write_places
from tests.support.raw_service import ok, raw_service, responding
from tests.support.routed_gateway import RoutedGateway, generation_of, routed_gateway
from weir.bffs.config.errors import ConfigError

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "geography.md").read_text()
BLOCKS: list[str] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
(EXAMPLE,) = BLOCKS
DEFAULTS = "upstream_defaults: {health: {active: false}}\n"
BAVARIA, FRANCE, NOWHERE = "192.0.2.1", "192.0.2.200", "198.51.100.1"
FORGED = {"x-client-country": "DE", "X_Client_ASN": "1", "x-client-region": "FR-X"}


def write_files(folder: Path) -> None:
    write_places(folder / "GeoLite2-City.mmdb", PLACES)
    write_places(folder / "GeoLite2-ASN.mmdb", NETWORKS)


async def get(gateway: RoutedGateway, path: str, address: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(
            f"http://127.0.0.1:{gateway.port}{path}",
            headers={"x-forwarded-for": address, **FORGED},
        )


async def test_clients_are_routed_by_their_places(tmp_path: Path) -> None:
    write_files(tmp_path)
    async with (
        raw_service(responding(ok(b"shop"))) as shop,
        raw_service(responding(ok(b"shop-eu"))) as europe,
    ):
        text = EXAMPLE.replace("http://10.0.0.7:8080", shop.url)
        text = text.replace("http://10.0.0.8:8080", europe.url)
        async with routed_gateway(DEFAULTS + text, tmp_path) as gateway:
            assert (await get(gateway, "/shop/1", BAVARIA)).text == "shop-eu"
            assert (await get(gateway, "/shop/1", FRANCE)).text == "shop-eu"
            assert (await get(gateway, "/shop/1", NOWHERE)).text == "shop"
            offers = await get(gateway, "/shop/offers/1", BAVARIA)
            assert offers.status_code == 451
            assert (await get(gateway, "/shop/offers/1", FRANCE)).text == "shop-eu"

    names = ("x-client-country", "x-client-region", "x-client-asn", "X_Client_ASN")
    sent = [[europe.fields(at).get(name) for name in names] for at in (0, 1)]
    assert sent == [["DE", None, "64500", None], ["FR", None, "64500", None]]
    assert not {name.lower() for name in shop.fields()} & {*names, "x_client_asn"}


@pytest.mark.parametrize(
    ("city", "reason"),
    [
        (None, r"2:3: geo\.files: .*City\.mmdb cannot be read: No such file"),
        (b"<html>", r"2:3: geo\.files: .*City\.mmdb is not a database of MaxMind"),
    ],
)
async def test_a_file_that_cannot_be_used_rejects_the_configuration(
    tmp_path: Path, city: bytes | None, reason: str
) -> None:
    write_files(tmp_path)
    (tmp_path / "GeoLite2-City.mmdb").unlink()
    if city is not None:
        (tmp_path / "GeoLite2-City.mmdb").write_bytes(city)

    with pytest.raises(ConfigError, match=reason):
        await generation_of(EXAMPLE, folder=tmp_path)


async def test_a_reload_uses_the_places_of_before_if_their_section_is_the_same(
    tmp_path: Path,
) -> None:
    write_files(tmp_path)
    first = await generation_of(EXAMPLE, folder=tmp_path)
    (tmp_path / "GeoLite2-City.mmdb").write_bytes(b"broken")
    changed = EXAMPLE.replace("451", "403")

    second = await generation_of(changed, first, tmp_path)

    assert second.geography is first.geography
    with pytest.raises(ConfigError, match="not a database"):
        await generation_of(changed.replace(", asn]", "]"), second, tmp_path)
    await first.close()
    await second.close()
