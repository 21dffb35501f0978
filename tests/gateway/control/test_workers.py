"""The workers on the control port."""

from pathlib import Path

from tests.support.controlled_app import controlled_app


async def test_one_process_is_shown_and_cannot_be_rolled(tmp_path: Path) -> None:
    async with controlled_app(tmp_path) as app:
        (worker,) = (await app.control.get("/workers")).json()["workers"]
        roll = await app.control.post("/workers/roll")

    assert worker["memory_bytes"] > 1_000_000
    assert worker["connections"] == 0
    assert (roll.status_code, roll.json()["code"]) == (409, "NO_WORKERS")
