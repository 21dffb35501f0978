"""A field that moves step by step: who resolves it, by request, on both fronts."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.executing import MemorySource
from tests.support.facade_client import binding, routes_of, send, stored_operation
from tests.support.memory_exchange import whole_body
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.extensions.override_labels import override_policy
from weir.bffs.facades.facade import Facade
from weir.gateway.clock import SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.routes.table import RouteTable
from weir.resolvers.engine.engine import Engine
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.engine.view import EngineView
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS
from weir.resolvers.overrides import OverridePolicy, Overrides, by_request
from weir.resolvers.sources.source import Reply
from weir.schema import Composed, Subgraph, compose
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

LINK = """
extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.7"
  import: ["@key", "@override"]
)
"""
OLD = "type Query { status: String other: String }"
NEW = """
type Query {
  status: String @override(from: "old", label: "percent(50)")
  other: String @override(from: "old", label: "rollout")
}
"""
QUERY = "query Status { status }"
USERS = [f"user-{n}" for n in range(20)]


class ForStaff:
    """The label is active for requests of the staff."""

    def active(self, label: str, request: RequestContext) -> bool:
        return label == "rollout" and request.client_headers.get(b"x-staff") == b"yes"


STAFF = ForStaff()


class Waiting:
    """A decision that other requests would have to wait for."""

    async def active(self, label: str, request: RequestContext) -> bool:
        del label, request
        return False


WAITING = Waiting()


def policy(tmp_path: Path, override: str) -> OverridePolicy:
    file = tmp_path / "weir.yaml"
    file.write_text(f"override: {override}\n")
    return override_policy(load_config(file, {}))


def facade(overriding: OverridePolicy) -> Facade:
    composed = compose(
        [
            Subgraph(name="old", sdl=LINK + OLD),
            Subgraph(name="new", sdl=LINK + NEW),
        ]
    )
    assert isinstance(composed, Composed), composed
    graph = Graph.of(read_supergraph(composed.supergraph_sdl))
    served = EngineView(
        graph=graph,
        schema=graph.supergraph.api_schema,
        sources={
            name: MemorySource(Reply(data={"status": name, "other": name}))
            for name in ("old", "new")
        },
        upstreams={},
        coordinates=frozenset(),
        limits=DEFAULT_LIMITS,
        introspection=False,
        masked=False,
        overrides=Overrides.of(graph, overriding),
    )
    engine = Engine(served, PreparationQueue(99, SystemClock()), SystemClock())
    operation = stored_operation(QUERY, binding("GET", "/status"))
    return Facade(
        name="web",
        path="",
        engine=engine,
        device={},
        stored=(
            (
                operation,
                engine.operations.prepare_stored(operation.text, operation.name),
            ),
        ),
        development=True,
        fingerprint="",
    )


async def asked(routes: RouteTable, target: str, **fields: str) -> Any:
    headers = {
        name.replace("_", "-").encode(): value.encode()
        for name, value in fields.items()
    }
    response = await send(routes, "GET", target, headers=headers)
    return orjson.loads(whole_body(response))


async def test_a_user_has_the_same_labels_in_every_operation(tmp_path: Path) -> None:
    web = routes_of(facade(policy(tmp_path, "{sticky: {header: X-User-Id}}")))

    sides: list[str] = []
    for user in USERS:
        answers = [
            (await asked(web, "/graphql?query={status}", x_user_id=user))["data"]
            for _ in range(3)
        ]
        answers.append(await asked(web, "/status", x_user_id=user))
        assert len({each["status"] for each in answers}) == 1, answers
        sides.append(answers[0]["status"])

    assert set(sides) == {"old", "new"}


async def test_labels_of_the_operators_own_decide(tmp_path: Path) -> None:
    web = routes_of(facade(policy(tmp_path, f"{{labels: '{__name__}:STAFF'}}")))

    staff = await asked(web, "/graphql?query={other}", x_staff="yes")
    guest = await asked(web, "/graphql?query={other}")

    assert staff["data"] == {"other": "new"}
    assert guest["data"] == {"other": "old"}


def test_without_a_key_the_share_is_one_of_the_requests(tmp_path: Path) -> None:
    assert policy(tmp_path, "{}").key is by_request


@pytest.mark.parametrize(
    ("labels", "complaint"),
    [
        (
            "nothing.here:flags",
            "cannot import nothing.here: there is no module nothing",
        ),
        (f"{__name__}:NOTHING", "has no NOTHING"),
        (f"{__name__}:WAITING", "`active` is called on the event loop and must not be"),
        (f"{__name__}:ForStaff", "with a method `active(label, request)`, got <class"),
    ],
)
def test_invalid_labels_are_reported_with_their_place(
    tmp_path: Path, labels: str, complaint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        policy(tmp_path, f"{{labels: '{labels}'}}")

    (problem,) = caught.value.problems
    assert (problem.line, problem.message.partition(": ")[0]) == (1, "override.labels")
    assert complaint in problem.message
