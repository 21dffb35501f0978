"""A façade's rules have an effect."""

import pytest
from pydantic import ValidationError

from weir.bffs.config.model.facade import DeviceSection


@pytest.mark.parametrize("rule", [{}, {"default": None}, {"max": None}])
def test_a_device_rule_without_effect_is_an_error(rule: dict[str, None]) -> None:
    with pytest.raises(ValidationError, match="expected `default`, `max` or both"):
        DeviceSection.model_validate({"arguments": {"Image.url(width:)": rule}})


@pytest.mark.parametrize("rule", [300, "wide", {"default": 1}, {"max": 2}])
def test_a_device_rule_has_a_default_or_a_maximum(rule: object) -> None:
    DeviceSection.model_validate({"arguments": {"Image.url(width:)": rule}})
