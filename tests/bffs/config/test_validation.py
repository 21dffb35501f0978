"""Validation of requests in weir.yaml: each mistake is an error with its line."""

import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

from tests.support.routed_gateway import generation_of
from weir.bffs.config.errors import ConfigError

HEAD = """\
upstreams: {s: {instances: [http://h], health: {active: false}}}
routes:
  r:
    path: /x/{id}
    proxy: s
    validation:
"""
BODY = "requestBody: {content: {application/json: {schema: %s}}}"


async def problem(validation: str, folder: Path, head: str = HEAD) -> tuple[int, str]:
    with pytest.raises(ConfigError) as error:
        await generation_of(f"{head}      {validation}\n", folder=folder)
    first = error.value.problems[0]
    return first.line, first.message


LONG_INDEX = "#/paths/~1/post/parameters/" + "1" * 5000


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        ("{operation: {}, openapi: x}", "expected either `openapi` or `operation`"),
        ("{operation: {}, undescribed: pass}", "only used with `openapi`"),
        ("{operation: {}, modes: {body: on}}", "modes.body"),
        (
            "{operation: {}, modes: {response: measure}}",
            "`modes.response` has no effect without `operation.responses`",
        ),
        (
            "{operation: {}, modes: {path: off, query: off, headers: off,"
            " cookies: off, body: off}}",
            "has no effect, because all `modes` are off",
        ),
        ("{operation: {parameters: [{in: query}]}}", "with `name` and `in`"),
        (
            "{operation: {parameters: [{in: query, name: a}]}}",
            "/parameters/0: expected `schema`",
        ),
        (
            "{operation: {parameters: [{in: path, name: a, schema: {}}]}}",
            '"/x/{id}" has no parameter {a}',
        ),
        (
            "{operation: {parameters: [{in: path, name: a, style: x, schema: {}}]}}",
            "the style 'x' is not supported; use simple",
        ),
        (f"{{operation: {{{BODY % '{type: nope}'}}}}}", "Unexpected type"),
        (f"{{operation: {{{BODY % '{pattern: (?=a)}'}}}}}", 'is not a "regex"'),
        (
            f"{{operation: {{{BODY % '{$ref: https://evil.example/x}'}}}}}",
            "a reference to another document, 'https://evil.example/x'",
        ),
        (
            f"{{operation: {{{BODY % '{$ref: other.yaml#/x}'}}}}}",
            "a reference to another document, 'other.yaml#/x'",
        ),
        ("{operation: {requestBody: {$ref: '#/nowhere'}}}", "there is nothing at the"),
        (
            f"{{operation: {{parameters: [{{$ref: '{LONG_INDEX}'}}]}}}}",
            "there is nothing at the",
        ),
        (
            "{operation: {requestBody: {$ref: '#/paths/~1/post/requestBody'}}}",
            "/requestBody: the reference '#/paths/~1/post/requestBody' is circular",
        ),
        ("{operation: {operationId: 5}}", "/operationId: expected a text of printable"),
        (
            "{openapi: missing.yaml}",
            "missing.yaml: cannot be read: No such file or directory",
        ),
        (
            "{operation: {parameters: [{name: a, in: [query], schema: {}}]}}",
            "expected a parameter with `name` and `in`",
        ),
    ],
)
async def test_a_mistake_is_named(
    tmp_path: Path, validation: str, message: str
) -> None:
    line, text = await problem(validation, tmp_path)

    assert message in text
    assert line in {6, 7}
    assert "weir init" not in text


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "expected an object with `openapi: 3.0.x` or `3.1.x`"),
        ("[]", 1, "expected an object with `openapi: 3.0.x` or `3.1.x`"),
        ("swagger: '2.0'", 1, "expected an object with `openapi: 3.0.x` or"),
        ("info: {}\nopenapi: 3.2.0", 2, "expected `3.0.x` or `3.1.x`, got '3.2.0'"),
        ("openapi: 3.1.0", 1, "the description has no operations"),
        ("openapi: 3.1.0\npaths: {}", 2, "the description has no operations"),
        (
            "openapi: 3.1.0\npaths:\n  /a: {$ref: 'http://evil.example/x'}",
            3,
            "a reference to another document",
        ),
        ("openapi: 3.1.0\npaths:\n  /x{id}: {get: {}}", 3, "is a whole segment"),
        ("openapi: 3.1.0\n$id: 'http://[::1'", 1, "Invalid URI reference"),
        ("openapi: 3.1.0\nservers: [{url: 'http://[::1'}]", 2, "Invalid IPv6 URL"),
        (
            "openapi: 3.1.0\npaths:\n  /:\n    get:\n      parameters:\n"
            "      - {in: query, name: a, schema: {}}\n      - {in: query}",
            7,
            "/paths/~1/get/parameters/1: expected a parameter with `name` and `in`",
        ),
    ],
)
async def test_a_mistake_in_a_description_has_its_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    (tmp_path / "api.yaml").write_text(text)
    with pytest.raises(ConfigError) as error:
        await generation_of(f"{HEAD}      {{openapi: api.yaml}}\n", folder=tmp_path)

    (found,) = error.value.problems
    assert (found.file, found.line) == (str(tmp_path / "api.yaml"), line)
    assert message in found.message


@pytest.mark.parametrize(
    ("section", "place"),
    [("validation: {operation: {}}", "validation"), ("openapi: x.yaml", "openapi")],
)
async def test_a_missing_package_is_named_with_its_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, section: str, place: str
) -> None:
    known = util.find_spec
    monkeypatch.setattr(
        "weir.bffs.config.policies.validation.find_spec",
        lambda name: None if name == "jsonschema_rs" else known(name),
    )
    (tmp_path / "x.yaml").write_text("openapi: 3.1.0\npaths: {/x/a: {get: {}}}\n")
    head = HEAD.replace("{id}", "*").replace("    validation:\n", f"    {section}\n")
    with pytest.raises(ConfigError) as error:
        await generation_of(head, folder=tmp_path)

    (found,) = error.value.problems
    assert found.line == 6
    assert f"routes.r.{place}: jsonschema-rs is not installed" in found.message
    assert "pip install 'jsonschema-rs>=0.61'" in found.message


def test_the_package_is_imported_only_where_it_is_configured() -> None:
    program = "import weir.bffs.app, sys; sys.exit('jsonschema_rs' in sys.modules)"

    outcome = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)

    assert outcome.returncode == 0
