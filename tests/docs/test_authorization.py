"""The examples of docs/guides/authorization.md do what the page says."""

import re
from pathlib import Path

import orjson
import pytest

from tests.support.executed_subgraph import ExecutedSubgraph
from tests.support.staff_graph import caller, engine_over
from weir.bffs.config.decode import load_config
from weir.gateway.context import ANONYMOUS
from weir.resolvers.engine.known_operation import PLANS_PER_OPERATION

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "authorization.md").read_text()
SDL, QUERY = re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)
(RESPONSE,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
(CONFIG,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
ANN = {
    "__typename": "Employee",
    "id": "e1",
    "name": "Ann",
    "phone": "1",
    "salary": 9,
    "bonus": 2,
}


async def test_an_anonymous_caller_gets_the_response_of_the_page() -> None:
    staff = ExecutedSubgraph(SDL, {"employee": ANN}, "Employee")
    with engine_over({"staff": (SDL, staff)}) as ask:
        result = await ask(QUERY, ANONYMOUS)

    expected = orjson.loads(RESPONSE)
    assert {"data": result.data, "errors": list(result.errors)} == expected
    (document,) = staff.documents
    assert "phone" not in document
    assert "salary" not in document


@pytest.mark.parametrize("scopes", ["admin", "hr pay:read"])
async def test_either_list_of_scopes_is_sufficient(scopes: str) -> None:
    staff = ExecutedSubgraph(SDL, {"employee": ANN}, "Employee")
    with engine_over({"staff": (SDL, staff)}) as ask:
        result = await ask(QUERY, caller(*scopes.split()))

    assert result.data == {"employee": {"name": "Ann", "phone": "1", "salary": 9}}
    assert result.errors == ()


def test_the_configuration_is_one(tmp_path: Path) -> None:
    (tmp_path / "weir.yaml").write_text(CONFIG)

    facades = load_config(tmp_path / "weir.yaml", {}).config.facades

    assert facades["web"].authorization.mode == "filter"
    assert facades["partner"].authorization.mode == "reject"


def test_the_number_of_plans_is_the_one_of_the_page() -> None:
    assert f"At most {PLANS_PER_OPERATION} plans" in PAGE
