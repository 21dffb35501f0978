"""The demo's configuration: its subgraphs compose, and what it names is there."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from graphql import GraphQLObjectType, parse, validate

from examples.streaming.mobile_home import schema as mobile_home
from examples.streaming.partner_listing import schema as partner_listing
from examples.streaming.ports import OFFSETS, environment
from examples.streaming.services.subgraph import read_sdl
from examples.streaming.tv_headline import schema as tv_headline
from examples.streaming.viewer import schema as viewer
from examples.streaming.web_verdict import schema as web_verdict
from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.facades.stored.folder import load_operations
from weir.bffs.generations.blueprint import facade_operations
from weir.schema.compose import Composed, compose
from weir.schema.contracts import Contract, View, view
from weir.schema.subgraphs.subgraph import Subgraph
from weir.schema.supergraph.api_schema import api_schema

CONFIG = Path(__file__).parents[2] / "examples" / "streaming" / "weir.yaml"
FACADES = ("web", "mobile", "tv", "console")
SCREENS = {
    ("Home", "/v1/home"),
    ("Search", "/v1/search"),
    ("SetProgress", "/v1/titles/{id}/progress"),
    ("Title", "/v1/titles/{id}"),
}
OWN_SCREENS = {
    "web": {("Charts", "/v1/charts")},
    "mobile": {("Start", "/v1/start")},
    "tv": {("Screensaver", "/v1/screensaver")},
    "console": {("Screensaver", "/v1/screensaver")},
}
VIEW_MODELS = {
    "web": ("verdict", web_verdict),
    "mobile": ("home", mobile_home),
    "tv": ("headline", tv_headline),
    "console": ("headline", tv_headline),
    "partner": ("listing", partner_listing),
}


@pytest.fixture(scope="module")
def loaded() -> LoadedConfig:
    return load_config(CONFIG, environment(9000))


@pytest.fixture(scope="module")
def supergraphs() -> Mapping[str, str]:
    """The supergraph of each façade."""
    shared = [
        *(
            Subgraph(name=name, sdl=read_sdl(f"{name}.graphql"))
            for name in ("catalog", "playback", "reviews")
        ),
        Subgraph(name="viewer", sdl=viewer.as_str()),
    ]
    return {
        facade: supergraph_of([*shared, Subgraph(name=name, sdl=schema.as_str())])
        for facade, (name, schema) in VIEW_MODELS.items()
    }


def supergraph_of(subgraphs: Sequence[Subgraph]) -> str:
    composed = compose(subgraphs)
    assert isinstance(composed, Composed), composed
    assert composed.hints == ()
    return composed.supergraph_sdl


def test_tests_and_the_demo_choose_the_ports(loaded: LoadedConfig) -> None:
    upstreams = loaded.config.upstreams

    assert sorted(upstreams) == sorted(OFFSETS)
    assert [instance.url for instance in upstreams["playback"].instances] == [
        "http://127.0.0.1:9031",
        "http://127.0.0.1:9032",
    ]


@pytest.mark.parametrize("facade", FACADES)
def test_operations_are_valid_within_the_contract(
    facade: str, loaded: LoadedConfig, supergraphs: Mapping[str, str]
) -> None:
    served = loaded.config.facades[facade]
    contract = Contract(exclude=frozenset(served.contract.exclude))
    seen = view(supergraphs[facade], contract)
    assert isinstance(seen, View), seen
    folder = served.operations
    assert folder is not None

    operations = load_operations(loaded.folder / folder)

    paths = {(o.name, *(b.template.text for b in o.bindings)) for o in operations}
    assert paths == SCREENS | OWN_SCREENS.get(facade, set())
    for operation in operations:
        assert validate(seen.api_schema, parse(operation.text)) == [], operation.name


def test_operations_of_partners_are_valid_within_their_contract(
    loaded: LoadedConfig, supergraphs: Mapping[str, str]
) -> None:
    served = loaded.config.facades["partner"]
    contract = Contract(exclude=frozenset(served.contract.exclude))
    seen = view(supergraphs["partner"], contract)
    assert isinstance(seen, View), seen

    operations = facade_operations(loaded, "partner")

    assert [
        (o.version, *(b.template.text for b in o.bindings)) for o in operations
    ] == [
        ("v1", "/search"),
        ("v1", "/titles/{id}"),
        ("v2", "/listing"),
        ("v2", "/titles"),
        ("v2", "/search"),
        ("v2", "/titles/{id}"),
    ]
    for operation in operations:
        assert validate(seen.api_schema, parse(operation.text)) == [], operation.name


@pytest.mark.parametrize("facade", [*FACADES, "partner"])
def test_device_arguments_exist(
    facade: str, loaded: LoadedConfig, supergraphs: Mapping[str, str]
) -> None:
    api = api_schema(supergraphs[facade])
    for coordinate in loaded.config.facades[facade].device.arguments:
        place, _, argument = coordinate.rstrip(":)").partition("(")
        type_name, _, field_name = place.partition(".")
        parent = api.type_map[type_name]
        assert isinstance(parent, GraphQLObjectType)
        assert argument in parent.fields[field_name].args
