"""Changes of requests and responses in weir.yaml: mistakes and examples."""

import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest
from typer.testing import CliRunner

from weir.bffs.cli.main import app
from weir.bffs.config.decode import decode_document
from weir.bffs.config.document import read_document
from weir.bffs.config.errors import ConfigError

HEAD = """\
upstreams: {s: {instances: [http://h], health: {active: false}}}
routes:
  r:
    path: /x/{id}
    proxy: s
    transform:
"""


def problems(transform: str, head: str = HEAD) -> list[tuple[int | None, str]]:
    document = read_document(f"{head}      {transform}\n", "weir.yaml", {})
    with pytest.raises(ConfigError) as error:
        decode_document(document)
    return [(each.line, each.message) for each in error.value.problems]


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        (
            "request: {headers: {set: {host: x}}}",
            "the gateway writes this header field",
        ),
        ("request: {headers: {set: {X_Forwarded_For: x}}}", "the gateway writes this"),
        ("request: {headers: {set: {x-weir-backend: x}}}", "the gateway writes this"),
        ("request: {headers: {set: {content-length: x}}}", "the gateway writes this"),
        ("request: {headers: {add: {authorization: x}}}", "is not a list; use `set`"),
        (
            "request: {headers: {set: {x-a: '{x}'}}}",
            "headers.set.x-a: unknown reference",
        ),
        ("request: {headers: {set: {x-a: '{id'}}}", "expected references such as {id}"),
        ('request: {headers: {set: {x-a: "a\\nb"}}}', "expected printable ASCII"),
        ("request: {query: {set: {a: '{x}'}}}", "query.set.a: unknown reference {x}"),
        ("request: {query: {remove: ['']}}", "at least 1 character"),
        ("request: {body: {allow: [a..b]}}", "expected a path such as"),
        ("request: {body: {read: yaml}}", "'json', 'form' or 'xml'"),
        ("request: {body: {write: text}}", "`text` needs a template"),
        ("request: {body: {content_type: a/b}}", "only used with `write: text`"),
        ("request: {body: {root: a}}", "`root` is only used for XML"),
        ("request: {body: {lists: [a]}}", "`lists` is only used for XML"),
        (
            "request: {body: {template: '{{ x }}'}}",
            "template: line 1: unknown name 'x'",
        ),
        ("request: {body: {template: '{{ range(9) }}'}}", "call is not allowed"),
        ("response: {status: {200: 204}}", "expected the status of a response with a"),
        ("response: {status: {99: 200}}", "greater than or equal to 100"),
        ("response: {headers: {set: {x-request-id: x}}}", "the gateway writes this"),
        ("response: {errors: html}", "should be 'problem'"),
        ("response: {bod: {}}", 'did you mean "body"?'),
    ],
)
def test_a_mistake_is_named_with_its_line(transform: str, message: str) -> None:
    (line, text), *_ = problems(transform)

    assert message in text
    assert line == 7


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("respond: {}", "only used with `proxy` and `aggregate`"),
        (
            "aggregate: {parts: {a: {upstream: s, path: /a}}}",
            "transform.request: only used with `proxy`",
        ),
    ],
)
def test_changes_need_an_endpoint_that_has_them(endpoint: str, message: str) -> None:
    head = HEAD.replace("proxy: s", endpoint)

    assert message in problems("request: {query: {remove: [a]}}", head)[0][1]


@pytest.mark.parametrize(
    ("package", "body", "requirement"),
    [
        ("xmltodict", "{write: xml}", "pip install 'xmltodict>=1.0'"),
    ],
)
def test_a_missing_package_is_named_with_its_installation(
    monkeypatch: pytest.MonkeyPatch, package: str, body: str, requirement: str
) -> None:
    known = util.find_spec
    monkeypatch.setattr(
        "weir.bffs.config.policies.transformation.find_spec",
        lambda name: None if name == package else known(name),
    )

    assert requirement in problems(f"request: {{body: {body}}}")[0][1]


def test_the_packages_are_imported_only_where_they_are_configured() -> None:
    program = (
        "import weir.bffs.app, sys;"
        "sys.exit(bool({'jinja2', 'xmltodict'} & set(sys.modules)))"
    )

    outcome = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)

    assert outcome.returncode == 0


EXAMPLES = """\
      request:
        body:
          read: xml
          write: json
          examples:
            - {input: "<a><b>1</b></a>", output: {a: {b: "1"}}}
            - {input: "<a/>", output: {a: 1}}
      response:
        body:
          template: '{"t": {{ claims.t }}}'
          examples:
            - {input: {}, output: {t: x}, claims: {t: x}}
            - {input: {}, output: {t: x}}
"""


def test_weir_check_verifies_the_examples(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text(HEAD + EXAMPLES)

    result = CliRunner().invoke(app, ["check", "--config", str(file)])

    assert result.exit_code == 1, result.output
    shown = " ".join(result.output.split())
    assert "weir.yaml:13:15: routes.r.transform.request.body.examples.1" in shown
    assert 'the example gives {"a":null}' in shown
    assert "weir.yaml:19:15: routes.r.transform.response.body.examples.1" in shown
    assert "has no attribute 't'" in shown
    assert shown.count("examples.") == 2


def test_weir_check_accepts_examples_that_hold(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    lines = [each for each in EXAMPLES.splitlines() if "/>" not in each]
    file.write_text(HEAD + "\n".join(lines[:-1]) + "\n")

    result = CliRunner().invoke(app, ["check", "--config", str(file)])

    assert result.exit_code == 0, result.output
