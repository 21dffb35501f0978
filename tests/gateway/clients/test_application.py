"""The application of a client, by header fields that it writes as it likes."""

import pytest
from msgspec.structs import replace

from tests.support.calls import request_context
from weir.gateway.clients.application import ClientApplication, client_application
from weir.gateway.context import Identity


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("", "")),
        ({b"apollographql-client-name": b"shop"}, ("shop", "")),
        (
            {
                b"apollographql-client-name": b"shop",
                b"apollographql-client-version": b"1.2",
            },
            ("shop", "1.2"),
        ),
        (
            {b"graphql-client-name": b"relay", b"graphql-client-version": b"3"},
            ("relay", "3"),
        ),
        ({b"apollographql-client-name": b"x" * 9000}, ("x" * 64, "")),
        ({b"apollographql-client-name": b"a\x1b[31m"}, ("", "")),
        ({b"apollographql-client-name": "Läden".encode()}, ("Läden", "")),
        ({b"apollographql-client-name": b"\xff"}, ("\ufffd", "")),
    ],
)
def test_an_application_has_a_short_name_that_can_be_printed(
    fields: dict[bytes, bytes], expected: tuple[str, str]
) -> None:
    assert client_application(fields) == expected


@pytest.mark.parametrize(
    ("client_id", "name"),
    [("", ""), ("a\nb", ""), ("a\x1b[31m", ""), ("x" * 9000, "x" * 256)],
)
def test_the_name_of_a_credential_is_bounded_and_can_be_printed(
    client_id: str, name: str
) -> None:
    context = request_context().identified(Identity(client_id=client_id))

    assert context.application.name == name


def test_a_verified_credential_names_a_client_that_does_not() -> None:
    caller = Identity(client_id="partner")
    versioned = replace(request_context(), application=ClientApplication("", "2"))
    named = replace(request_context(), application=ClientApplication("shop", "2"))

    assert versioned.identified(caller).application == ("partner", "2")
    assert named.identified(caller).application == ("shop", "2")
