"""The levels of loggers on the control port."""

import logging
from pathlib import Path

import httpx
import pytest

from tests.support.controlled_app import CONFIG, controlled_app

TOKENS = """
control:
  tokens:
    reader: {token: "reader-0123456789"}
    deploy: {token: "deploy-0123456789", role: operate}
"""
LOGGER = "tests.shop"


def bearer(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {name}-0123456789"}


async def test_a_level_is_changed_with_the_role_for_it(tmp_path: Path) -> None:
    audit = tmp_path / "audit.log"
    config = CONFIG + TOKENS + "audit: {file: audit.log}\n"
    async with controlled_app(tmp_path, config) as app:
        url, change = f"/log/levels/{LOGGER}", {"level": "debug"}
        refused = await app.control.put(url, json=change, headers=bearer("reader"))
        unchanged = logging.getLogger(LOGGER).level
        changed = await app.control.put(url, json=change, headers=bearer("deploy"))
        level = logging.getLogger(LOGGER).level
        shown = await app.control.get("/log/levels", headers=bearer("reader"))
        restored = await app.control.put(
            url, json={"level": None}, headers=bearer("deploy")
        )

    assert (refused.status_code, unchanged) == (403, logging.NOTSET)
    assert (changed.status_code, level) == (200, logging.DEBUG)
    assert shown.json() == changed.json()
    expected = {"logger": LOGGER, "level": "debug", "is_set": True}
    assert expected in shown.json()["loggers"]
    assert LOGGER not in restored.text
    assert logging.getLogger(LOGGER).level == logging.NOTSET
    lines = [line for line in audit.read_text().splitlines() if LOGGER in line]
    assert [line.count('"token":"deploy"') for line in lines] == [0, 1, 1]
    assert "0123456789" not in audit.read_text()


@pytest.mark.parametrize(
    ("logger", "body", "status", "code"),
    [
        ("hpack", {"level": "debug"}, 422, "LOG_LEVEL_REJECTED"),
        ("shop", {"level": "loud"}, 400, "BAD_REQUEST"),
        ("shop", {"level": 10}, 400, "BAD_REQUEST"),
        ("shop", {}, 400, "BAD_REQUEST"),
        ("shop", {"level": "info", "for": "1h"}, 400, "BAD_REQUEST"),
        ("a%20b", {"level": "info"}, 400, "BAD_REQUEST"),
        ("a..b", {"level": "info"}, 400, "BAD_REQUEST"),
        ("a.", {"level": "info"}, 400, "BAD_REQUEST"),
        ("a" * 201, {"level": "info"}, 400, "BAD_REQUEST"),
    ],
)
async def test_a_wrong_change_is_rejected(
    tmp_path: Path, logger: str, body: object, status: int, code: str
) -> None:
    async with controlled_app(tmp_path) as app:
        response: httpx.Response = await app.control.put(
            f"/log/levels/{logger}", json=body
        )

    assert (response.status_code, response.json()["code"]) == (status, code)
