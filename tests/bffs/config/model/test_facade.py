"""A façade's rules have an effect."""

import pytest
from pydantic import ValidationError

from weir.bffs.config.model.facade import DeviceSection, FacadeSection, SubgraphSection


@pytest.mark.parametrize("rule", [{}, {"default": None}, {"max": None}])
def test_a_device_rule_without_effect_is_an_error(rule: dict[str, None]) -> None:
    with pytest.raises(ValidationError, match="expected `default`, `max` or both"):
        DeviceSection.model_validate({"arguments": {"Image.url(width:)": rule}})


@pytest.mark.parametrize("rule", [300, "wide", {"default": 1}, {"max": 2}])
def test_a_device_rule_has_a_default_or_a_maximum(rule: object) -> None:
    DeviceSection.model_validate({"arguments": {"Image.url(width:)": rule}})


@pytest.mark.parametrize("key", [{"ignored_parameters": ["utm_*"]}, {"openapi": True}])
def test_a_key_without_effect_without_operations_is_an_error(
    key: dict[str, object],
) -> None:
    section = {"path": "/web", **key}

    with pytest.raises(ValidationError, match="needs stored `operations`"):
        FacadeSection.model_validate(section)
    FacadeSection.model_validate({**section, "operations": "stored"})


@pytest.mark.parametrize("unused", ["path", "sdl"])
def test_a_key_without_effect_on_a_python_subgraph_is_an_error(unused: str) -> None:
    section = {"python": "graph:schema", unused: "/x"}

    with pytest.raises(ValidationError, match=f"`{unused}` is only used with"):
        SubgraphSection.model_validate(section)
