"""The control port over the real application, whatever it is sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.config_values import JSON, nearly
from tests.support.controlled_app import CONFIG, ControlledApp, controlled_app
from tests.support.demo import ROOT
from weir.bffs.config.model.upstream.upstream import UpstreamSection
from weir.bffs.config.stores.file import FileStore
from weir.bffs.config.stores.store import EditedConfig

SECRET = "tops3cret"  # noqa: S105 - of this test
SERVICE = {"instances": ["http://127.0.0.1:2"], "health": {"active": False}}


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[ControlledApp]:
    async with controlled_app(tmp_path) as app:
        yield app


def etag(response: httpx.Response) -> str:
    tag: str = response.headers["etag"]
    return tag


async def test_a_change_is_made_of_the_version_that_if_match_names(
    app: ControlledApp,
) -> None:
    put = partial(app.control.put, "/services/new", json=SERVICE)
    first = etag(await app.control.get("/config"))

    changed = await put(headers={"if-match": first})
    stale = await put(headers={"if-match": first})
    weak = await put(headers={"if-match": f"W/{etag(changed)}"})
    listed = await put(headers={"if-match": f'"x", {etag(changed)}'})
    anything = await put(headers={"if-match": "*"})
    malformed = await put(headers={"if-match": "x"})

    assert [each.status_code for each in (changed, listed, anything)] == [200] * 3
    assert etag(changed) == etag(await app.control.get("/config")) != first
    assert (stale.status_code, stale.json()["code"]) == (412, "PRECONDITION_FAILED")
    assert weak.status_code == 412
    assert malformed.status_code == 400


async def test_a_hand_edit_that_is_not_loaded_fails_if_match(
    app: ControlledApp,
) -> None:
    seen = etag(await app.control.get("/config"))
    app.file.write_text(CONFIG + "# By hand.\n")

    stale = await app.control.delete("/services/x", headers={"if-match": seen})
    reloaded = await app.control.post("/config/reload")
    again = await app.control.put(
        "/services/x", json=SERVICE, headers={"if-match": etag(reloaded)}
    )

    assert (stale.status_code, again.status_code) == (412, 200)
    assert app.file.read_text().endswith("# By hand.\n")


BY_HAND = CONFIG + "# By hand.\n"


class EditedMeanwhile(FileStore):
    """A file that is edited by hand just before each change is kept."""

    def save(self, edited: EditedConfig) -> None:
        self.file.write_text(BY_HAND)
        super().save(edited)


async def test_a_hand_edit_while_a_change_is_built_is_not_lost(tmp_path: Path) -> None:
    async with controlled_app(tmp_path, store_of=EditedMeanwhile) as app:
        before = (await app.control.get("/config")).json()
        conflict = await app.control.put("/services/new", json=SERVICE)
        after = (await app.control.get("/config")).json()

    assert (conflict.status_code, conflict.json()["code"]) == (409, "CONFIG_CONFLICT")
    assert conflict.json()["detail"] == (
        "weir.yaml has changed meanwhile; make the change again"
    )
    assert app.file.read_text() == BY_HAND
    assert after == before


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def served(
    loop: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControlledApp]:
    folder = tmp_path_factory.mktemp("served")
    (folder / ".env").write_text(f"SECRET={SECRET}\n")
    context = controlled_app(folder)
    with ExitStack() as stack:
        served = loop.run(context.__aenter__())
        stack.callback(lambda: loop.run(context.__aexit__(None, None, None)))
        yield served


def names(known: str) -> st.SearchStrategy[str]:
    text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
    return st.sampled_from([known, known, "x", "<<", "${SECRET}"]) | text


INSTANCE = st.fixed_dictionaries(
    {}, optional={"url": JSON, "weight": st.integers(1, 9) | JSON, "enabled": JSON}
)
PURGE = st.fixed_dictionaries({"upstream": names("books")}, optional={"tag": JSON})
FORCED = st.fixed_dictionaries({"state": st.sampled_from(["open", None]) | JSON})
NO_BODY = st.none()


def service() -> st.SearchStrategy[Any]:
    """A definition of a service, with settings that are mostly right."""
    settings = nearly(UpstreamSection)
    return settings.map(
        lambda some: {**SERVICE, **some} if isinstance(some, dict) else some
    )


REQUESTS: dict[str, st.SearchStrategy[Any]] = {
    "PUT /services/{name}": service(),
    "DELETE /services/{name}": NO_BODY,
    "PUT /services/{name}/endpoints/{endpoint}": INSTANCE,
    "DELETE /services/{name}/endpoints/{endpoint}": NO_BODY,
    "PUT /circuit-breakers/{name}/forced": FORCED,
    "POST /circuit-breakers/{name}/reset": NO_BODY,
    "POST /cache/purge": PURGE,
    "GET /services/{name}/endpoints": NO_BODY,
}


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, bytes]:
    # Half of them define a service: that is where most can be wrong.
    request = draw(st.sampled_from([*REQUESTS, *["PUT /services/{name}"] * 7]))
    method, path = request.split()
    name, endpoint = draw(names("books")), draw(names("127.0.0.1:1"))
    path = path.format(name=quote(name, safe=""), endpoint=quote(endpoint, safe=""))
    body = REQUESTS[request].map(lambda body: json.dumps(body).encode())
    return method, path, draw(body if draw(st.integers(0, 20)) else st.binary())


@given(request=requests())
@settings(max_examples=100, deadline=None)
def test_no_request_makes_the_control_port_fail_or_show_paths_of_the_machine(
    loop: asyncio.Runner, served: ControlledApp, request: tuple[str, str, bytes]
) -> None:
    method, path, body = request

    async def ask() -> tuple[httpx.Response, httpx.Response]:
        served.file.write_text(CONFIG)
        headers = {"content-type": "application/json"}
        response = await served.control.request(
            method, path, content=body, headers=headers
        )
        return response, await served.control.get("/config")

    response, config = loop.run(ask())

    assert response.status_code < 500, response.text
    assert config.status_code == 200
    for text in (response.text, config.text):
        assert SECRET not in text
        for place in (str(served.file.parent), str(ROOT), "site-packages", ".py"):
            assert place not in text


async def test_schemas_that_serve_are_shown(app: ControlledApp) -> None:
    schema = await app.control.get("/facades/web/schema")
    supergraph = await app.control.get("/facades/web/supergraph")
    unknown = await app.control.get("/facades/wep/schema")

    assert "type Book {\n  title: String\n}" in schema.text
    assert "join__Graph" not in schema.text
    assert "enum join__Graph" in supergraph.text
    assert schema.headers["content-type"] == "text/plain; charset=utf-8"
    assert (unknown.status_code, unknown.json()["code"]) == (404, "UNKNOWN_FACADE")
    assert unknown.json()["detail"] == "There is no façade 'wep'; there are: web."
