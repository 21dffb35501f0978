"""A configuration at a URL: fetched, polled by its ETag, and served from its copy."""

import asyncio
import base64
import gzip
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from weir.bffs.config.errors import ConfigError, ReadOnlyConfig
from weir.bffs.config.stores.changes import RemoveUpstream
from weir.bffs.config.stores.listen import Listen
from weir.bffs.config.stores.polling import poll
from weir.bffs.config.stores.state_dir import StateDir
from weir.bffs.config.stores.url import UrlStore, is_config_url


def config(port: int) -> str:
    return f"server: {{port: {port}}}"


@dataclass
class Origin:
    """A server of one text; `seen` has the If-None-Match of each request."""

    text: str = config(4100)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    url: str = ""
    seen: list[str] = field(default_factory=list[str])

    def respond(self, request: BaseHTTPRequestHandler) -> None:
        etag = f'"{sha256(self.text.encode()).hexdigest()}"'
        given = request.headers.get("if-none-match", "")
        self.seen.append(given)
        fresh = given == etag and self.status == 200
        body = b"" if fresh else self.text.encode()
        if "content-encoding" in self.headers:
            body = gzip.compress(body)
        request.send_response(304 if fresh else self.status)
        for name, value in {"etag": etag, **self.headers}.items():
            request.send_header(name, value)
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


@pytest.fixture
def origin() -> Iterator[Origin]:
    served = Origin()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.respond(self)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}/weir.yaml"
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def port(store: UrlStore) -> int:
    return store.load().config.server.port


def problem(store: UrlStore) -> str:
    with pytest.raises(ConfigError) as caught:
        store.load()
    return str(caught.value)


def test_the_configuration_is_fetched_and_the_command_line_wins(origin: Origin) -> None:
    assert port(UrlStore(origin.url)) == 4100
    assert port(UrlStore(origin.url, listen=Listen(port=4200))) == 4200


def test_the_configuration_may_be_compressed(origin: Origin) -> None:
    origin.headers["content-encoding"] = "gzip"

    assert port(UrlStore(origin.url)) == 4100


def test_an_unchanged_configuration_is_not_sent_again(origin: Origin) -> None:
    store = UrlStore(origin.url)
    store.load()

    assert not store.has_changed()
    assert port(store) == 4100
    assert [bool(etag) for etag in origin.seen] == [False, True, True]


def test_a_change_is_found_and_then_loaded(origin: Origin) -> None:
    store = UrlStore(origin.url)
    store.load()
    origin.text = config(4101)

    assert store.has_changed()
    assert port(store) == 4101
    assert not store.has_changed()


def test_an_invalid_change_is_rejected_once(origin: Origin) -> None:
    store = UrlStore(origin.url)
    store.load()
    origin.text = "servr: {}"

    assert store.has_changed()
    assert f"{origin.url}:1:1: servr: unknown key" in problem(store)
    assert not store.has_changed()


@pytest.mark.parametrize(
    ("status", "headers", "text", "expected"),
    [
        (500, {}, "", "status 500"),
        (302, {"location": "http://127.0.0.1:1/"}, "", "status 302"),
        (404, {}, "", "status 404"),
        (200, {}, " " * (4 * 1024 * 1024 + 1), "larger than 4194304 bytes"),
        (
            200,
            {"content-encoding": "gzip"},
            " " * (64 * 1024 * 1024),
            "the body decodes to more than 4194304 bytes",
        ),
        (200, {"content-encoding": "compress"}, "", "'compress' is not supported"),
        (
            200,
            {"repr-digest": f"sha-256=:{base64.b64encode(bytes(32)).decode()}:"},
            config(4102),
            "the checksum in `Repr-Digest` does not match",
        ),
    ],
)
def test_a_wrong_response_is_an_error_and_no_change(
    origin: Origin, status: int, headers: dict[str, str], text: str, expected: str
) -> None:
    store = UrlStore(origin.url)
    store.load()
    origin.status, origin.headers, origin.text = status, headers, text

    assert not store.has_changed()
    assert expected in problem(store)


