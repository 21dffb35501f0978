"""Policies in CEL: the expressions that are accepted, their inputs, their decisions."""

from types import MappingProxyType
from typing import Any

import pytest

from weir.gateway.cel_source import InvalidExpression
from weir.gateway.context import Identity
from weir.gateway.identity.policies.cel_policy import (
    CelPolicy,
    needs_operation,
    read_policy,
)
from weir.gateway.identity.policies.policy import PolicyRequest, PolicyUndecided

ANN = Identity(
    method="jwt",
    subject="ann",
    issuer="https://issuer.test",
    client_id="app",
    scopes=frozenset({"read", "write"}),
    roles=frozenset({"editor"}),
    claims=MappingProxyType(
        {"dept": "hr", "teams": ("a", "b"), "realm": MappingProxyType({"id": 7})}
    ),
)
REQUEST = PolicyRequest(
    method="POST",
    path="/web/graphql",
    client_address="192.0.2.7",
    headers={"x-region": "eu"},
    operation="Home",
    variables={"id": "ann", "ids": ["1", "2"]},
)

DECIDED = [
    ("true", True),
    ("false", False),
    ("identity.authenticated && identity.method == 'jwt'", True),
    ("identity.subject == variables.id", True),
    ('identity.issuer == "https://issuer.test" && identity.client_id == "app"', True),
    ('"read" in identity.scopes && "editor" in identity.roles', True),
    ('"admin" in identity.roles', False),
    ('identity.claims.dept == "hr"', True),
    ("identity.claims.realm.id == 7", True),
    ("has(identity.claims.none)", False),
    ("identity.claims.teams.exists(t, t == 'b')", True),
    ("identity.scopes.all(s, s.matches('[a-z]+'))", True),
    ("identity.claims.teams.filter(t, t != 'a').map(t, t + t) == ['bb']", True),
    ("size(variables.ids) == 2 && variables.ids.all(i, i in ['1', '2'])", True),
    ("request.method == 'POST' && request.path.startsWith('/web/')", True),
    ("request.operation == 'Home'", True),
    ("request.headers['x-region'] == 'eu'", True),
    ("request.client_address.startsWith('192.0.2.')", True),
    ("// with a comment: all(exists(\nidentity.roles.size() == 1", True),
    ("'x.all(y, z.all(' != '' && identity.authenticated", True),
    ("timestamp('2020-01-01T00:00:00Z').getFullYear() == 2020", True),
]


@pytest.mark.parametrize(("text", "allowed"), DECIDED)
async def test_an_expression_decides_by_the_caller_and_the_request(
    text: str,
    allowed: bool,  # noqa: FBT001 - a case
) -> None:
    policy = CelPolicy(read_policy(text))

    assert await policy.allows(ANN, REQUEST, "") is allowed


@pytest.mark.parametrize(
    "text",
    [
        "identity.claims.none == 1",
        "variables.none == 1",
        "identity.subject == 1 + 'a'",
        "identity.subject",
        "request.headers.other == ''",
        "1",
    ],
)
async def test_an_expression_without_a_decision_raises(text: str) -> None:
    policy = CelPolicy(read_policy(text))

    with pytest.raises((PolicyUndecided, KeyError, TypeError)):
        await policy.allows(ANN, REQUEST, "")


REJECTED = [
    ("1 +", "Syntax error"),
    ("", "Syntax error"),
    ("user.name == ''", "unknown variable `user`"),
    ("now() > 1", "unknown function `now`"),
    ("cel.bind(x, 1, x == 1)", "unknown variable `cel`"),
    ("identity.sub == ''", "`identity.sub` does not exist; read one of its fields"),
    ("request.body == ''", "`request.body` does not exist"),
    ("identity == 1", "`identity` alone; read one of its fields"),
    ("identity['subject'] == ''", "`identity` alone"),
    ("identity.roles.all(r, identity.scopes.exists(s, s == r))", "must not be nested"),
    ("identity.roles.all(r, true && [1].map(x, x).size() == 1)", "must not be nested"),
    ("identity.roles . all (r, [1] .exists (s, true))", "must not be nested"),
    ("'a'.matches(identity.subject)", "must be a literal"),
    ("'a'.matches('a' + 'b')", "must be a literal"),
    ("'a' . matches (variables.p)", "must be a literal"),
    ("'a'.matches('(')", "the pattern '(' of `matches` is invalid: "),
    ("'a'.matches(r'a{1000}{1000}{1000}')", "exceeds size limit"),
    ("identity.roles.all(identity, true)", "must not be named `identity`"),
]


@pytest.mark.parametrize(("text", "message"), REJECTED)
def test_an_expression_is_checked_before_it_is_used(text: str, message: str) -> None:
    with pytest.raises(InvalidExpression) as raised:
        read_policy(text)

    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("variables.id == ''", True),
        ("request.operation == ''", True),
        ("request.method == 'GET'", False),
        ("identity.authenticated", False),
    ],
)
def test_an_expression_tells_whether_it_reads_the_operation(
    text: str,
    needs: bool,  # noqa: FBT001 - a case
) -> None:
    assert needs_operation(read_policy(text)) is needs


def claims(**values: Any) -> Identity:
    return Identity(method="jwt", subject="ann", claims=MappingProxyType(values))


@pytest.mark.parametrize(
    ("text", "identity", "variables"),
    [
        ("size(identity.claims) > 0", claims(groups=tuple("a" * 65)), {}),
        ("size(identity.claims) > 0", claims(a={"b": ({"c": list("a" * 65)},)}), {}),
        (
            "'1' in identity.scopes",
            Identity(scopes=frozenset(map(str, range(65)))),
            {},
        ),
        ("size(variables) > 0", ANN, {"text": "x" * 16_384}),
        ("size(variables) > 0", ANN, {"list": [1] * 257}),
        ("size(variables) > 0", ANN, {"set": {1}}),
    ],
)
async def test_large_inputs_are_not_evaluated(
    text: str, identity: Identity, variables: dict[str, Any]
) -> None:
    policy = CelPolicy(read_policy(text))
    request = PolicyRequest(
        method="POST",
        path="/",
        client_address="",
        operation="Home",
        variables=variables,
    )

    with pytest.raises(PolicyUndecided):
        await policy.allows(identity, request, "")


@pytest.mark.parametrize("text", ["variables == {}", "request.operation == ''"])
async def test_an_expression_over_a_stored_operation_is_undecided_for_others(
    text: str,
) -> None:
    request = PolicyRequest(method="POST", path="/", client_address="")

    with pytest.raises(PolicyUndecided, match="not a stored one"):
        await CelPolicy(read_policy(text)).allows(ANN, request, "")


async def test_large_inputs_that_are_not_read_do_not_count() -> None:
    policy = CelPolicy(read_policy("identity.subject == 'ann'"))
    request = PolicyRequest(
        method="POST", path="/", client_address="", variables={"a": "x" * 99_999}
    )

    assert await policy.allows(claims(groups=("a",) * 65), request, "")
