"""What callers without a right get of an operation, and what services are sent."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from tests.support.calls import RecordingSink
from tests.support.staff_graph import (
    Satisfied,
    Staff,
    caller,
    context_of,
)
from weir.gateway.cache_control import Scope
from weir.gateway.clock import SystemClock
from weir.gateway.context import ANONYMOUS, Identity
from weir.gateway.errors import Forbidden, Unauthenticated
from weir.gateway.events import SecurityDecision
from weir.gateway.json_types import JSONObject
from weir.resolvers.engine.engine import Engine
from weir.resolvers.engine.known_operation import PLANS_PER_OPERATION
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.errors import PlannerOverloaded
from weir.resolvers.operation.variables.device_arguments import Coordinate
from weir.resolvers.sources.source import Reply


@pytest.fixture
def staff() -> Iterator[Staff]:
    staff = Staff()
    yield staff
    staff.close()


def errors_of(result: Any) -> list[tuple[str, str]]:
    """The errors by path and code."""
    return [
        (".".join(map(str, each["path"])), each["extensions"]["code"])
        for each in result.errors
    ]


UNAUTHENTICATED = "UNAUTHENTICATED"
FORBIDDEN = "FORBIDDEN"


@pytest.mark.parametrize(
    ("query", "identity", "data", "errors"),
    [
        (
            "{ open me { name } }",
            ANONYMOUS,
            {"open": "yes", "me": None},
            [("me", UNAUTHENTICATED)],
        ),
        ("{ me { name } }", caller(), {"me": {"name": "Ann"}}, []),
        (
            "{ x: me { y: phone id } people { name } }",
            caller(),
            {"x": None, "people": [{"name": "Ann"}, {"name": "Bob"}]},
            [("x.id", FORBIDDEN)],
        ),
        (
            "{ people { name phone } }",
            ANONYMOUS,
            {
                "people": [
                    {"name": "Ann", "phone": None},
                    {"name": "Bob", "phone": None},
                ]
            },
            [("people.0.phone", UNAUTHENTICATED), ("people.1.phone", UNAUTHENTICATED)],
        ),
        (
            "{ people { email } }",
            ANONYMOUS,
            None,
            [("people.0.email", UNAUTHENTICATED)],
        ),
        (
            "{ people { boss { n: name email } } }",
            ANONYMOUS,
            {"people": [{"boss": None}, {"boss": None}]},
            [("people.1.boss.email", UNAUTHENTICATED)],
        ),
        (
            "{ rating open }",
            ANONYMOUS,
            {"rating": None, "open": "yes"},
            [("rating", UNAUTHENTICATED)],
        ),
        ("{ rating }", caller(), {"rating": "LOW"}, []),
        ("{ status }", caller(), None, [("status", FORBIDDEN)]),
        ("{ status }", caller("ops", "x"), {"status": "up"}, []),
        (
            "{ secretPlan }",
            caller("owner"),
            {"secretPlan": None},
            [("secretPlan", FORBIDDEN)],
        ),
        ("{ __typename open }", ANONYMOUS, {"__typename": "Query", "open": "yes"}, []),
    ],
)
async def test_a_caller_gets_what_its_rights_allow(
    staff: Staff,
    query: str,
    identity: Identity,
    data: Any,
    errors: list[tuple[str, str]],
) -> None:
    result = await staff.ask(query, identity)

    assert result.data == data
    assert errors_of(result) == errors
    assert result.failures == ()


@pytest.mark.parametrize(
    ("query", "hidden"),
    [
        ("{ people { name phone } }", "phone"),
        ("{ me { name } open }", "me"),
        ("{ people { ...P } } fragment P on Person { name p: phone }", "phone"),
        ("{ people { name ... on Person { phone } } }", "phone"),
        ("{ people { name ... @include(if: true) { phone } } }", "phone"),
        ("{ people { name salary grade } }", "salary"),
        ("{ search { ... on Vault { gold } ... on Room { size } } }", "gold"),
        ("{ nodes { code } open }", "nodes"),
    ],
)
async def test_no_service_is_sent_what_a_caller_may_not_see(
    staff: Staff, query: str, hidden: str
) -> None:
    await staff.ask(query)

    assert staff.documents
    assert hidden not in staff.documents


async def test_errors_name_the_scopes_that_a_field_requires(staff: Staff) -> None:
    result = await staff.ask('mutation { hire(name: "x") { name } }', caller("hr"))

    assert result.errors == (
        {
            "message": "Mutation.hire requires the scope admin or the scopes hr and"
            " write.",
            "path": ["hire"],
            "extensions": {
                "code": FORBIDDEN,
                "requiredScopes": [["admin"], ["hr", "write"]],
            },
        },
    )


@pytest.mark.parametrize("scopes", [("admin",), ("hr", "write"), ("hr", "write", "x")])
async def test_any_of_the_alternatives_is_sufficient(
    staff: Staff, scopes: tuple[str, ...]
) -> None:
    result = await staff.ask('mutation { hire(name: "x") { name } }', caller(*scopes))

    assert result.errors == ()


async def test_an_interface_is_as_protected_as_its_implementations(
    staff: Staff,
) -> None:
    """GHSA-x33c-7c2v-mrj9: members were reachable through their interface."""
    anonymous = await staff.ask("{ nodes { code ... on Room { size } } }")
    allowed = await staff.ask("{ nodes { code } }", caller("vault"))

    assert anonymous.data == {"nodes": None}
    assert errors_of(anonymous) == [("nodes", UNAUTHENTICATED)]
    assert allowed.data == {"nodes": [{"code": "r1"}, {"code": "v1"}]}


async def test_members_of_a_union_are_protected_one_by_one(staff: Staff) -> None:
    result = await staff.ask(
        "{ search { __typename ... on Vault { note } ... on Room { note size } } }"
    )

    assert result.data == {
        "search": [
            {"__typename": "Room", "note": "n", "size": 3},
            {"__typename": "Vault", "note": None},
        ]
    }
    assert errors_of(result) == [("search.1.note", UNAUTHENTICATED)]


async def test_null_climbs_only_from_the_members_that_are_refused(
    staff: Staff,
) -> None:
    result = await staff.ask(
        "{ search { ... on Vault { gold } ... on Room { size } } }"
    )

    assert result.data == {"search": [{"size": 3}, None]}
    assert errors_of(result) == [("search.1.gold", UNAUTHENTICATED)]


async def test_a_field_is_shown_if_any_of_its_selections_is_permitted(
    staff: Staff,
) -> None:
    result = await staff.ask(
        "{ rooms { ...N ... on Room { note } } } fragment N on Node { note code }"
    )

    # A fragment on the interface has its requirements, on the object it does not.
    assert result.data == {"rooms": None}
    assert errors_of(result) == [("rooms.0.code", UNAUTHENTICATED)]


async def test_keys_that_join_services_are_fetched_and_never_shown(
    staff: Staff,
) -> None:
    result = await staff.ask("{ people { name id grade } open }", caller())

    assert result.data is None
    assert errors_of(result) == [("people.0.id", FORBIDDEN)]
    shown = await staff.ask("{ people { name grade } }", ANONYMOUS)
    assert shown.data == {
        "people": [{"name": "Ann", "grade": "A"}, {"name": "Bob", "grade": "A"}]
    }
    assert "id" in staff.documents


async def test_a_refused_mutation_is_not_called(staff: Staff) -> None:
    result = await staff.ask(
        'mutation { a: note(text: "1") hire(name: "x") { name } b: note(text: "2") }',
        caller(),
    )

    assert result.data == {"a": "1", "hire": None, "b": "2"}
    assert staff.notes == ["1", "2"]


async def test_a_mutation_whose_response_would_be_null_changes_nothing(
    staff: Staff,
) -> None:
    result = await staff.ask('mutation { note(text: "1") wipe }', caller())

    assert result.data is None
    assert errors_of(result) == [("wipe", FORBIDDEN)]
    assert staff.notes == []


@pytest.mark.parametrize("skipped", [True, False])
async def test_a_field_that_is_skipped_is_not_refused(
    staff: Staff, *, skipped: bool
) -> None:
    result = await staff.ask(
        "query Q($s: Boolean!) { open status @skip(if: $s) }",
        ANONYMOUS,
        {"s": skipped},
    )

    assert result.data == ({"open": "yes"} if skipped else None)
    assert errors_of(result) == ([] if skipped else [("status", UNAUTHENTICATED)])


async def test_introspection_needs_no_rights(staff: Staff) -> None:
    query = '{ __type(name: "Vault") { fields { name } } rating }'

    result = await staff.ask(query)

    assert result.data is not None
    assert [each["name"] for each in result.data["__type"]["fields"]] == [
        *("code", "note", "gold")
    ]


@pytest.mark.parametrize(
    ("satisfied", "plan"),
    [({"board"}, None), ({"board", "legal"}, "x"), ({"owner"}, "x"), (set(), None)],
)
async def test_policies_are_decided_once_for_each_request(
    satisfied: set[str], plan: str | None
) -> None:
    policies = Satisfied(frozenset(satisfied))
    staff = Staff(policies)

    result = await staff.ask("{ secretPlan again: secretPlan open }", caller())
    await staff.ask("{ open }", caller())
    staff.close()

    assert result.data == {"secretPlan": plan, "again": plan, "open": "yes"}
    assert policies.asked == [frozenset({"board", "legal", "owner"})]


async def test_a_response_that_a_policy_allowed_is_not_stored() -> None:
    allowing = Staff(Satisfied(frozenset({"owner"})))

    conditional = await allowing.ask("{ secretPlan }", caller())
    unconditional = await allowing.ask("{ open }", caller())
    allowing.close()

    assert conditional.completed
    assert conditional.cache_control.no_store
    assert not unconditional.cache_control.no_store


async def test_names_of_policies_are_not_shown(staff: Staff) -> None:
    result = await staff.ask("{ secretPlan }", caller())

    assert result.errors[0]["message"] == (
        "Query.secretPlan requires the consent of a policy."
    )
    assert result.errors[0]["extensions"] == {"code": FORBIDDEN}


async def test_requests_with_all_rights_share_the_ordinary_plan(staff: Staff) -> None:
    query = "{ people { phone } }"
    one = await staff.engine.prepare(query, None, context_of(caller()))
    other = await staff.engine.prepare(query, None, context_of(caller("ops")))
    third = await staff.engine.prepare(query, None, context_of(ANONYMOUS))

    assert one is other is not third
    assert third is await staff.engine.prepare(query, None, context_of(ANONYMOUS))


async def test_the_plans_of_one_operation_are_bounded() -> None:
    staff = Staff()
    fields = "status secretPlan rating me { name } people { id phone salary }"
    query = f"query {{ {fields} search {{ ... on Vault {{ note }} }} }}"
    scopes = ["ops", "ids", "pay", "vault", "x"]
    for number in range(2 ** len(scopes)):
        some = [each for bit, each in enumerate(scopes) if number >> bit & 1]
        for method in ("jwt", ""):
            await staff.ask(query, caller(*some, method=method))
    staff.close()

    (key,) = staff.engine.operations.cached.latest(10)
    known = staff.engine.operations.cached.peek(key)
    assert known is not None
    assert len(known.plans) <= PLANS_PER_OPERATION


async def test_responses_that_depend_on_the_caller_are_private(staff: Staff) -> None:
    for query in ("{ people { phone } }", "{ me { name } }"):
        result = await staff.ask(query, caller())
        assert result.cache_control.scope is Scope.PRIVATE
        assert result.vary == ("authorization",)
    everyones = await staff.ask("{ people { name } }", caller())
    assert everyones.cache_control.scope is not Scope.PRIVATE
    assert everyones.vary == ()


@pytest.mark.parametrize(
    ("identity", "error"),
    [(ANONYMOUS, Unauthenticated), (caller("x"), Forbidden)],
)
async def test_a_view_can_reject_the_whole_operation(
    identity: Identity, error: type[Exception]
) -> None:
    staff = Staff(rejects=True)

    with pytest.raises(error, match=r"Query\.status requires the scope ops\."):
        await staff.ask("{ open status }", identity)
    assert (await staff.ask("{ open status }", caller("ops"))).errors == ()
    staff.close()

    assert len(staff.people.documents) == 1


async def test_a_rejection_names_sufficient_scopes() -> None:
    staff = Staff(rejects=True)

    with pytest.raises(Forbidden) as caught:
        await staff.ask('mutation { wipe hire(name: "x") { salary } }', caller())
    staff.close()

    assert caught.value.response_headers == (
        (b"www-authenticate", b'Bearer error="insufficient_scope", scope="admin pay"'),
    )


@pytest.mark.parametrize("introspection", [True, False], ids=["same view", "another"])
async def test_a_new_generation_has_the_plans_of_callers_and_decides_again(
    staff: Staff, *, introspection: bool
) -> None:
    query = "{ people { name phone } }"
    before = await staff.engine.prepare(query, None, context_of(ANONYMOUS))
    view = replace(staff.engine.view, introspection=introspection)
    after = Engine(view, PreparationQueue(0, SystemClock()), SystemClock())
    after.operations.take_over(staff.engine.operations)

    # Its queue takes no preparation: the plan is one that was made before it serves.
    prepared = await after.prepare(query, None, context_of(ANONYMOUS))
    result = await after.execute(prepared, {}, {}, context_of(ANONYMOUS))

    assert (prepared.executable is before.executable) is introspection
    assert errors_of(result)[0] == ("people.0.phone", UNAUTHENTICATED)
    with pytest.raises(PlannerOverloaded):
        await after.prepare(query, None, context_of(caller()))


async def test_an_argument_that_depends_on_the_device_changes_no_rights(
    staff: Staff,
) -> None:
    coordinate = Coordinate("Mutation", "note", "text")
    view = replace(staff.engine.view, coordinates=frozenset({coordinate}))
    engine = Engine(view, PreparationQueue(9, SystemClock()), SystemClock())
    query = 'mutation { note(text: "1") hire(name: "x") { name } }'

    prepared = await engine.prepare(query, None, context_of(caller()))
    result = await engine.execute(prepared, {}, {}, context_of(caller()))

    assert result.data == {"note": "1", "hire": None}
    assert staff.notes == ["1"]


async def test_only_the_operation_that_is_sent_needs_rights(staff: Staff) -> None:
    text = "query A { open } query B { status ...S } fragment S on Query { rating }"
    prepared = await staff.engine.prepare(text, "A", context_of(ANONYMOUS))

    result = await staff.engine.execute(prepared, {}, {}, context_of(ANONYMOUS))

    assert result.errors == ()
    assert result.cache_control.scope is not Scope.PRIVATE


async def test_errors_of_a_service_at_a_refused_key_do_not_name_it(
    staff: Staff,
) -> None:
    def failing(document: str, variables: JSONObject) -> Reply:
        del document, variables
        error: JSONObject = {"message": "bad p1", "path": ["people", 0, "id"]}
        return Reply(data={"people": [{"name": "Ann", "id": None}]}, errors=(error,))

    staff.people.reply = failing  # type: ignore[method-assign]

    result = await staff.ask("{ people { name grade } }")

    assert result.errors
    assert all("id" not in each.get("path", ()) for each in result.errors)
    assert "p1" not in str(result.errors)


async def test_decisions_about_fields_are_emitted_with_their_coordinates(
    staff: Staff,
) -> None:
    sink = RecordingSink()

    async def ask(text: str, identity: Identity) -> None:
        context = structs.replace(context_of(identity), sink=sink)
        await staff.engine.prepare(text, None, context)

    await ask("query Open { open }", ANONYMOUS)
    await ask("query Mine { me { email } }", caller())
    await ask("query Mine { me { email id } open }", caller())
    await ask("query Mine { me { email } }", ANONYMOUS)

    assert [
        (each.decision, each.reason, each.method, each.operation, each.fields)
        for each in sink.events
        if isinstance(each, SecurityDecision)
    ] == [
        ("allowed", "", "jwt", "Mine", ("Person.email", "Query.me")),
        ("denied", FORBIDDEN, "jwt", "Mine", ("Person.id",)),
        ("denied", UNAUTHENTICATED, "anonymous", "Mine", ("Person.email", "Query.me")),
    ]
