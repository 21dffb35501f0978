"""The names that users may import. Everything else is private and changes freely."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PUBLIC = {
    "weir": {"__version__"},
    "weir.gateway.context": {"Identity", "RequestContext"},
    "weir.gateway.identity.policies": {"PolicyRequest"},
    "weir.resolvers.context": {"ExecutionContext"},
    "weir.resolvers.errors": {"HttpError", "MalformedResponse"},
    "weir.gateway.json_types": {"JSONObject", "JSONValue", "is_list", "is_object"},
    "weir.resolvers.loaders": {"Batch", "Loaders"},
    "weir.resolvers.loaders.rest": {"get_json", "rest_batch"},
    "weir.resolvers.operation": {"prepare"},
    "weir.resolvers.plan": {"plan"},
    "weir.resolvers.pure": {"pure"},
    "weir.schema": {
        *("Code", "Composed", "Composition", "CompositionError", "Hint", "Level"),
        *("Location", "Rejected", "Subgraph", "compose", "errors_as_json"),
        *("render_error", "render_errors"),
    },
    "weir.schema.contracts": {"Contract", "View", "ViewResult", "view"},
    "weir.schema.diff": {"Change", "Severity", "broken_operations", "diff"},
    "weir.schema.graph.graph": {"Graph"},
    "weir.schema.graph.supergraph": {"read_supergraph"},
    "weir.schema.testing": {"assert_composes", "subgraph"},
    "weir.testing": {
        *("Down", "Empty", "Failing", "Scenario", "Service", "ServiceRequest"),
        *("ServiceResponse", "Slow", "TestedGateway", "degradation", "gateway"),
        *("graphql_service", "mock_service", "responses"),
    },
}

_IMPORT = re.compile(r"^ *from (weir[\w.]*) import (.+)$", re.MULTILINE)


def imported() -> Iterator[tuple[str, str, str]]:
    """Yield file, module and name of each import in the examples and the docs."""
    files = [*ROOT.glob("examples/**/*.py"), *ROOT.glob("docs/**/*.md")]
    for file in files:
        for module, names in _IMPORT.findall(file.read_text(encoding="utf-8")):
            for name in names.split(","):
                yield str(file.relative_to(ROOT)), module, name.strip()


@pytest.mark.parametrize("module", PUBLIC)
def test_each_public_name_exists_and_says_what_it_does(module: str) -> None:
    found = import_module(module)
    exported = PUBLIC[module]

    assert {name for name in exported if not hasattr(found, name)} == set()
    for name in exported:
        thing = getattr(found, name)
        if callable(thing) and getattr(thing, "__module__", "").startswith("weir."):
            assert thing.__doc__, name


def test_what_a_public_package_exports_is_listed_here() -> None:
    packages = (
        *("weir.schema", "weir.schema.contracts", "weir.resolvers.loaders"),
        *("weir.gateway.identity.policies", "weir.testing"),
    )

    exported = {name: set(import_module(name).__all__) for name in packages}

    assert exported == {name: PUBLIC[name] for name in packages}


def test_examples_and_docs_import_public_names_alone() -> None:
    private = [
        f"{file}: {module}.{name}"
        for file, module, name in imported()
        if name not in PUBLIC.get(module, set())
    ]

    assert private == []


def test_the_page_lists_each_public_module() -> None:
    page = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")

    listed = set(re.findall(r"^::: ([\w.]+)$", page, re.MULTILINE))

    assert listed == {name for name in PUBLIC if name != "weir"}
