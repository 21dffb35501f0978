"""Cohorts: the requests that belong to one."""

import pytest

from tests.support.memory_exchange import request_head
from weir.gateway.context import Identity
from weir.gateway.json_types import JSONValue
from weir.gateway.routes.matching.conditions import Conditions
from weir.gateway.routes.splitting.cohort import Cohort
from weir.gateway.routes.splitting.split import Split

CLAIMS: dict[str, JSONValue] = {
    "tier": "gold",
    "age": 7,
    "teams": ["a", "b"],
    "realm": {"tenant": "acme"},
    "none": None,
    "staff": True,
}


@pytest.mark.parametrize(
    ("path", "value", "belongs"),
    [
        ("tier", "gold", True),
        ("tier", "Gold", False),
        ("tier", "*", True),
        ("none", "*", False),
        ("other", "*", False),
        ("age", "7", True),
        ("staff", "true", True),
        ("teams", "b", True),
        ("teams", "c", False),
        ("realm.tenant", "acme", True),
        ("realm", "acme", False),
    ],
)
def test_a_claim_has_the_value(path: str, value: str, belongs: bool) -> None:  # noqa: FBT001
    cohort = Cohort(
        conditions=Conditions(), claims=((path, value),), split=Split({"a": 1})
    )

    found = cohort.includes(request_head("/"), Identity(method="jwt", claims=CLAIMS))

    assert found is belongs
    assert not cohort.includes(request_head("/"), Identity())


def test_all_conditions_have_to_be_met() -> None:
    cohort = Cohort(
        conditions=Conditions(headers=(("x-a", "1"),), query=(("b", "*"),)),
        claims=(("tier", "gold"),),
        split=Split({"a": 1}),
    )
    ann = Identity(method="jwt", claims=CLAIMS)
    fields = [(b"x-a", b"1")]

    assert cohort.includes(request_head("/", headers=fields, query="b=2"), ann)
    assert not cohort.includes(request_head("/", headers=fields), ann)
    assert not cohort.includes(
        request_head("/", headers=fields, query="b=2"), Identity()
    )
