"""`weir routes explain`: the route of a request, and why the others do not get it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from weir.bffs.cli.main import app

CONFIG = """
upstreams: {u: {instances: [http://h]}}
subgraphs: {g: {upstream: u}}
facades: {web: {path: /web}}
routes:
  rest: {path: /*, proxy: u}
  api: {path: /api/*, proxy: u}
  beta: {path: /api/*, when: {headers: {x-beta: "1"}}, proxy: u}
  post: {path: /api/*, methods: [POST], proxy: u}
  user: {path: "/api/{id}", methods: [PUT], proxy: u}
  host: {path: /x, hosts: [api.example.com], proxy: u}
"""
RESTRICTED = """
upstreams: {u: {instances: [http://h]}}
routes:
  all: {path: /*, proxy: u}
  admin: {path: /admin/*, proxy: u, addresses: {allow: [192.0.2.0/24]}}
"""


def explained(
    folder: Path, *arguments: str, config_text: str = CONFIG
) -> tuple[int, str]:
    (folder / "weir.yaml").write_text(config_text)
    config = str(folder / "weir.yaml")
    result = CliRunner().invoke(
        app, ["routes", "explain", "--config", config, *arguments]
    )
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("request_", "lines"),
    [
        (
            "GET http://x/api/7",
            [
                "rest beta has a longer path",
                "api beta has more header conditions",
                "* beta /api/*",
                "post the method is not POST",
                "user the method is not PUT",
                "host the host is not api.example.com",
            ],
        ),
        (
            "PUT https://api.example.com/api/7?a=b",
            [
                "rest user matches the whole path",
                "api user matches the whole path",
                "beta user matches the whole path",
                "post the method is not POST",
                "* user /api/{id}",
                "host the path does not match /x",
            ],
        ),
        (
            "/web/graphql",
            [
                'rest the path belongs to façade "web"',
                "api the path does not match /api/*",
                "beta the path does not match /api/*",
                "post the path does not match /api/*",
                "user the path does not match /api/{id}",
                "host the host is not api.example.com",
                '* façade "web"',
            ],
        ),
    ],
)
def test_each_route_is_listed_with_its_reason(
    tmp_path: Path, request_: str, lines: list[str]
) -> None:
    code, output = explained(tmp_path, request_, "-H", "X-Beta: 1")

    assert code == 0
    assert [" ".join(line.split()) for line in output.splitlines()] == lines


def test_the_public_keys_belong_to_the_gateway(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text(
        "upstreams: {u: {instances: [http://h]}}\n"
        "routes: {rest: {path: /*, proxy: u}}\n"
        "identity: {signing: {issuer: gateway, keys: [key.pem]}}\n"
    )

    result = CliRunner().invoke(
        app,
        ["routes", "explain", "--config", str(file), "GET /.well-known/jwks.json"],
    )

    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "  rest  the path belongs to the public keys of the gateway",
        "* the public keys of the gateway",
    ]


def test_a_request_without_a_route_fails(tmp_path: Path) -> None:
    code, output = explained(tmp_path, "TRACE http://x/api/7")

    assert code == 1
    assert "no route and no façade gets the request" in output
    assert "*" not in [line[0] for line in output.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["GET"], "expected a request such as 'GET https://host/path', got 'GET'"),
        (["GET http://[::1/"], "the URL has an invalid host or port"),
        (["GET /%zz"], 'two hexadecimal digits must follow each "%"'),
        (["GET /", "-H", "x-beta"], "expected a header field such as 'x-beta: 1'"),
    ],
)
def test_a_request_that_is_not_one_is_an_error(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    code, output = explained(tmp_path, *arguments)

    assert code == 2
    assert message in output


def test_a_configuration_with_plain_routes_only_passes_the_check(
    tmp_path: Path,
) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text(
        "upstreams: {u: {instances: [http://h]}}\nroutes: {r: {path: /*, proxy: u}}\n"
    )

    assert CliRunner().invoke(app, ["check", "--config", str(file)]).exit_code == 0


@pytest.mark.parametrize("path", ["//admin/x", "/admin%2Fx", "/admin;a/x"])
def test_a_path_with_another_reading_is_rejected(tmp_path: Path, path: str) -> None:
    code, output = explained(tmp_path, path, config_text=RESTRICTED)

    assert code == 1
    assert "rejected with 400: services could read the path as one of admin" in output


def test_a_path_with_another_reading_of_its_own_route_is_not_rejected(
    tmp_path: Path,
) -> None:
    code, output = explained(tmp_path, "/files/a%2Fb", config_text=RESTRICTED)

    assert code == 0
    assert "400" not in output


VERSIONED = """
upstreams: {u: {instances: [http://h]}}
routes:
  api:
    path: /api/*
    when: {cel: "request.host == 'x'"}
    versions: {v1: {proxy: u}, v2: {proxy: u}}
"""


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("http://x/api", "-H", "api-version: v2"), 0, "It gets version v2."),
        (("http://x/api", "-H", "api-version: v3"), 1, "There is no version 'v3'"),
        (("http://x/api",), 1, "It is rejected with 400: The request names no version"),
        (("http://y/api",), 1, "`request.host == 'x'` is false"),
    ],
)
def test_the_version_of_a_request_is_explained(
    arguments: tuple[str, ...], code: int, line: str, tmp_path: Path
) -> None:
    exit_code, output = explained(tmp_path, *arguments, config_text=VERSIONED)

    assert (exit_code, line in output) == (code, True)


def test_a_route_does_not_see_api_keys_of_the_query(tmp_path: Path) -> None:
    config = CONFIG + (
        "  key: {path: /x, when: {cel: \"'api_key' in request.query\"}, proxy: u}\n"
        "identity: {api_keys: {file: api-keys.json, query: api_key}}\n"
    )
    (tmp_path / "api-keys.json").write_text('{"keys": []}')

    code, output = explained(tmp_path, "GET /x?api_key=a", config_text=config)

    assert code == 0
    assert "* rest /*" in " ".join(output.split())
