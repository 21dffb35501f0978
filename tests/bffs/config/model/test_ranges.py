"""Every number of weir.yaml has a range, and a value outside it is a clear error."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.section import Section


def subsections(model: type[Section]) -> Iterator[type[Section]]:
    yield model
    for field in model.model_fields.values():
        for found in types_in(field.annotation):
            if isinstance(found, type) and issubclass(found, Section):
                yield from subsections(found)


def types_in(annotation: Any) -> Iterator[Any]:
    yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from types_in(argument)


def numbers() -> dict[str, list[Any]]:
    """Return what each number of the model is annotated with."""
    return {
        f"{model.__name__}.{name}": annotations(field)
        for model in dict.fromkeys(subsections(Config))
        for name, field in model.model_fields.items()
        if {int, float}
        & {each for each in types_in(field.annotation) if each is not bool}
    }


def annotations(field: FieldInfo) -> list[Any]:
    inner = [
        each
        for found in types_in(field.annotation)
        for annotation in getattr(found, "__metadata__", ())
        for each in getattr(annotation, "metadata", ())
    ]
    return [*field.metadata, *inner]


@pytest.mark.parametrize("name", numbers())
def test_every_number_has_a_range(name: str) -> None:
    found = numbers()[name]

    assert any(isinstance(each, Ge | Gt) for each in found)
    assert any(isinstance(each, Le | Lt) for each in found)


NINES = "9" * 400
UPSTREAM = "upstreams: {a: {instances: [http://h:1], %s}}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (UPSTREAM % f"timeout: {{total: {NINES}s}}", "timeout.total: write a duration"),
        (UPSTREAM % "timeout: {total: 366d}", "out of range, which is 1ms to 365d"),
        (UPSTREAM % "timeout: {total: 0.1ms}", "out of range, which is 1ms to 365d"),
        (UPSTREAM % "timeout: {total: 0s}", "which is 1ms to 365d, got '0s'"),
        (UPSTREAM % "timeout: {total: ٣s}", "timeout.total: write a duration"),
        (UPSTREAM % "timeout: {total: 1e3s}", "timeout.total: write a duration"),
        (UPSTREAM % f"max_response: {NINES}B", "max_response: write a size"),
        (
            UPSTREAM % "max_response: 2000GiB",
            "size is out of range, which is 1B to",
        ),
        (UPSTREAM % "retry: {budget: 101%}", "which is 0% to 100%, got '101%'"),
        (UPSTREAM % "retry: {budget: nan%}", "retry.budget: write a share"),
        (UPSTREAM % f"breaker: {{failures: {NINES}}}", "the number is out of range"),
        (
            UPSTREAM % f"breaker: {{failures: {'9' * 5000}}}",
            "number cannot be read",
        ),
        (UPSTREAM % "retry: {attempts: .inf}", "the number is out of range"),
        (UPSTREAM % "retry: {attempts: .nan}", "the number is out of range"),
        ("upstreams: {a: {instances: [{url: http://h, weight: 65536}]}}", "65535"),
        ("upstreams: {a: {instances: [http://h:65536]}}", "an invalid host or port"),
        ("upstreams: {a: {instances: [http://h:0]}}", "an invalid host or port"),
        ("upstreams: {a: {instances: [http://a..b]}}", "an invalid host or port"),
        (f"upstreams: {{a: {{instances: [http://{'x' * 64}.b]}}}}", "an invalid host"),
        ("server: {control: 127.0.0.1:65536}", "control: the port is out of range"),
        ("limits: {depth: 2026-11-28}", "limits.depth: expected a text, a number,"),
        ('server: {host: "\\ud800"}', "server.host: the text has half of a surrogate"),
    ],
)
def test_a_value_out_of_range_is_one_short_line(
    tmp_path: Path, text: str, expected: str
) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text(text)

    with pytest.raises(ConfigError) as refused:
        load_config(file, {})

    (message,) = str(refused.value).removeprefix(str(file)).splitlines()
    assert expected in message
    assert len(message) < 300
