"""Bytes, requests and fields of each screen and façade; a table for the results."""

from pathlib import Path

from examples.streaming.compare import compare, missed_goals, table
from tests.support.demo import running_demo
from tests.support.gateway import demo_variables, patient_demo_config, running_gateway


async def test_facades_reduce_payloads(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text(patient_demo_config())
    async with (
        running_demo() as demo,
        running_gateway(file, demo_variables(demo.base_port)) as gateway,
    ):
        comparison = await compare(gateway.url, demo.base_port)

    print("\n".join(table(comparison)))
    assert list(missed_goals(comparison)) == []
