"""The traces of the demo's reads, from the gateway to the services."""

from pathlib import Path

import httpx

from examples.streaming.load import USERS, Read, all_reads
from examples.streaming.service_logs import ServiceLogs
from tests.support.demo import Demo
from tests.support.gateway import demo_variables, patient_demo_config, running_gateway
from tests.support.otlp_receiver import CLIENT, SERVER, ReceivedSpan, collector

CLIENT_SPAN = "b7ad6b7169203331"
OF_ONE_USER = all_reads()[: len(all_reads()) // len(USERS)]
CONFIG = "\ntelemetry: {traces: {sample: 0%}}\n"


def path_of(span: ReceivedSpan, spans: dict[str, ReceivedSpan]) -> tuple[str, ...]:
    """Return the names from the root of a trace to a span."""
    above = spans.get(span.parent_id)
    if above is None:
        assert span.parent_id == CLIENT_SPAN, f"{span.name} has no parent"
        return (span.name,)
    return (*path_of(above, spans), span.name)


async def send(http: httpx.AsyncClient, read: Read, traceparent: str) -> None:
    response = await http.request(
        read.method,
        read.path,
        content=read.body,
        headers={"content-type": "application/json", "traceparent": traceparent},
    )
    assert response.status_code == httpx.codes.OK


async def test_each_read_is_one_tree_that_the_services_continue(
    shared_demo: Demo, tmp_path: Path
) -> None:
    (tmp_path / "weir.yaml").write_text(patient_demo_config() + CONFIG)
    traces = {f"{number:032x}": read for number, read in enumerate(OF_ONE_USER, 1)}
    async with collector() as received, httpx.AsyncClient() as services:
        variables = {
            **demo_variables(shared_demo.base_port),
            "OTEL_EXPORTER_OTLP_ENDPOINT": received.url,
            "OTEL_BSP_SCHEDULE_DELAY": "20",
        }
        logs = ServiceLogs(services, shared_demo.base_port)
        async with (
            running_gateway(tmp_path / "weir.yaml", variables) as gateway,
            httpx.AsyncClient(base_url=gateway.url) as http,
        ):
            await logs.reset()
            for trace_id, read in traces.items():
                await send(http, read, f"00-{trace_id}-{CLIENT_SPAN}-01")
            asked = await logs.asked()
            found = {each: await received.trace(each) for each in traces}

    attempts: set[str] = set()
    for trace_id, read in traces.items():
        spans = {span.span_id: span for span in found[trace_id]}
        paths = [path_of(span, spans) for span in spans.values()]
        (request,) = [span for span in spans.values() if span.kind == SERVER]
        assert request.attributes["url.path"] == read.path.partition("?")[0]
        assert not any(span.failed for span in spans.values())
        for path, span in zip(paths, spans.values(), strict=True):
            assert path[0] == request.name
            if span.kind == CLIENT:
                assert path[1] == "query"
                assert path[2].startswith("fetch ")
                attempts.add(f"00-{trace_id}-{span.span_id}-01")
    # Health checks and the like have traces of their own.
    of_reads = {
        entry["traceparent"]
        for entry in asked.entries
        if entry["traceparent"].split("-")[1] in traces
    }
    assert of_reads == attempts
