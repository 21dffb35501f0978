"""What a person sees who got something wrong: one clear message, exit code 2."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.demo import ROOT
from tests.support.ports import free_port


def serve(config: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "weir", "serve", "--config", str(config)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


SDL = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3",'
    ' import: ["@key"])\ntype Query { a: Int }\n'
)


def write(folder: Path, text: str) -> Path:
    ports = f"server: {{port: {free_port()}, control: 127.0.0.1:{free_port()}}}\n"
    file = folder / "weir.yaml"
    file.write_text(ports + text)
    (folder / "good.graphql").write_text(SDL)
    (folder / "bad.graphql").write_text("type Query {\n  a: Int\n  b(: Int\n}\n")
    (folder / "script.py").write_text("import sys\nsys.exit(7)\n")
    (folder / "clash.graphql").write_text(SDL.replace("a: Int", "a: String"))
    return file


UPSTREAM = "upstreams: {a: {instances: [http://127.0.0.1:9]}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("upstraems: {}", ["weir.yaml:2:1: upstraems: unknown key; did you mean"]),
        (
            "facades:\n  web: {path: 7}",
            ["weir.yaml:3:9: facades.web.path: Input should be a valid string, got 7"],
        ),
        (
            UPSTREAM + "subgraphs: {s: {upstream: b}}",
            ['weir.yaml:3:17: subgraphs.s.upstream: unknown upstream "b"'],
        ),
        (
            UPSTREAM + "subgraphs: {s: {upstream: a}}\nfacades: {w: {path: /w}}",
            [
                "weir.yaml:3:13: subgraphs.s: cannot fetch the SDL of the service",
                "http://127.0.0.1:9/graphql",
            ],
        ),
        (
            UPSTREAM
            + "subgraphs: {s: {upstream: a, sdl: bad.graphql}}\n"
            + "facades: {w: {path: /w}}",
            ["bad.graphql:3:5: [INVALID_GRAPHQL] [s] Syntax Error: Expected Name"],
        ),
        (
            UPSTREAM
            + "subgraphs:\n  s: {upstream: a, sdl: good.graphql}\n"
            + "  t: {upstream: a, sdl: clash.graphql}\n"
            + "facades: {w: {path: /w}}",
            ["good.graphql:2:14: [", "see also", "clash.graphql:2:14"],
        ),
        (
            UPSTREAM
            + "subgraphs: {s: {upstream: a, sdl: nowhere.graphql}}\n"
            + "facades: {w: {path: /w}}",
            ["weir.yaml:3:30: subgraphs.s.sdl:", "cannot be read: No such file"],
        ),
        (
            "subgraphs: {s: {python: 'no.such.module:schema'}}\n"
            "facades: {w: {path: /w}}",
            ["weir.yaml:2:17: subgraphs.s.python: cannot import no.such.module"],
        ),
        (
            "subgraphs: {s: {python: 'script:schema'}}\nfacades: {w: {path: /w}}",
            ["weir.yaml:2:17: subgraphs.s.python: cannot import script: SystemExit(7)"],
        ),
        (
            UPSTREAM
            + "subgraphs: {s: {upstream: a, sdl: good.graphql}}\n"
            + "facades: {w: {path: /w, device: {arguments: {'Query.b(c:)': 1}}}}",
            ["weir.yaml:4:46: facades.w.device.arguments: Query.b(c:): Query has no"],
        ),
        (
            UPSTREAM
            + "subgraphs: {s: {upstream: a, sdl: good.graphql}}\n"
            + "facades: {w: {path: /w, operations: nowhere}}",
            ["weir.yaml:4:25: facades.w.operations: the folder nowhere does not"],
        ),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_2(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    outcome = serve(write(tmp_path, text))

    assert outcome.returncode == 2, outcome.stderr
    assert "Traceback" not in outcome.stderr
    for part in expected:
        assert part in outcome.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        file = tmp_path / "weir.yaml"
        file.write_text(f"server: {{port: {port}, control: 127.0.0.1:0}}")
        outcome = serve(file)

    assert outcome.returncode == 2
    assert outcome.stderr == (
        f"weir: server.port: cannot listen on 127.0.0.1:{port}: the address is in use"
        " by another process; choose another one\n"
    )


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    outcome = serve(tmp_path / "weir.yaml")

    assert outcome.returncode == 2
    assert outcome.stderr.endswith(
        "weir.yaml: cannot be read: No such file or directory; `weir init` writes a"
        " first configuration\n"
    )
