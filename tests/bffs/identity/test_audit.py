"""From requests to the lines of the audit log."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.identified_gateway import CONFIG, bearer, identified_gateway
from tests.support.tokens import claims, rsa_key, token
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.telemetry.audit import audit_file

AUDITED = f"{CONFIG}audit: {{file: audit.log}}\n"


def signed(**changes: object) -> str:
    return token(rsa_key(), "RS256", claims(**changes))


def lines(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "audit.log").read_text()
    return [json.loads(line) for line in text.splitlines()]


async def test_each_decision_has_a_line_without_the_credential(
    tmp_path: Path,
) -> None:
    sent = [
        "",
        signed(scope="read books", sub="ann"),
        signed(scope="read", sub="bob"),
        signed(exp=1000, sub="eve"),
    ]
    async with identified_gateway(tmp_path, AUDITED) as gateway:
        for each in sent:
            await gateway.send("readers", bearer(each) if each else {})
        await gateway.served.control.post("/reload")

    found = lines(tmp_path)
    access = [each for each in found if each["kind"] == "access"]
    assert [(each["subject"], each["outcome"], each["code"]) for each in access] == [
        ("", "denied", "UNAUTHENTICATED"),
        ("ann", "allowed", ""),
        ("bob", "denied", "FORBIDDEN"),
        ("", "denied", "TOKEN_EXPIRED"),
    ]
    assert {each["rule"] for each in access} == {"facades.readers.access"}
    assert {each["route"] for each in access} == {"/readers/graphql"}
    assert len({each["request_id"] for each in access}) == len(sent)
    assert "control" in {each["kind"] for each in found}
    text = (tmp_path / "audit.log").read_text()
    assert not any(part in text for each in sent for part in each.split(".") if part)


async def test_the_lines_may_be_part_of_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = f"{CONFIG}audit: {{stdout: true}}\n"
    async with identified_gateway(tmp_path, config) as gateway:
        await gateway.send("known")

    log = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [each["code"] for each in log if each.get("kind") == "access"] == [
        "UNAUTHENTICATED"
    ]


async def test_lines_that_are_lost_are_a_metric(tmp_path: Path) -> None:
    async with identified_gateway(tmp_path, AUDITED) as gateway:
        (tmp_path / "audit.log").unlink()
        (tmp_path / "audit.log").mkdir()
        assert (await gateway.send("known")).status == 401

        lost = re.compile(r'gateway_log_lines_dropped_total{log="audit"} [1-9]')
        async with asyncio.timeout(30):
            text = ""
            while not lost.search(text):
                await asyncio.sleep(0.05)
                text = (await gateway.served.control.get("/metrics")).text
        (tmp_path / "audit.log").rmdir()


@pytest.mark.parametrize(
    ("audit", "message"),
    [
        ("{}", "expected either `file` or `stdout: true`"),
        ("{file: a, stdout: true}", "expected either `file` or `stdout: true`"),
        ("{file: missing/audit.log}", "cannot be opened: No such file"),
    ],
)
def test_a_wrong_sink_is_an_error_with_its_line(
    tmp_path: Path, audit: str, message: str
) -> None:
    (tmp_path / "weir.yaml").write_text(f"{CONFIG}audit: {audit}\n")

    with pytest.raises(ConfigError, match=r"weir\.yaml:\d+.*audit") as raised:
        audit_file(load_config(tmp_path / "weir.yaml", {}))

    assert message in str(raised.value)
