import pytest

from tests.support.one_service import Control

STATE = [
    ("/config", {"redis": {"password": "***"}}),
    (
        "/generation",
        {"id": "g1", "age_s": 2.5, "subgraphs": ["catalog"], "facades": ["web"]},
    ),
]


@pytest.mark.parametrize(("path", "body"), STATE)
async def test_the_configuration_and_the_generation_are_shown(
    control: Control, path: str, body: object
) -> None:
    response = await control.ask(path)

    assert (response.status_code, response.json()) == (200, body)


async def test_before_the_first_generation_there_is_none(control: Control) -> None:
    control.target.serving = None

    response = await control.ask("/generation")

    assert (response.status_code, response.json()["code"]) == (503, "NOT_STARTED")


async def test_a_reload_names_the_generation(control: Control) -> None:
    response = await control.ask("/config/reload", "POST")

    assert (response.status_code, response.json()) == (200, {"generation": "g2"})


async def test_the_configuration_carries_its_version(control: Control) -> None:
    assert (await control.ask("/config")).headers["etag"] == '"v1"'
    assert (await control.ask("/config/reload", "POST")).headers["etag"] == '"v2"'


async def test_a_rejected_reload_has_a_reason(control: Control) -> None:
    control.target.refuse = "weir.yaml:3: unknown key 'upstrems'"

    response = await control.ask("/config/reload", "POST")

    assert response.status_code == 422
    assert response.json()["code"] == "CONFIG_REJECTED"
    assert response.json()["detail"] == "weir.yaml:3: unknown key 'upstrems'"
