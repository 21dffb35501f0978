"""Values are immutable to the type checkers; what else a dataclass is, they are."""

from dataclasses import fields, replace

from tests.support.events import REQUEST
from weir.gateway.context import ANONYMOUS, Identity


def test_values_are_equal_by_their_fields_and_can_be_keys() -> None:
    assert Identity(subject="a") == Identity(subject="a") != ANONYMOUS
    assert {Identity(subject="a"): 1}[Identity(subject="a")] == 1


def test_values_have_slots_and_can_be_replaced() -> None:
    assert not hasattr(REQUEST, "__dict__")
    assert replace(REQUEST, status=503).status == 503
    assert REQUEST.status == 200
    assert len(fields(REQUEST)) == 16