def test_an_outage_is_logged_at_its_begin_and_its_end(
    origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    store = UrlStore(origin.url)
    store.load()

    with caplog.at_level(logging.WARNING):
        for status in (503, 503, 200, 200):
            origin.status = status
            store.has_changed()

    first, second = (record.getMessage() for record in caplog.records)
    assert "status 503" in first
    assert "is available again" in second


def test_a_matching_checksum_is_accepted(origin: Origin) -> None:
    digest = base64.b64encode(sha256(origin.text.encode()).digest()).decode()
    origin.headers = {"repr-digest": f"unknown=:x:, sha-256=:{digest}:"}

    assert port(UrlStore(origin.url)) == 4100


def test_the_copy_serves_a_start_without_the_url(
    origin: Origin, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = StateDir(tmp_path / "state")
    UrlStore(origin.url, state).load()
    origin.status = 503
    store = UrlStore(origin.url, state)

    with caplog.at_level(logging.WARNING):
        assert port(store) == 4100

    assert "using the last copy" in caplog.text
    origin.status, origin.text = 200, config(4101)
    assert store.has_changed()
    assert port(store) == 4101


def test_an_invalid_configuration_does_not_replace_the_copy(
    origin: Origin, tmp_path: Path
) -> None:
    state = StateDir(tmp_path)
    UrlStore(origin.url, state).load()
    origin.text = "servr: {}"
    problem(UrlStore(origin.url, state))
    origin.status = 503

    assert port(UrlStore(origin.url, state)) == 4100


def test_a_copy_is_not_used_in_place_of_a_reload(
    origin: Origin, tmp_path: Path
) -> None:
    store = UrlStore(origin.url, StateDir(tmp_path))
    store.load()
    origin.status = 503

    assert "status 503" in problem(store)


def test_without_a_copy_the_start_fails(origin: Origin, tmp_path: Path) -> None:
    origin.status = 503

    assert "status 503" in problem(UrlStore(origin.url, StateDir(tmp_path)))
    assert "status 503" in problem(UrlStore(origin.url))


def test_a_folder_that_cannot_be_written_stops_nothing(
    origin: Origin, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")

    with caplog.at_level(logging.WARNING):
        assert port(UrlStore(origin.url, StateDir(tmp_path / "file"))) == 4100

    assert "cannot be written" in caplog.text


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"weir_state": 2}\nx', b"\xff\n"])
def test_a_damaged_copy_is_as_if_it_were_not_there(
    origin: Origin, tmp_path: Path, damage: bytes
) -> None:
    state = StateDir(tmp_path)
    UrlStore(origin.url, state).load()
    (copy,) = tmp_path.iterdir()
    copy.write_bytes(damage)
    origin.status = 503

    assert "status 503" in problem(UrlStore(origin.url, state))


def test_nothing_changes_it_from_here(origin: Origin) -> None:
    with pytest.raises(ReadOnlyConfig, match="change it where it comes from"):
        UrlStore(origin.url).edit(RemoveUpstream("a"))


def test_credentials_of_the_url_are_not_shown() -> None:
    store = UrlStore("http://me:hunter2@127.0.0.1:9/weir.yaml?token=hunter3")

    shown = problem(store)

    assert "hunter" not in shown
    assert "127.0.0.1:9/weir.yaml" in shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("weir.yaml", False),
        ("/etc/weir.yaml", False),
        ("https://config.example/weir.yaml", True),
        ("http://127.0.0.1/weir.yaml", True),
        ("http://localhost/weir.yaml", True),
        ("http://[::1]/weir.yaml", True),
    ],
)
def test_a_url_is_known_by_its_scheme(text: str, *, expected: bool) -> None:
    assert is_config_url(text) == expected


@pytest.mark.parametrize(
    "url",
    ["https://", "https://[::1", "https://h:x/", f"https://{'a' * 64}.example/"],
)
def test_an_invalid_url_is_rejected_without_its_credentials(url: str) -> None:
    with pytest.raises(ConfigError, match="the URL has") as raised:
        is_config_url(url.replace("//", "//me:s3cret@"))
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("host", ["xn--", "a\x01"])
def test_a_host_that_cannot_be_looked_up_is_reported(host: str) -> None:
    with pytest.raises(ConfigError, match="cannot fetch the configuration"):
        UrlStore(f"https://{host}/weir.yaml").load()


def test_a_url_without_tls_is_refused() -> None:
    with pytest.raises(ConfigError, match="use https"):
        is_config_url("http://config.example/weir.yaml")


async def test_polling_reloads_after_each_change() -> None:
    changes = [True, False, True, False]
    reloaded = asyncio.Event()
    reloads: list[int] = []

    async def reload() -> None:
        reloads.append(len(changes))
        if len(reloads) == 2:
            reloaded.set()

    polling = asyncio.create_task(
        poll(lambda: bool(changes) and changes.pop(), reload, interval_s=0)
    )
    async with asyncio.timeout(30):
        await reloaded.wait()
    polling.cancel()

    assert reloads == [2, 0]
