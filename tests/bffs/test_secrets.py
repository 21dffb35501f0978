"""Secrets of a running gateway stay out of its log, its events and its control port."""

from pathlib import Path

import pytest

from tests.support.controlled_app import controlled_app

MARK = "s3cr3t"
SECRETS = """\
redis: {url: "redis://:${SECRET}@127.0.0.1:1"}
upstreams:
  books:
    instances: [http://127.0.0.1:1]
    transport: httpx
    proxy: http://user:${SECRET}@127.0.0.1:1
    health: {path: "/up?token=${SECRET}", interval: 20ms, recheck: 1ms}
    fallback: {response: {headers: {x: "${SECRET}"}, body: "${SECRET}"}}
    operations: {Book: {fallback: {response: {body: "${SECRET}"}}}}
subgraphs:
  books: {upstream: books, sdl: books.graphql, path: "/graphql?key=${SECRET}"}
facades: {web: {path: /web}}
"""
REJECTED = [
    SECRETS.replace("sdl: books.graphql, ", ""),
    SECRETS.replace("sdl: books.graphql", "sdl: '${SECRET}'"),
    SECRETS.replace("127.0.0.1:1]", "'http://${SECRET}/@h']"),
    SECRETS.replace("transport: httpx", "transport: ${SECRET}"),
    SECRETS.replace("[http://127.0.0.1:1]", "['https://h'], tls: {ca: '${SECRET}'}"),
    SECRETS.replace(
        "path: /web",
        "path: /web, device: {arguments: {'Query.book(id:)': '${SECRET}'}}",
    ),
    SECRETS.replace("sdl: books.graphql, ", "python: '${SECRET}:x', ").replace(
        "upstream: books, ", ""
    ),
    SECRETS.replace("redis: {", "redis: {'${SECRET}': *${SECRET}, "),
    SECRETS.replace("redis: {", "redis: {url: s3cr3t, "),
    SECRETS.replace("redis: {", "redis: {url: *s3cr3t, "),
]
SHOWN = [
    "/config",
    "/services",
    "/services/books/endpoints",
    "/generation",
    "/circuit-breakers",
    "/metrics",
]


@pytest.mark.filterwarnings("default")
async def test_secrets_are_in_no_response_and_no_line_of_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text(f"SECRET={MARK}\n")
    texts: list[str] = []
    async with controlled_app(tmp_path, SECRETS) as served:
        await served.control.post("/services/books/health-check")
        texts += [(await served.control.get(path)).text for path in SHOWN]
        for config in REJECTED:
            served.file.write_text(config)
            rejected = await served.control.post("/config/reload")
            assert rejected.status_code == 422, config
            texts.append(rejected.text)
    texts.append(capfd.readouterr().out)

    assert "config_rejected" in texts[-1]
    assert "shared_store_changed" in texts[-1]
    leaks = [part for text in texts for part in text.split("\n") if MARK in part]
    assert leaks == []
