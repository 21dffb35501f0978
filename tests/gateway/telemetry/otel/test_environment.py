import pytest

from weir.gateway.telemetry.otel.environment import (
    QueueLimits,
    environment_problems,
    is_disabled,
    queue_limits,
)

HARMLESS = {
    "OTEL_SERVICE_NAME": "bff",
    "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=prod",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
    "OTEL_EXPORTER_OTLP_HEADERS": "api-key=1",
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "2.5",
    "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_BSP_MAX_QUEUE_SIZE": "100",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "12",
    "OTEL_TRACES_SAMPLER": "",
    # Kubernetes adds these for a service with the name "otel-collector".
    "OTEL_COLLECTOR_SERVICE_HOST": "10.0.0.1",
    "OTEL_COLLECTOR_PORT": "tcp://10.0.0.1:4318",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_variable_with_an_effect_is_accepted(name: str) -> None:
    variables = {name: HARMLESS[name]}

    assert not [*environment_problems(variables, {"traces": False})]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("OTEL_TRACES_SAMPLER", "always_on", "has no effect: use telemetry.traces.sam"),
        (
            "OTEL_TRACES_SAMPLER_ARG",
            "0.5",
            "has no effect: use telemetry.traces.sample",
        ),
        (
            "OTEL_BSP_EXPORT_TIMEOUT",
            "1",
            "has no effect: use OTEL_EXPORTER_OTLP_TRACES",
        ),
        (
            "OTEL_METRIC_EXPORT_INTERVAL",
            "1",
            "has no effect: use telemetry.metrics.int",
        ),
        (
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
            "x",
            "has no effect: telemetry.logs is not con",
        ),
        ("OTEL_METRICS_EXPORTER", "otlp", "expected \"none\", got 'otlp'"),
        ("OTEL_TRACES_EXPORTER", "console", 'expected "otlp", got'),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "grpc",
            "expected \"http/protobuf\", got 'grpc'",
        ),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "expected a URL such as"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon", "expected seconds, got 'soon'"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0", "expected a positive number, got '0'"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "²", "expected a positive number"),
        (
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
            "4096",
            "the batch is larger than the queue",
        ),
        ("OTEL_PROPAGATORS", "b3", 'expected "tracecontext,baggage"'),
    ],
)
def test_another_one_is_refused_by_its_name(
    name: str, value: str, message: str
) -> None:
    (problem,) = environment_problems({name: value}, {"traces": False})

    assert problem.startswith(name)
    assert message in problem


def test_two_endpoints_are_one_too_many() -> None:
    name = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
    variables = {name: "http://collector:4318/v1/traces"}

    (problem,) = environment_problems(variables, {"traces": True})

    assert problem == f"{name} has no effect: telemetry.traces.endpoint is set"


def test_a_signal_that_is_not_sent_has_no_variables() -> None:
    variables = {
        "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "2",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_TRACES_EXPORTER": "none",
    }

    assert not [*environment_problems(variables, {"metrics": False})]
    assert len([*environment_problems(variables, {"traces": False})]) == 3


def test_the_endpoint_of_all_is_used_by_one_without_its_own() -> None:
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}

    assert not [*environment_problems(variables, {"traces": True, "logs": False})]
    assert [*environment_problems(variables, {"traces": True, "logs": True})]


def test_the_queue_has_the_sizes_of_the_environment() -> None:
    variables = {"OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_SCHEDULE_DELAY": "20"}

    assert queue_limits(variables) == QueueLimits(spans=100, batch=100, delay_ms=20)
    assert queue_limits({}) == QueueLimits()


def test_the_sdk_can_be_disabled() -> None:
    assert is_disabled({"OTEL_SDK_DISABLED": "TRUE"})
    assert not is_disabled({})
