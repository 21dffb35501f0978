"""The key of a rate limit: who is counted together, and who apart."""

import pytest

from weir.gateway.context import ANONYMOUS, Identity
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.key import LimitKey, UnknownKeyPart
from weir.gateway.limits.key_expression import KeyExpression

ADA = Identity(method="jwt", issuer="https://a", subject="ada", client_id="app")
KEY = Identity(method="api_key", subject="acme", client_id="k1")


def caller(
    address: str = "192.0.2.1",
    identity: Identity = ANONYMOUS,
    *,
    app: str = "",
    plan: str = "",
    operation: str = "",
) -> Caller:
    fields = {b"x-app": app.encode()} if app else {}
    return Caller(address, fields, identity, plan, operation)


@pytest.mark.parametrize(
    ("key", "one", "other", "same"),
    [
        ((), caller(), caller("192.0.2.9"), True),
        (("address",), caller(), caller(), True),
        (("address",), caller(), caller("192.0.2.9"), False),
        (("address",), caller("2001:db8::1"), caller("2001:db8::ffff"), True),
        (("address",), caller("2001:db8::1"), caller("2001:db8:0:1::1"), False),
        (("subject",), caller("192.0.2.1", ADA), caller("192.0.2.9", ADA), True),
        (
            ("subject",),
            caller(identity=ADA),
            caller(identity=Identity(method="jwt", issuer="https://b", subject="ada")),
            False,
        ),
        (("client_id",), caller("192.0.2.1", ADA), caller("192.0.2.9", ADA), True),
        (("api_key",), caller("192.0.2.1", KEY), caller("192.0.2.9", KEY), True),
        (("api_key",), caller("192.0.2.1", ADA), caller("192.0.2.9", ADA), False),
        (("plan",), caller(plan="gold"), caller("192.0.2.9", plan="gold"), True),
        (("plan",), caller(plan="gold"), caller(plan="free"), False),
        (("plan",), caller(), caller("192.0.2.9"), False),
        (("operation",), caller(operation="A"), caller(operation="B"), False),
        (("operation",), caller(), caller("192.0.2.9"), True),
        (
            ("operation", "address"),
            caller(operation="A"),
            caller("192.0.2.9", operation="A"),
            False,
        ),
        (
            ('cel:request.headers["x-app"]',),
            caller(app="a"),
            caller("192.0.2.9", app="a"),
            True,
        ),
        (('cel:request.headers["x-app"]',), caller(), caller("192.0.2.9"), False),
        (("header:x-app",), caller(app="a"), caller(app="b"), False),
        (("header:X-App",), caller(app="a"), caller(app="a"), True),
        (
            ("claim:tenant",),
            caller(identity=Identity(method="jwt", claims={"tenant": "a"})),
            caller(identity=Identity(method="jwt", claims={"tenant": "b"})),
            False,
        ),
        (
            ("claim:realm.tenant",),
            caller(identity=Identity(method="jwt", claims={"realm": {"tenant": "a"}})),
            caller(identity=Identity(method="jwt", claims={"realm": {"tenant": "b"}})),
            False,
        ),
        (
            ("address", "header:x-app"),
            caller(app="a"),
            caller("192.0.2.9", app="a"),
            False,
        ),
    ],
)
def test_callers_are_counted_together_or_apart(
    key: tuple[str, ...], one: Caller, other: Caller, *, same: bool
) -> None:
    limit = LimitKey(key)

    assert (limit.digest(one) == limit.digest(other)) is same


@pytest.mark.parametrize("part", ["subject", "client_id", "claim:tenant", "header:x"])
def test_without_the_part_a_caller_is_counted_by_address(part: str) -> None:
    key = LimitKey((part,))

    assert key.digest(caller()) != key.digest(caller("192.0.2.9"))
    assert key.digest(caller()) == key.digest(caller())


def test_a_field_cannot_imitate_another_part() -> None:
    """An anonymous caller is not counted with the header that spells its address."""
    key = LimitKey(("header:x-app",))

    assert key.digest(caller()) != key.digest(caller(app="192.0.2.1"))


def test_a_key_has_one_size_however_long_its_parts() -> None:
    assert len(LimitKey(("header:x-app",)).digest(caller(app="x" * 100_000))) == 16


@pytest.mark.parametrize(
    "part", ["ip", "claim:", "header:", "header:x y", "", "claims:x"]
)
def test_an_unknown_part_is_an_error(part: str) -> None:
    with pytest.raises(UnknownKeyPart, match="unknown part"):
        LimitKey((part,))


@pytest.mark.parametrize(
    "expression",
    [
        'identity.claims.tenant == "a"',
        "identity.claims.level + 1",
        "identity.claims.staff ? 1 : 2",
        "[identity.claims.realm.tenant]",
        "identity.roles.size()",
        'request.headers["x-app"].startsWith("a")',
        'int(request.headers["x-app"])',
    ],
)
def test_an_expression_without_a_text_for_any_caller_is_an_error(
    expression: str,
) -> None:
    with pytest.raises(UnknownKeyPart, match="the result is not a text"):
        LimitKey((f"cel:{expression}",))


@pytest.mark.parametrize(
    "expression",
    [
        "identity.claims.tenant",
        "string(identity.claims.level + 1)",
        'identity.claims.staff ? "staff" : identity.subject',
        "identity.claims.realm.tenants[0]",
        'request.headers["x-app"]',
        # Objects of so many claims in each other would take minutes.
        " + ".join(f"identity.claims.c{number}" for number in range(200)),
    ],
)
def test_an_expression_with_a_text_for_some_callers_is_a_key(expression: str) -> None:
    LimitKey((f"cel:{expression}",))


@pytest.mark.parametrize(
    ("parts", "needed"),
    [
        ((), False),
        (("address", "header:x"), False),
        (("subject",), True),
        (("address", "claim:x"), True),
    ],
)
def test_a_key_knows_whether_it_needs_the_identity(
    parts: tuple[str, ...], *, needed: bool
) -> None:
    assert LimitKey(parts).needs_identity is needed


def test_a_cached_text_is_that_of_the_same_claims_and_address() -> None:
    text = 'identity.claims.tenant + " " + request.client_address'
    expression = KeyExpression(text)

    def read(tenant: str, address: str) -> str:
        identity = Identity(method="jwt", subject="ada", claims={"tenant": tenant})
        return expression.read(caller(address, identity))

    places = [("a", "192.0.2.1"), ("b", "192.0.2.1"), ("a", "192.0.2.2")]
    expected = [" ".join(each) for each in places]
    assert [read(*each) for each in places] == expected
    assert [read(*each) for each in places] == expected


def test_a_text_of_header_fields_is_that_of_each_request() -> None:
    expression = KeyExpression('request.headers["x-app"] + identity.subject')

    assert [expression.read(caller(app=each)) for each in "ab"] == ["a", "b"]
