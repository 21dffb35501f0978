"""Credentials as requests carry them."""

import pytest

from tests.support.memory_exchange import request_head
from weir.gateway.errors import WeirError
from weir.gateway.identity.credentials import (
    BEARER,
    CredentialPlaces,
    CredentialReader,
    credential_text,
)

READER = CredentialReader(CredentialPlaces(bearer=True))


@pytest.mark.parametrize(
    ("field", "token"),
    [
        (b"Bearer a.b-c==", b"a.b-c=="),
        (b"bearer a", b"a"),
        # One token is one credential, however it is spaced (RFC 9110 §11.4).
        (b"Bearer   a", b"a"),
        (b"BEARER   a", b"a"),
        (b"Bearer " + b" " * 8000 + b"a", b"a"),
    ],
)
def test_a_token_is_the_same_credential_in_all_spellings_of_its_field(
    field: bytes, token: bytes
) -> None:
    sent = READER.read(request_head(headers=[(b"authorization", field)]))

    assert sent == (BEARER, token)
    assert credential_text(sent) == token.decode()


@pytest.mark.parametrize("token", [b"", b"=", b"a b", b"a,b", b"\xe9"])
def test_a_text_that_is_not_a_token_is_malformed(token: bytes) -> None:
    with pytest.raises(WeirError) as rejected:
        credential_text((BEARER, token))

    assert rejected.value.code == "TOKEN_MALFORMED"
