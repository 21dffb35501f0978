"""The examples of docs/guides/transform.md do what the page says."""

import re
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tests.support.raw_service import ok, raw_service, responding
from tests.support.routed_gateway import routed_gateway
from weir.bffs.cli.main import app
from weir.gateway.routes.bodies.xml_body import XmlBody

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "transform.md"
TEXT = PAGE.read_text()
CUSTOMERS, ORDERS, PAYMENTS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
(RESPONSE,) = re.findall(r"```console\n\$ curl .*\n(.*)\n", TEXT)
DEFAULTS = "upstream_defaults: {health: {active: false}, retry: {attempts: 1}}\n"


@pytest.mark.parametrize("config", [CUSTOMERS, ORDERS, PAYMENTS])
def test_the_examples_of_the_page_hold(tmp_path: Path, config: str) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text(config)

    result = CliRunner().invoke(app, ["check", "--config", str(file)])

    assert result.exit_code == 0, result.output


async def test_the_customer_of_the_page_is_json() -> None:
    xml = b'<customer internal="1"><fullName>Ada</fullName><order>7</order></customer>'
    answer = ok(xml, b"content-type: text/xml")
    async with raw_service(responding(answer)) as service:
        text = DEFAULTS + CUSTOMERS.replace("http://10.0.0.7:8080", service.url)
        async with (
            routed_gateway(text) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            response = await client.get(
                "/customers/7?number=8", headers={"x-tenant": "forged"}
            )

    assert response.text == RESPONSE
    assert service.request_line.split()[1] == "/crm/customer?number=7"
    assert "x-tenant" not in service.fields()


@pytest.mark.parametrize(
    ("xml", "json"), re.findall(r"^\| `(<.*?)` \| `(\{.*\})` \|$", TEXT, re.MULTILINE)
)
def test_xml_and_json_are_as_in_the_table(xml: str, json: str) -> None:
    value = XmlBody().decode(xml.encode())

    assert str(value).replace("'", '"').replace("None", "null") == json
